//! The scanner: a reply's tags and texts, one after the other, borrowed from the reply.
//!
//! A reply is nearly all `<name>text</name>`, with a tag every 35 bytes, so what one tag costs decides what parsing costs. The scanner
//! copies nothing, keeps the names of open elements as slices of the reply, and has ways of its own for the common tag
//! ([`Scanner::expected_start`]) and the common element ([`Scanner::leaf`]). It checks what a reader of replies has to know: that every
//! end tag closes the element that is open, and that nothing ends inside markup. It does not check characters of names, nor whether
//! attributes are well-formed.
//!
//! Property tests hold it against quick-xml: event by event for what it reads, tag by tag for the quick ways.

use super::damage::Damage;
use super::names::{Name, Names};

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    pub(crate) name: Name<'a>,
    /// What stands behind the name.
    pub(crate) attributes: &'a str,
}

/// What the scanner finds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum XmlEvent<'a> {
    /// `<name …>`
    Start(Tag<'a>),
    /// `<name …/>`
    Empty(Tag<'a>),
    /// `</name>`, by its name.
    End(&'a str),
    /// Text up to the next tag or reference, white space included; also an ampersand that begins no reference.
    Text(&'a str),
    /// `<![CDATA[…]]>`
    CData(&'a str),
    /// `&…;`
    Reference(&'a str),
    /// A comment, a processing instruction or a document type, none of which matters.
    Passed,
    /// The end of the reply, whether or not elements are open.
    Eof,
}

/// A place in the reply, and the elements that are open there.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<&'a str>,
    names: Names<'a>,
    /// True after a restart: the ends of elements that began before it are to be expected.
    ends_without_start: bool,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

/// What ends the quick way through a name: its end; a quote, within which nothing is an end; or what no tag may hold.
const ENDS_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let ends = b"> \n\t\r\"'<";
    let mut at = 0;
    while at < ends.len() {
        table[ends[at] as usize] = true;
        at += 1;
    }
    table
};

/// Room for the open elements of nearly every reply, made at once.
const USUAL_DEPTH: usize = 16;

/// How far a byte is looked for one at a time before the wide search is worth its start.
const NEAR: usize = 16;

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: "\u{feff}".len() * usize::from(text.starts_with('\u{feff}')),
            open: Vec::with_capacity(USUAL_DEPTH),
            names: Names::new(),
            ends_without_start: false,
        }
    }

    /// Starts again at a byte that begins a tag, with no element open.
    pub(crate) fn restart(&mut self, at: usize) {
        self.at = at;
        self.open.clear();
        self.names.lose_track();
        self.ends_without_start = true;
    }

    /// The byte after the last event.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// How many elements are open.
    #[inline]
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next event of any kind.
    pub(crate) fn next(&mut self) -> Result<XmlEvent<'a>, Damage> {
        match self.text.as_bytes().get(self.at) {
            None => Ok(XmlEvent::Eof),
            Some(b'<') => self.markup(),
            Some(b'&') => Ok(self.reference()),
            Some(_) => {
                let from = self.at;
                self.at = self.find_text_end(from);
                Ok(XmlEvent::Text(&self.text[from..self.at]))
            }
        }
    }

    /// Goes to the next `<`, or to the end.
    #[inline]
    fn skip_text(&mut self) {
        let bytes = self.text.as_bytes();
        let near = bytes.len().min(self.at + NEAR);
        while self.at < near && bytes[self.at] != b'<' {
            self.at += 1;
        }
        if self.at == near {
            let further = memchr::memchr(b'<', &bytes[self.at..]);
            self.at = further.map_or(bytes.len(), |further| self.at + further);
        }
    }

    /// The next tag if it is `<name>` and the name is the expected one, as nearly every tag is. Otherwise it may be the end of what is
    /// open ([`Self::expected_end`]) or anything ([`Self::other_tag`]).
    ///
    /// The speed of parsing hangs on these being apart: this one is small enough that what it finds stays in registers.
    #[inline(always)]
    pub(crate) fn expected_start(&mut self) -> Option<Tag<'a>> {
        self.skip_text();
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        let name = self.names.expected(rest)?;
        self.names.saw(name);
        self.at += name.written.len() + 2;
        self.open.push(name.written);
        let attributes = "";
        Some(Tag { name, attributes })
    }

    /// The tag at this `<`, or the next one behind comments and the like.
    #[inline(never)]
    pub(crate) fn other_tag(&mut self) -> Result<XmlEvent<'a>, Damage> {
        while self.at < self.text.len() {
            match self.markup() {
                Ok(XmlEvent::Passed | XmlEvent::CData(_)) => self.skip_text(),
                found => return found,
            }
        }
        Ok(XmlEvent::Eof)
    }

    /// The text of the element that was just opened, if it is nothing but text and its end tag: then the element is closed. Otherwise
    /// nothing has happened.
    #[inline(never)]
    pub(crate) fn leaf(&mut self) -> Option<&'a str> {
        let from = self.at;
        let end = self.find_text_end(from);
        self.end_at(end)?;
        Some(&self.text[from..end])
    }

    /// The next `<` or `&`, or the end.
    #[inline]
    fn find_text_end(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let near = bytes.len().min(from + NEAR);
        let mut at = from;
        while at < near {
            if matches!(bytes[at], b'<' | b'&') {
                return at;
            }
            at += 1;
        }
        memchr::memchr2(b'<', b'&', &bytes[at..]).map_or(bytes.len(), |further| at + further)
    }

    /// The markup at this `<`.
    fn markup(&mut self) -> Result<XmlEvent<'a>, Damage> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'/') => self.end(),
            Some(b'!') => self.declaration(),
            Some(b'?') => {
                self.pass(2, "?>")?;
                Ok(XmlEvent::Passed)
            }
            Some(_) => self.start(),
            None => Err(self.truncated()),
        }
    }

    fn start(&mut self) -> Result<XmlEvent<'a>, Damage> {
        let bytes = self.text.as_bytes();
        let from = self.at + 1;
        let mut name_end = from;
        while name_end < bytes.len() && !ENDS_NAME[bytes[name_end] as usize] {
            name_end += 1;
        }
        let mut close = name_end;
        if bytes.get(name_end) != Some(&b'>') {
            close = self.tag_end(from).ok_or_else(|| self.truncated())?;
            // A quote that damage took away makes a tag of all that follows. No tag holds another, so this is where it shows.
            if memchr::memchr(b'<', &bytes[from..close]).is_some() {
                return Err(self.malformed("a tag inside a tag"));
            }
            name_end = bytes[from..close]
                .iter()
                .position(|byte| is_space(*byte))
                .map_or(close, |length| from + length);
        }
        if name_end == close && name_end > from && bytes[name_end - 1] == b'/' {
            name_end -= 1; // of an empty element, `<name/>`
        }
        let name = self.names.learn(&self.text[from..name_end]);
        self.at = close + 1;
        let attributes = &self.text[name_end..close];
        if let Some(attributes) = attributes.strip_suffix('/') {
            return Ok(XmlEvent::Empty(Tag { name, attributes }));
        }
        self.open.push(name.written);
        Ok(XmlEvent::Start(Tag { name, attributes }))
    }

    fn end(&mut self) -> Result<XmlEvent<'a>, Damage> {
        match self.end_at(self.at) {
            Some(name) => Ok(XmlEvent::End(name)),
            None => self.other_end(self.at + 2),
        }
    }

    /// Closes the open element if `</name>` with its very name stands at this byte.
    #[inline]
    fn end_at(&mut self, at: usize) -> Option<&'a str> {
        let name = *self.open.last()?;
        let rest = self.text.as_bytes().get(at..)?.strip_prefix(b"</")?;
        if rest.get(name.len()) != Some(&b'>') || !rest.starts_with(name.as_bytes()) {
            return None;
        }
        self.open.pop();
        self.at = at + name.len() + "</>".len();
        Some(name)
    }

    /// The name of the open element, which is then closed, if its end is what stands here.
    #[inline(never)]
    pub(crate) fn expected_end(&mut self) -> Option<&'a str> {
        self.end_at(self.at)
    }

    /// An end tag that is not simply the name of what is open.
    #[cold]
    fn other_end(&mut self, from: usize) -> Result<XmlEvent<'a>, Damage> {
        let tag = self.at;
        // From the slash on, as a quote directly behind it counts too.
        let close = self.tag_end(from - 1).ok_or_else(|| self.truncated())?;
        let written = &self.text[from..close];
        let name = match written.trim_end_matches([' ', '\n', '\t', '\r']) {
            "" => written, // white space is no name, not even that of a tag without one
            name => name,
        };
        self.at = close + 1;
        match self.open.pop() {
            Some(open) if open == name => Ok(XmlEvent::End(name)),
            None if self.ends_without_start => Ok(XmlEvent::End(name)),
            open => Err(Damage::Malformed(match open {
                Some(open) => format!(
                    "not well-formed at byte {tag}: expected </{open}>, found </{}>",
                    crate::note::shortened(name)
                ),
                None => format!(
                    "not well-formed at byte {tag}: </{}> ends nothing",
                    crate::note::shortened(name)
                ),
            })),
        }
    }

    /// The `>` that ends a tag: the first that stands in no quotes.
    fn tag_end(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            at += memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?)?;
            if bytes[at] == b'>' {
                return Some(at);
            }
            at += 1 + memchr::memchr(bytes[at], &bytes[at + 1..])? + 1;
        }
    }

    #[cold]
    fn declaration(&mut self) -> Result<XmlEvent<'a>, Damage> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            let tag = self.at;
            if self.pass(4, "-->")?.contains("<!--") {
                self.at = tag;
                return Err(self.malformed("a comment inside a comment"));
            }
            return Ok(XmlEvent::Passed);
        }
        if rest.starts_with("<![CDATA[") {
            return self.pass(9, "]]>").map(XmlEvent::CData);
        }
        if rest.len() >= 9 && rest.as_bytes()[2..9].eq_ignore_ascii_case(b"DOCTYPE") {
            self.at += 9;
            return self.document_type().map(|()| XmlEvent::Passed);
        }
        // The beginning of one of these and then the end of the reply is a reply that was cut.
        if ["<!--", "<![CDATA[", "<!DOCTYPE"]
            .iter()
            .any(|whole| whole.starts_with(rest))
        {
            return Err(self.truncated());
        }
        Err(self.malformed("<! begins no comment and no CDATA"))
    }

    /// Passes a document type with its internal subset. No device sends one, and nothing of it is read.
    fn document_type(&mut self) -> Result<(), Damage> {
        let mut brackets = 0_usize;
        let mut quote = None;
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            self.at += 1;
            match (quote, byte) {
                (Some(open), byte) if open == *byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'[' | b'<') => brackets += 1,
                (None, b']') => brackets = brackets.saturating_sub(1),
                (None, b'>') if brackets == 0 => return Ok(()),
                (None, b'>') => brackets -= 1,
                _ => {}
            }
        }
        Err(Damage::Truncated)
    }

    /// Passes markup whose content begins so many bytes from here and ends before `end`; gives the content.
    fn pass(&mut self, opening: usize, end: &str) -> Result<&'a str, Damage> {
        let from = self.at + opening;
        let length = self.text.get(from..).and_then(|rest| rest.find(end));
        let length = length.ok_or_else(|| self.truncated())?;
        self.at = from + length + end.len();
        Ok(&self.text[from..from + length])
    }

    /// The reference at this `&`, or the text that it is when no `;` ends it.
    fn reference(&mut self) -> XmlEvent<'a> {
        let from = self.at;
        let rest = &self.text.as_bytes()[from + 1..];
        match memchr::memchr3(b';', b'&', b'<', rest) {
            Some(length) if rest[length] == b';' => {
                self.at = from + length + 2;
                XmlEvent::Reference(&self.text[from + 1..from + 1 + length])
            }
            Some(length) => {
                self.at = from + 1 + length;
                XmlEvent::Text(&self.text[from..self.at])
            }
            None => {
                self.at = self.text.len();
                XmlEvent::Text(&self.text[from..])
            }
        }
    }

    /// Damage at this `<`; what stands behind it is looked at anew after a restart.
    #[cold]
    fn malformed(&mut self, what: &str) -> Damage {
        let tag = self.at;
        self.at += 1;
        Damage::Malformed(format!("not well-formed at byte {tag}: {what}"))
    }

    #[cold]
    fn truncated(&self) -> Damage {
        Damage::Truncated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_taken_in_one_step_or_not_at_all() {
        let leaf = |xml: &'static str| {
            let mut scanner = Scanner::new(xml);
            scanner.next().unwrap();
            let text = scanner.leaf();
            (text, scanner.depth())
        };
        assert_eq!(leaf("<a> 1 </a>"), (Some(" 1 "), 0));
        assert_eq!(leaf("<a></a>"), (Some(""), 0));
        for xml in [
            "<a>1</ab>",
            "<a>1</b>",
            "<a>1<b/></a>",
            "<a>&#49;</a>",
            "<a>1</a >",
            "<a>1",
            "<a>1</a",
        ] {
            assert_eq!(leaf(xml), (None, 1), "{xml}");
        }
    }

    #[test]
    fn damage_is_told_from_a_cut() {
        let damage = |xml: &'static str| {
            let mut scanner = Scanner::new(xml);
            loop {
                match scanner.next() {
                    Ok(XmlEvent::Eof) => panic!("{xml} holds no damage"),
                    Ok(_) => {}
                    Err(damage) => return damage,
                }
            }
        };
        for cut in [
            "<a",
            "<a x='",
            "<!-- x",
            "<![CDA",
            "<![CDATA[ x ]",
            "<?xml",
            "<",
            "<!DOCTYPE a [",
            "</a",
        ] {
            assert_eq!(damage(cut), Damage::Truncated, "{cut}");
        }
        for bad in [
            "<a></b>",
            "</a>",
            "<!x>",
            "<!-x>",
            "<a x='<b>'>",
            "<a<b>",
            "<!-- <!-- -->",
        ] {
            assert!(matches!(damage(bad), Damage::Malformed(_)), "{bad}");
        }
    }
}
