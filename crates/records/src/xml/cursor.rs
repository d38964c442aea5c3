//! The cursor: children by local name, trimmed text, attributes by local name.
//!
//! A parser is a set of nested "for each child" functions, so its place in the document is its place in the code. An
//! element that a function does not read is skipped for it. Names and text are borrowed from the reply; text is copied
//! only when an entity or a comment splits it.
//!
//! The end of every element is checked. [`Damage`] travels up with `?` until something that can start again catches it.

use std::borrow::Cow;

use super::damage::Damage;
use super::device_error::{self, DeviceError, ErrorKind, Severity};
use super::names::{Meanings, local};
use super::scanner::{Scanner, Tag, XmlEvent};
use crate::note::shortened;
use crate::value::trimmed;

/// The most messages kept from one reply.
const MAX_ERRORS: usize = 100;

/// What stands around the reply of each routing engine, node or member.
pub(super) const ROUTING_ENGINE_ITEM: &str = "multi-routing-engine-item";

/// A start tag.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    tag: Tag<'a>,
    empty: bool,
}

impl<'a> Element<'a> {
    /// The local name: what follows the namespace prefix, if there is one.
    #[inline]
    pub(crate) fn name(&self) -> &'a str {
        self.tag.name.local()
    }

    /// What the name means to a parser, which works it out once for each name.
    #[inline]
    pub(crate) fn meaning<T: Copy>(
        &self,
        meanings: &mut Meanings<T>,
        work_out: impl FnOnce(&'a str) -> T,
    ) -> T {
        meanings.of(self.tag.name, work_out)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.empty
    }

    /// The value of the first attribute with this local name, as written.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.tag.attributes;
        // Attributes are short: the search of `str::split_once` would take longer to begin than to end.
        let split = |text: &'a str, at: u8| {
            let at = text.bytes().position(|byte| byte == at)?;
            Some((&text[..at], &text[at + 1..]))
        };
        loop {
            let (key, after) = split(rest, b'=')?;
            let after = after.trim_start();
            let quote = *after.as_bytes().first()?;
            if !matches!(quote, b'"' | b'\'') {
                return None;
            }
            let (value, behind) = split(&after[1..], quote)?;
            if local(key.trim()) == name {
                return Some(Cow::Borrowed(value));
            }
            rest = behind;
        }
    }
}

/// A place in the reply.
pub(crate) struct Cursor<'a> {
    scanner: Scanner<'a>,
    /// What the device says went wrong, in the order of the reply.
    pub(super) errors: Vec<DeviceError>,
    /// True inside a message of the device: one inside another is part of it. It also bounds the recursion.
    in_message: bool,
}

/// What the document walk sees: the events of the scanner, without the ones that never matter.
pub(super) enum CursorStep<'a> {
    Open(Element<'a>),
    /// An end tag; true for that of an item of `multi-routing-engine-results`.
    Close(bool),
    Text(&'a str),
    End,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(reply: &'a str) -> Self {
        Self {
            scanner: Scanner::new(reply),
            errors: Vec::new(),
            in_message: false,
        }
    }

    /// Starts again at a byte of the reply that begins a tag. From there on, end tags without a start are ignored.
    pub(super) fn restart(&mut self, at: usize) {
        self.scanner.restart(at);
    }

    /// The byte of the reply after the last event.
    pub(super) fn position(&self) -> usize {
        self.scanner.position()
    }

    pub(super) fn depth(&self) -> usize {
        self.scanner.depth()
    }

    /// The next event at any depth, for the walk from the root.
    pub(super) fn step(&mut self) -> Result<CursorStep<'a>, Damage> {
        loop {
            match self.scanner.next()? {
                XmlEvent::Start(tag) => return Ok(CursorStep::Open(Element { tag, empty: false })),
                XmlEvent::Empty(tag) => return Ok(CursorStep::Open(Element { tag, empty: true })),
                XmlEvent::End(name) => {
                    return Ok(CursorStep::Close(local(name) == ROUTING_ENGINE_ITEM));
                }
                XmlEvent::Text(text) => return Ok(CursorStep::Text(text)),
                XmlEvent::Eof => return Ok(CursorStep::End),
                XmlEvent::CData(_) | XmlEvent::Reference(_) | XmlEvent::Passed => {}
            }
        }
    }

    /// Calls `read` with every direct child. What `read` leaves unread of a child is skipped; what the device says
    /// went wrong is kept aside and never seen by `read`.
    #[inline]
    pub(crate) fn each_child<F>(&mut self, element: &Element<'a>, mut read: F) -> Result<(), Damage>
    where
        F: FnMut(&mut Self, &Element<'a>) -> Result<(), Damage>,
    {
        if element.empty {
            return Ok(());
        }
        let inside = self.depth();
        loop {
            let child = match self.scanner.expected_start() {
                Some(tag) => Element { tag, empty: false },
                None if self.scanner.expected_end().is_some() => return Ok(()),
                None => match self.scanner.other_tag()? {
                    XmlEvent::Start(tag) => Element { tag, empty: false },
                    XmlEvent::Empty(tag) => Element { tag, empty: true },
                    XmlEvent::End(_) => return Ok(()),
                    _ => return Err(Damage::Truncated),
                },
            };
            if child.empty || !collect(self, &child)? {
                read(self, &child)?;
            }
            if self.depth() > inside {
                self.skip_to(inside)?;
            }
        }
    }

    /// [`Self::each_child`] for the rare element that holds text and children; returns its own text, trimmed.
    pub(crate) fn each_child_with_text<F>(
        &mut self,
        element: &Element<'a>,
        mut read: F,
    ) -> Result<String, Damage>
    where
        F: FnMut(&mut Self, &Element<'a>) -> Result<(), Damage>,
    {
        let mut own = String::new();
        if element.empty {
            return Ok(own);
        }
        let inside = self.depth();
        while self.depth() >= inside {
            match self.scanner.next()? {
                XmlEvent::Start(tag) => {
                    read(self, &Element { tag, empty: false })?;
                    self.skip_to(inside)?;
                }
                XmlEvent::Empty(tag) => read(self, &Element { tag, empty: true })?,
                XmlEvent::Text(part) | XmlEvent::CData(part) => own.push_str(part),
                XmlEvent::Reference(name) => own.push_str(&resolve(name)),
                XmlEvent::End(_) | XmlEvent::Passed => {}
                XmlEvent::Eof => return Err(Damage::Truncated),
            }
        }
        Ok(own.trim().to_owned())
    }

    /// Reads on until only `inside` elements are open. An `rpc-error` in what is skipped is still collected.
    #[inline]
    pub(super) fn skip_to(&mut self, inside: usize) -> Result<(), Damage> {
        // Nearly everything that is skipped is one text and its end.
        if self.depth() == inside + 1 && self.scanner.leaf().is_some() {
            return Ok(());
        }
        self.skip_all_to(inside)
    }

    fn skip_all_to(&mut self, inside: usize) -> Result<(), Damage> {
        while self.depth() > inside {
            let tag = match self.scanner.expected_start() {
                Some(tag) => tag,
                None if self.scanner.expected_end().is_some() => continue,
                None => match self.scanner.other_tag()? {
                    XmlEvent::Start(tag) => tag,
                    XmlEvent::Eof => return Err(Damage::Truncated),
                    _ => continue,
                },
            };
            if !self.in_message && device_error::is_certain(tag.name.written) {
                let around = self.depth() - 1;
                let element = Element { tag, empty: false };
                collect(self, &element)?;
                self.skip_to(around)?;
            } else {
                _ = self.scanner.leaf();
            }
        }
        Ok(())
    }

    /// The element's own text, trimmed; what its children hold is not part of it.
    #[inline(always)]
    pub(crate) fn text(&mut self, element: &Element<'a>) -> Result<Cow<'a, str>, Damage> {
        if element.empty {
            return Ok(Cow::Borrowed(""));
        }
        match self.scanner.leaf() {
            Some(text) => Ok(Cow::Borrowed(trimmed(text))),
            None => self.pieces(),
        }
    }

    /// A text that entities, comments, CDATA or elements split, put together piece by piece.
    #[cold]
    fn pieces(&mut self) -> Result<Cow<'a, str>, Damage> {
        let inside = self.depth();
        let mut text = String::new();
        loop {
            match self.scanner.next()? {
                XmlEvent::Text(part) | XmlEvent::CData(part) => text.push_str(part),
                XmlEvent::Reference(name) => text.push_str(&resolve(name)),
                XmlEvent::Start(_) => self.skip_to(inside)?,
                XmlEvent::Empty(_) | XmlEvent::Passed => {}
                XmlEvent::End(_) => return Ok(Cow::Owned(text.trim().to_owned())),
                XmlEvent::Eof => return Err(Damage::Truncated),
            }
        }
    }
}

/// Collects the element if it is a message of the device; says whether it was one.
#[inline]
pub(super) fn collect<'a>(cursor: &mut Cursor<'a>, element: &Element<'a>) -> Result<bool, Damage> {
    let (kind, severity) = match element.name() {
        "rpc-error" => (ErrorKind::RpcError, Severity::Error),
        "error" => (ErrorKind::Error, Severity::Error),
        "warning" => (ErrorKind::Error, Severity::Warning),
        "output" => (ErrorKind::Output, Severity::Error),
        _ => return Ok(false),
    };
    if cursor.in_message {
        return Ok(false);
    }
    collect_message(cursor, element, kind, severity)?;
    Ok(true)
}

#[cold]
fn collect_message<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    kind: ErrorKind,
    mut severity: Severity,
) -> Result<(), Damage> {
    cursor.in_message = true;
    let read = if kind == ErrorKind::Output {
        cursor
            .text(element)
            .map(|text| (text.into_owned(), None, None))
    } else {
        details(cursor, element, &mut severity)
    };
    cursor.in_message = false;
    let (message, tag, bad_element) = read?;
    // A list entry that happens to be called `error` (as PIC detail has) holds none of these and is not a message.
    if message.is_empty() && tag.is_none() && bad_element.is_none() {
        return Ok(());
    }
    let message = if message.is_empty() {
        [tag.as_deref(), bad_element.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ")
    } else {
        shortened(&message.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    if cursor.errors.len() < MAX_ERRORS {
        cursor.errors.push(DeviceError {
            kind,
            severity,
            message,
            tag,
            bad_element,
            routing_engine: None,
        });
    }
    Ok(())
}

type Details = (String, Option<String>, Option<String>);

fn details<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    severity: &mut Severity,
) -> Result<Details, Damage> {
    let (mut message, mut tag, mut bad_element) = (String::new(), None, None);
    let own = cursor.each_child_with_text(element, |cursor, child| {
        match child.name() {
            "error-message" | "message" => message = cursor.text(child)?.into_owned(),
            "error-tag" => tag = Some(cursor.text(child)?.into_owned()),
            "error-severity" if cursor.text(child)?.eq_ignore_ascii_case("warning") => {
                *severity = Severity::Warning
            }
            "error-info" => cursor.each_child(child, |cursor, child| {
                if child.name() == "bad-element" {
                    bad_element = Some(cursor.text(child)?.into_owned());
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    let given = |text: &String| !text.is_empty();
    Ok((
        if message.is_empty() { own } else { message },
        tag.filter(given),
        bad_element.filter(given),
    ))
}

/// The characters that a reference stands for; an unknown one stays as it was written.
fn resolve(name: &str) -> Cow<'_, str> {
    match name {
        "amp" => Cow::Borrowed("&"),
        "lt" => Cow::Borrowed("<"),
        "gt" => Cow::Borrowed(">"),
        "quot" => Cow::Borrowed("\""),
        "apos" => Cow::Borrowed("'"),
        _ => match character(name) {
            Some(character) => Cow::Owned(character.to_string()),
            None => Cow::Owned(format!("&{name};")),
        },
    }
}

/// `#65` and `#x41`.
fn character(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(number).filter(|character| *character != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(xml: &str) -> Result<Vec<(String, String)>, Damage> {
        let mut cursor = Cursor::new(xml);
        let CursorStep::Open(root) = cursor.step()? else {
            panic!("no root")
        };
        let mut found = Vec::new();
        cursor.each_child(&root, |cursor, child| {
            if child.name() != "skipped" {
                found.push((child.name().to_owned(), cursor.text(child)?.into_owned()));
            }
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn text_is_trimmed_and_joined_across_entities_comments_and_cdata() {
        let found = texts(
            "<r><n:a>\n  A &amp; B <!-- no --> C\n</n:a><b>&#65; &lt;<![CDATA[ <x> ]]></b><c> x<d>deep</d>y </c><e/></r>",
        );
        let expected = [("a", "A & B  C"), ("b", "A < <x>"), ("c", "xy"), ("e", "")];
        assert_eq!(
            found.unwrap(),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn what_is_not_read_is_skipped_with_all_that_it_holds() {
        let found =
            texts("<r><skipped><a>1</a><skipped><b/></skipped></skipped><a>2</a></r>").unwrap();
        assert_eq!(found, [("a".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn attributes_are_found_by_local_name() {
        let mut cursor = Cursor::new("<t xmlns:junos='u' junos:celsius='38.5' style=\"x\">38</t>");
        let Ok(CursorStep::Open(root)) = cursor.step() else {
            panic!("no root")
        };
        assert_eq!(root.attribute("celsius").as_deref(), Some("38.5"));
        assert_eq!(root.attribute("seconds"), None);
    }

    #[test]
    fn an_end_in_the_wrong_place_and_an_end_that_never_comes_are_damage() {
        assert!(matches!(
            texts("<r><a>1</b></r>"),
            Err(Damage::Malformed(_))
        ));
        assert_eq!(texts("<r><a>1</a><a>2"), Err(Damage::Truncated));
    }
}
