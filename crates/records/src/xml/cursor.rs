//! The cursor: children by local name, trimmed text, attributes by local name.
//!
//! A parser is a set of nested "for each child" functions, so its place in the document is its place in the code. An
//! element that a function does not read is skipped for it. Names and text are borrowed from the reply; text is copied
//! only when an entity or a comment splits it.
//!
//! The end of every element is checked. [`Damage`] travels up with `?` until something that can start again catches it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::device_error::{self, DeviceError};

/// What stands around the reply of each routing engine, node or member.
pub(super) const ROUTING_ENGINE_ITEM: &str = "multi-routing-engine-item";

/// Why reading cannot go on from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The text ends inside an element.
    Truncated,
    /// Not well-formed, or an item inside an item of its own kind.
    Malformed(String),
}

/// A start tag.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    tag: BytesStart<'a>,
    /// Where the local name begins in the tag's name: looked for once, asked for often.
    local: usize,
    empty: bool,
}

impl<'a> Element<'a> {
    fn new(tag: BytesStart<'a>, empty: bool) -> Self {
        let local = tag
            .name()
            .as_ref()
            .bytes()
            .position(|byte| byte == b':')
            .map_or(0, |at| at + 1);
        Self { tag, local, empty }
    }

    /// The local name: what follows the namespace prefix, if there is one.
    pub(crate) fn name(&self) -> &str {
        &self.tag.name().into_inner()[self.local..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.empty
    }

    /// The value of the first attribute with this local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.tag.attributes();
        attributes.with_checks(false);
        attributes
            .flatten()
            .find(|a| a.key.local_name().into_inner() == name)
            .map(|a| a.value)
    }
}

/// A place in the reply.
pub(crate) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    /// Where in the whole reply the reader's slice begins.
    base: usize,
    depth: usize,
    /// What the device says went wrong, in the order of the reply.
    pub(super) errors: Vec<DeviceError>,
}

/// What the document walk sees: the events of the reader, without the ones that never matter.
pub(super) enum Step<'a> {
    Open(Element<'a>),
    /// An end tag; true for that of an item of `multi-routing-engine-results`.
    Close(bool),
    Text(Cow<'a, str>),
    End,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(reply: &'a str) -> Self {
        Self {
            reader: reader(reply),
            base: 0,
            depth: 0,
            errors: Vec::new(),
        }
    }

    /// Starts again at a byte of the reply that begins a tag. From there on, end tags without a start are ignored.
    pub(super) fn restart(&mut self, reply: &'a str, at: usize) {
        self.reader = reader(&reply[at..]);
        self.reader.config_mut().allow_unmatched_ends = true;
        self.base = at;
        self.depth = 0;
    }

    /// The byte of the reply after the last event.
    pub(super) fn position(&self) -> usize {
        self.base + usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The next event at any depth, for the walk from the root.
    pub(super) fn step(&mut self) -> Result<Step<'a>, Damage> {
        loop {
            match self.next()? {
                Event::Start(tag) => {
                    self.depth += 1;
                    return Ok(Step::Open(Element::new(tag, false)));
                }
                Event::Empty(tag) => return Ok(Step::Open(Element::new(tag, true))),
                Event::End(tag) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::Close(
                        tag.local_name().into_inner() == ROUTING_ENGINE_ITEM,
                    ));
                }
                Event::Text(text) => return Ok(Step::Text(text.into_inner())),
                Event::Eof => return Ok(Step::End),
                _ => {}
            }
        }
    }

    #[inline]
    fn next(&mut self) -> Result<Event<'a>, Damage> {
        match self.reader.read_event() {
            Ok(event) => Ok(event),
            Err(error) => Err(self.damage(&error)),
        }
    }

    #[cold]
    fn damage(&self, error: &Error) -> Damage {
        // All syntax errors but one say that the text ended before the markup did.
        if matches!(error, Error::Syntax(what) if *what != SyntaxError::InvalidBangMarkup) {
            return Damage::Truncated;
        }
        let at = self.base as u64 + self.reader.error_position();
        Damage::Malformed(format!("not well-formed at byte {at}: {error}"))
    }

    /// Calls `read` with every direct child. What `read` leaves unread of a child is skipped; what the device says
    /// went wrong is kept aside and never seen by `read`.
    pub(crate) fn each_child<F>(&mut self, element: &Element<'a>, mut read: F) -> Result<(), Damage>
    where
        F: FnMut(&mut Self, &Element<'a>) -> Result<(), Damage>,
    {
        if element.empty {
            return Ok(());
        }
        let inside = self.depth;
        loop {
            match self.next()? {
                Event::Start(tag) => {
                    self.depth += 1;
                    let child = Element::new(tag, false);
                    if !device_error::collect(self, &child)? {
                        read(self, &child)?;
                    }
                    self.skip_to(inside)?;
                }
                Event::Empty(tag) => read(self, &Element::new(tag, true))?,
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(());
                }
                Event::Eof => return Err(Damage::Truncated),
                _ => {}
            }
        }
    }

    /// [`Self::each_child`] for the rare element that holds text and children; returns its own text, trimmed.
    pub(super) fn each_child_with_text<F>(
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
        let inside = self.depth;
        self.reader.config_mut().trim_text_start = false;
        while self.depth >= inside {
            match self.next()? {
                Event::Start(tag) => {
                    self.depth += 1;
                    read(self, &Element::new(tag, false))?;
                    self.skip_to(inside)?;
                    self.reader.config_mut().trim_text_start = false;
                }
                Event::Text(part) => own.push_str(&part),
                Event::CData(part) => own.push_str(&part),
                Event::GeneralRef(reference) => own.push_str(&resolve(&reference)),
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(Damage::Truncated),
                _ => {}
            }
        }
        self.reader.config_mut().trim_text_start = true;
        Ok(own.trim().to_owned())
    }

    /// Reads on until only `inside` elements are open. An `rpc-error` in what is skipped is still collected.
    pub(super) fn skip_to(&mut self, inside: usize) -> Result<(), Damage> {
        while self.depth > inside {
            match self.next()? {
                Event::Start(tag) => {
                    self.depth += 1;
                    if device_error::is_certain(&tag) {
                        let child = Element::new(tag, false);
                        let around = self.depth - 1;
                        device_error::collect(self, &child)?;
                        self.skip_to(around)?;
                    }
                }
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(Damage::Truncated),
                _ => {}
            }
        }
        Ok(())
    }

    /// The element's own text, trimmed; what its children hold is not part of it.
    pub(crate) fn text(&mut self, element: &Element<'a>) -> Result<Cow<'a, str>, Damage> {
        if element.empty {
            return Ok(Cow::Borrowed(""));
        }
        // Nearly every text is one piece with its end tag behind it; the rest is put together piece by piece.
        match self.next()? {
            Event::Text(text) => match self.next()? {
                Event::End(_) => {
                    self.depth -= 1;
                    Ok(trimmed(text.into_inner()))
                }
                other => self.pieces(text.into_inner(), other),
            },
            Event::End(_) => {
                self.depth -= 1;
                Ok(Cow::Borrowed(""))
            }
            other => self.pieces(Cow::Borrowed(""), other),
        }
    }

    /// The rest of a text that entities, comments, CDATA or elements split. White space next to those is part of the
    /// text, so the reader must not drop it here as it does between elements.
    fn pieces(
        &mut self,
        mut text: Cow<'a, str>,
        mut event: Event<'a>,
    ) -> Result<Cow<'a, str>, Damage> {
        let inside = self.depth;
        self.reader.config_mut().trim_text_start = false;
        loop {
            match event {
                Event::Text(part) => text.to_mut().push_str(&part),
                Event::CData(part) => text.to_mut().push_str(&part),
                Event::GeneralRef(reference) => text.to_mut().push_str(&resolve(&reference)),
                Event::Start(_) => {
                    self.depth += 1;
                    self.skip_to(inside)?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    self.reader.config_mut().trim_text_start = true;
                    return Ok(trimmed(text));
                }
                Event::Eof => return Err(Damage::Truncated),
                _ => {}
            }
            event = self.next()?;
        }
    }
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.trim_text_start = true;
    config.allow_dangling_amp = true; // interface descriptions have been seen with a bare ampersand
    reader
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// The character that an entity stands for; an unknown one stays as it was written.
fn resolve<'r>(reference: &'r BytesRef<'_>) -> Cow<'r, str> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Cow::Owned(character.to_string());
    }
    match &**reference {
        "amp" => Cow::Borrowed("&"),
        "lt" => Cow::Borrowed("<"),
        "gt" => Cow::Borrowed(">"),
        "quot" => Cow::Borrowed("\""),
        "apos" => Cow::Borrowed("'"),
        other => Cow::Owned(format!("&{other};")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(xml: &str) -> Result<Vec<(String, String)>, Damage> {
        let mut cursor = Cursor::new(xml);
        let Step::Open(root) = cursor.step()? else {
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
        let Ok(Step::Open(root)) = cursor.step() else {
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
