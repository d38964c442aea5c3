//! From the root of a reply to its items, behind whatever wrappers stand around them.
//!
//! `rpc-reply`, the payload's container, `multi-routing-engine-results`, a `command` echo: none of them has to be there,
//! any of them may be. The walk looks for the items by name, remembers which routing engine is speaking, and collects
//! messages on its way.
//!
//! **After damage.** A reply that ends early keeps every item that was complete. When an item is not well-formed and
//! items of its kind cannot nest, reading starts again at the next start tag of that kind, so damage costs the item that
//! holds it. Either way the outcome is incomplete.

use std::sync::Arc;

use super::cursor::{Cursor, CursorStep, Element, ROUTING_ENGINE_ITEM, collect};
use super::damage::Damage;
use super::device_error::{DeviceError, Severity};
use crate::note::shortened;
use crate::unread::Unread;

/// How often one reply may be damaged before the rest of it is given up.
const MAX_RESTARTS: usize = 100;

/// What came of one reply.
///
/// Good data beside messages of the device is used: then `errors` is not empty and [`Outcome::failure`] is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What the device said went wrong, in the order of the reply.
    pub errors: Vec<DeviceError>,
    /// False when the reply ended early or was not well-formed XML somewhere.
    pub complete: bool,
    /// How many items were read: interfaces with a name, chassis, FPCs, or the one `system-information`.
    pub found: usize,
    /// True when the payload's container was there, even if it was empty.
    pub payload_seen: bool,
    /// Where and how the reply is damaged, when it is.
    pub damage: Option<String>,
    /// Measurements that no parser reads.
    pub unread: Unread,
}

impl Outcome {
    /// Counts only the items that were kept, of which there are so many: one without a name is of no use.
    pub(crate) fn of_named(self, kept: usize) -> Self {
        Self {
            found: kept.min(self.found),
            ..self
        }
    }

    /// A sentence when the reply is damaged: how, and what was kept of it. The device's own words are not in it.
    pub fn damaged(&self) -> Option<String> {
        let damage = self.damage.as_ref()?;
        Some(format!(
            "the reply is damaged ({damage}); {} complete items were kept",
            self.found
        ))
    }

    /// A sentence when the RPC must count as failed: the reply was damaged, or held no payload. An empty payload is no
    /// failure (a device without optics answers so), and neither is a message of the device beside data.
    pub fn failure(&self) -> Option<String> {
        let said: Vec<String> = self
            .errors
            .iter()
            .filter(|e| e.severity == Severity::Error)
            .take(3)
            .map(ToString::to_string)
            .collect();
        let said = said.join("; ");
        if let Some(damaged) = self.damaged() {
            let device = if said.is_empty() {
                String::new()
            } else {
                format!("; the device says: {said}")
            };
            Some(format!("{damaged}{device}"))
        } else if self.found == 0 && !said.is_empty() {
            Some(format!("the device says: {said}"))
        } else if self.found == 0 && !self.payload_seen {
            Some("the reply is empty: it holds nothing of what was asked for".to_owned())
        } else {
            None
        }
    }
}

/// What to look for.
pub(crate) struct Shape<'s> {
    /// The payload's outermost element.
    pub(crate) container: &'s str,
    /// Elements handed to the parser wherever they stand first; the outermost wins.
    pub(crate) items: &'s [&'s str],
    /// The item at whose next start tag reading may go on after damage: one that never holds another of its kind.
    pub(crate) restart_at: Option<&'s str>,
}

struct Walk<'w> {
    shape: &'w Shape<'w>,
    routing_engine: Option<Arc<str>>,
    elements: usize,
    outside_text: Option<String>,
    /// Where the content of the element being read begins: what is damaged in there may have swallowed what follows.
    inside_from: Option<usize>,
    outcome: Outcome,
}

/// Reads the whole reply, calling `read` with every item and the routing engine that it comes from.
pub(crate) fn walk<'a, F>(reply: &'a str, shape: &Shape<'_>, mut read: F) -> Outcome
where
    F: FnMut(&mut Cursor<'a>, &Element<'a>, Option<&Arc<str>>) -> Result<(), Damage>,
{
    let mut cursor = Cursor::new(reply);
    let mut walk = Walk {
        shape,
        routing_engine: None,
        elements: 0,
        outside_text: None,
        inside_from: None,
        outcome: Outcome::default(),
    };
    let mut restarts = 0;
    while let Err(damage) = walk.run(&mut cursor, &mut read) {
        walk.outcome.damage.get_or_insert_with(|| match damage {
            Damage::Truncated => format!("it ends early, at byte {}", reply.len()),
            Damage::Malformed(what) => what,
        });
        // What the damaged element swallowed may hold the next item, so the search begins inside it.
        let from = walk.inside_from.take().unwrap_or_else(|| cursor.position());
        restarts += 1;
        let Some(at) = shape
            .restart_at
            .and_then(|item| next_start(reply, from, item))
        else {
            break;
        };
        if restarts > MAX_RESTARTS {
            break;
        }
        // Which routing engine speaks there is not known if an item boundary was lost on the way.
        if reply[from..at].contains(ROUTING_ENGINE_ITEM) {
            walk.routing_engine = None;
        }
        cursor.restart(at);
    }
    let mut outcome = walk.outcome;
    outcome.errors = std::mem::take(&mut cursor.errors);
    if walk.elements == 0
        && let Some(text) = walk.outside_text
    {
        outcome
            .damage
            .get_or_insert_with(|| format!("not XML: {:?}", shortened(&text)));
    }
    outcome.complete = outcome.damage.is_none();
    outcome
}

impl Walk<'_> {
    fn run<'a, F>(&mut self, cursor: &mut Cursor<'a>, read: &mut F) -> Result<(), Damage>
    where
        F: FnMut(&mut Cursor<'a>, &Element<'a>, Option<&Arc<str>>) -> Result<(), Damage>,
    {
        loop {
            match cursor.step()? {
                CursorStep::Open(element) => {
                    self.elements += 1;
                    self.open(cursor, &element, read)?;
                }
                CursorStep::Close(true) => self.routing_engine = None,
                CursorStep::Close(false) => {}
                CursorStep::Text(text) => {
                    if self.outside_text.is_none() && cursor.depth() == 0 && !text.trim().is_empty()
                    {
                        self.outside_text = Some(shortened(text));
                    }
                }
                CursorStep::End if cursor.depth() > 0 => return Err(Damage::Truncated),
                CursorStep::End => return Ok(()),
            }
        }
    }

    fn open<'a, F>(
        &mut self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        read: &mut F,
    ) -> Result<(), Damage>
    where
        F: FnMut(&mut Cursor<'a>, &Element<'a>, Option<&Arc<str>>) -> Result<(), Damage>,
    {
        let errors_before = cursor.errors.len();
        let result = self.enter(cursor, element, read);
        for error in &mut cursor.errors[errors_before..] {
            error.routing_engine.clone_from(&self.routing_engine);
        }
        result
    }

    fn enter<'a, F>(
        &mut self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        read: &mut F,
    ) -> Result<(), Damage>
    where
        F: FnMut(&mut Cursor<'a>, &Element<'a>, Option<&Arc<str>>) -> Result<(), Damage>,
    {
        let around = cursor.depth() - usize::from(!element.is_empty());
        self.inside_from = Some(cursor.position());
        let name = element.name();
        if name == self.shape.container {
            self.outcome.payload_seen = true;
        }
        if self.shape.items.contains(&name) {
            read(cursor, element, self.routing_engine.as_ref())?;
            cursor.skip_to(around)?;
            self.outcome.found += 1;
            self.outcome.payload_seen = true;
        } else if name == "re-name" {
            let text = cursor.text(element)?;
            self.routing_engine = if text.is_empty() {
                None
            } else {
                // Every record of the engine carries its name, so it must not be of any length.
                Some(Arc::from(shortened(&text)))
            };
        } else if name == ROUTING_ENGINE_ITEM {
            self.routing_engine = None;
        } else if collect(cursor, element)? {
            cursor.skip_to(around)?;
        }
        self.inside_from = None;
        Ok(())
    }
}

/// The byte at which the next start tag with this local name begins.
fn next_start(reply: &str, from: usize, name: &str) -> Option<usize> {
    let (first, mut from) = (from, from);
    while let Some(found) = reply.get(from..)?.find(name) {
        let at = from + found;
        let after = reply.as_bytes().get(at + name.len());
        let before = &reply.as_bytes()[..at];
        let prefix = before
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_'))
            .count();
        let tag = at - prefix;
        let prefix_fits = prefix == 0 || before[at - 1] == b':';
        if prefix_fits
            // Not a tag that begins before: that one is what is damaged.
            && tag > first
            && before[tag - 1] == b'<'
            && matches!(after, Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
        {
            return Some(tag - 1);
        }
        from = at + name.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape<'_> = Shape {
        container: "list",
        items: &["item"],
        restart_at: Some("item"),
    };

    /// Every item as `routing engine/text`, and the outcome.
    fn read(xml: &str) -> (Vec<String>, Outcome) {
        let mut found = Vec::new();
        let outcome = walk(xml, &SHAPE, |cursor, element, engine| {
            let mut name = String::new();
            cursor.each_child(element, |cursor, child| {
                if child.name() == "n" {
                    name = cursor.text(child)?.into_owned();
                }
                Ok(())
            })?;
            found.push(format!("{}/{name}", engine.map_or("", |e| e)));
            Ok(())
        });
        (found, outcome)
    }

    #[test]
    fn wrappers_may_be_there_or_not() {
        for xml in [
            "<item><n>a</n></item>",
            "\u{feff}<?xml version=\"1.0\"?><!-- x --><rpc-reply><list><item><n>a</n></item></list></rpc-reply>",
            "<command>show x</command>\n<nc:rpc-reply xmlns:nc='u'><j:list><j:item><j:n>a</j:n></j:item></j:list></nc:rpc-reply>\n]]>]]>",
        ] {
            let (found, outcome) = read(xml);
            assert_eq!(found, ["/a"], "{xml}");
            assert_eq!(outcome.failure(), None);
        }
    }

    #[test]
    fn every_item_knows_its_routing_engine() {
        let (found, outcome) = read(
            "<rpc-reply><multi-routing-engine-results><multi-routing-engine-item><re-name>re0</re-name><list><item><n>a</n>\
             </item></list></multi-routing-engine-item><multi-routing-engine-item><re-name>re1</re-name><rpc-error>\
             <error-severity>error</error-severity><error-message>\n could not connect\n</error-message></rpc-error>\
             </multi-routing-engine-item></multi-routing-engine-results><list><item><n>b</n></item></list></rpc-reply>",
        );
        assert_eq!(found, ["re0/a", "/b"]);
        assert_eq!(outcome.errors.len(), 1);
        assert_eq!(outcome.errors[0].to_string(), "re1: could not connect");
        assert_eq!(outcome.failure(), None, "good data beside an error is used");
    }

    #[test]
    fn damage_costs_the_item_that_holds_it() {
        let (found, outcome) = read(
            "<list><item><n>a</n></item><item><n>b</x></item><item><n>c</n></item><j:item ><n>d</n></j:item></list>",
        );
        assert_eq!(found, ["/a", "/c", "/d"]);
        assert!(!outcome.complete && outcome.failure().unwrap().contains("not well-formed"));
    }

    #[test]
    fn a_reply_that_ends_early_keeps_what_was_complete() {
        let (found, outcome) = read("<rpc-reply><list><item><n>a</n></item><item><n>b</n>");
        assert_eq!(found, ["/a"]);
        assert!(outcome.failure().unwrap().contains("ends early"));
    }

    #[test]
    fn an_error_in_what_is_skipped_is_still_heard() {
        let (_, outcome) = read(
            "<list><item><z><rpc-error><error-tag>x</error-tag></rpc-error></z></item></list>",
        );
        assert_eq!(outcome.errors[0].message, "x");
    }

    #[test]
    fn messages_inside_messages_are_no_stack_overflow() {
        for name in ["rpc-error", "error", "output"] {
            let (_, outcome) = read(&format!("<{name}>").repeat(100_000));
            assert!(outcome.failure().is_some(), "{name}");
            let nested =
                format!("<{name}>").repeat(50_000) + "x" + &format!("</{name}>").repeat(50_000);
            assert!(read(&nested).1.complete, "{name}");
        }
    }

    #[test]
    fn refusals_and_silence_are_failures_and_an_empty_payload_is_not() {
        let failure = |xml| read(xml).1.failure();
        assert!(
            failure("<rpc-reply><output>\nAborted! not\n master</output></rpc-reply>")
                .unwrap()
                .contains("Aborted! not master")
        );
        assert!(
            failure("<rpc-reply><error>\n Some.</error></rpc-reply>")
                .unwrap()
                .contains("Some.")
        );
        assert!(
            failure(
                "<rpc-error><error-info><bad-element>get-x</bad-element></error-info></rpc-error>"
            )
            .unwrap()
            .contains("get-x")
        );
        assert!(
            failure("<rpc-reply></rpc-reply>")
                .unwrap()
                .contains("empty")
        );
        assert!(
            failure("<rpc-reply><output></output></rpc-reply>")
                .unwrap()
                .contains("empty")
        );
        assert!(
            failure("error: command not found")
                .unwrap()
                .contains("not XML")
        );
        assert!(failure("").unwrap().contains("empty"));
        assert_eq!(failure("<rpc-reply><list/></rpc-reply>"), None);
    }
}
