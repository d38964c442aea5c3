//! The scanner: a reply's tags and texts, one after the other, borrowed from the reply.
//!
//! A reply is nearly all `<name>text</name>`, with a tag every 35 bytes, so what one tag costs decides what parsing costs. The scanner
//! copies nothing, keeps the names of open elements as slices of the reply, and has a way of its own for the common element
//! ([`Scanner::leaf`]). It checks what a reader of replies has to know: that every end tag closes the element that is open, and that
//! nothing ends inside markup. It does not check characters of names, nor whether attributes are well-formed.
//!
//! Tests and a fuzz target hold it against quick-xml, event by event.

use super::cursor::Damage;

/// A start tag, without its angle brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Name and attributes.
    content: &'a str,
    name_end: usize,
}

impl<'a> Tag<'a> {
    /// The name as written, prefix and all.
    pub(crate) fn name(&self) -> &'a str {
        &self.content[..self.name_end]
    }

    /// What stands behind the name.
    pub(crate) fn attributes(&self) -> &'a str {
        &self.content[self.name_end..]
    }
}

/// What the scanner finds. Comments, processing instructions and document types are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
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
    /// The end of the reply, whether or not elements are open.
    Eof,
}

/// A place in the reply, and the elements that are open there.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<&'a str>,
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

/// How far a byte is looked for one at a time before the wide search is worth its start.
const NEAR: usize = 16;

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: "\u{feff}".len() * usize::from(text.starts_with('\u{feff}')),
            open: Vec::new(),
            ends_without_start: false,
        }
    }

    /// Starts again at a byte that begins a tag, with no element open.
    pub(crate) fn restart(&mut self, at: usize) {
        self.at = at;
        self.open.clear();
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
    pub(crate) fn next(&mut self) -> Result<Event<'a>, Damage> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'<' => {
                    if let Some(event) = self.markup()? {
                        return Ok(event);
                    }
                }
                b'&' => return Ok(self.reference()),
                _ => {
                    let from = self.at;
                    self.at = self.find_text_end(from);
                    return Ok(Event::Text(&self.text[from..self.at]));
                }
            }
        }
        Ok(Event::Eof)
    }

    /// The next tag, or the end of the reply; what stands between is passed over.
    #[inline]
    pub(crate) fn next_tag(&mut self) -> Result<Event<'a>, Damage> {
        loop {
            let bytes = self.text.as_bytes();
            let near = bytes.len().min(self.at + NEAR);
            while self.at < near && bytes[self.at] != b'<' {
                self.at += 1;
            }
            if bytes.get(self.at) != Some(&b'<') {
                match memchr::memchr(b'<', &bytes[self.at..]) {
                    Some(further) => self.at += further,
                    None => {
                        self.at = bytes.len();
                        return Ok(Event::Eof);
                    }
                }
            }
            match self.markup()? {
                None | Some(Event::CData(_)) => {}
                Some(event) => return Ok(event),
            }
        }
    }

    /// The text of the element that was just opened, if it is nothing but text and its end tag: then the element is closed. Otherwise
    /// nothing has happened.
    #[inline]
    pub(crate) fn leaf(&mut self) -> Option<&'a str> {
        let name = *self.open.last()?;
        let from = self.at;
        let end = self.find_text_end(from);
        let rest = self.text.as_bytes().get(end..)?.strip_prefix(b"</")?;
        if rest.get(name.len()) != Some(&b'>') || !rest.starts_with(name.as_bytes()) {
            return None;
        }
        self.open.pop();
        self.at = end + name.len() + 3;
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

    /// The markup at this `<`; nothing for what is passed over.
    #[inline]
    fn markup(&mut self) -> Result<Option<Event<'a>>, Damage> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'/') => self.end().map(Some),
            Some(b'!') => self.declaration(),
            Some(b'?') => {
                self.pass(2, "?>")?;
                Ok(None)
            }
            Some(_) => self.start().map(Some),
            None => Err(self.truncated()),
        }
    }

    #[inline]
    fn start(&mut self) -> Result<Event<'a>, Damage> {
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
        self.at = close + 1;
        if close > from && bytes[close - 1] == b'/' {
            let content = &self.text[from..close - 1];
            let name_end = (name_end - from).min(content.len());
            return Ok(Event::Empty(Tag { content, name_end }));
        }
        let tag = Tag {
            content: &self.text[from..close],
            name_end: name_end - from,
        };
        self.open.push(tag.name());
        Ok(Event::Start(tag))
    }

    #[inline]
    fn end(&mut self) -> Result<Event<'a>, Damage> {
        let from = self.at + 2;
        let rest = &self.text.as_bytes()[from..];
        if let Some(name) = self.open.last()
            && rest.get(name.len()) == Some(&b'>')
            && rest.starts_with(name.as_bytes())
        {
            self.at = from + name.len() + 1;
            let name = *name;
            self.open.pop();
            return Ok(Event::End(name));
        }
        self.other_end(from)
    }

    /// An end tag that is not simply the name of what is open.
    #[cold]
    fn other_end(&mut self, from: usize) -> Result<Event<'a>, Damage> {
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
            Some(open) if open == name => Ok(Event::End(name)),
            None if self.ends_without_start => Ok(Event::End(name)),
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
    fn declaration(&mut self) -> Result<Option<Event<'a>>, Damage> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            let tag = self.at;
            if self.pass(4, "-->")?.contains("<!--") {
                self.at = tag;
                return Err(self.malformed("a comment inside a comment"));
            }
            return Ok(None);
        }
        if rest.starts_with("<![CDATA[") {
            return self.pass(9, "]]>").map(|text| Some(Event::CData(text)));
        }
        if rest.len() >= 9 && rest.as_bytes()[2..9].eq_ignore_ascii_case(b"DOCTYPE") {
            self.at += 9;
            return self.document_type().map(|()| None);
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
    fn reference(&mut self) -> Event<'a> {
        let from = self.at;
        let rest = &self.text.as_bytes()[from + 1..];
        match memchr::memchr3(b';', b'&', b'<', rest) {
            Some(length) if rest[length] == b';' => {
                self.at = from + length + 2;
                Event::Reference(&self.text[from + 1..from + 1 + length])
            }
            Some(length) => {
                self.at = from + 1 + length;
                Event::Text(&self.text[from..self.at])
            }
            None => {
                self.at = self.text.len();
                Event::Text(&self.text[from..])
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
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event as Theirs;

    use super::*;

    /// Every event as a text; the last one is `eof` or `error`.
    fn ours(xml: &str) -> Vec<String> {
        let mut scanner = Scanner::new(xml);
        let mut found = Vec::new();
        loop {
            found.push(match scanner.next() {
                Ok(Event::Start(tag)) => format!("start {}|{}", tag.name(), tag.attributes()),
                Ok(Event::Empty(tag)) => format!("empty {}|{}", tag.name(), tag.attributes()),
                Ok(Event::End(name)) => format!("end {name}"),
                Ok(Event::Text(text)) => format!("text {text}"),
                Ok(Event::CData(text)) => format!("cdata {text}"),
                Ok(Event::Reference(name)) => format!("reference {name}"),
                Ok(Event::Eof) => "eof".to_owned(),
                Err(_) => "error".to_owned(),
            });
            if matches!(found.last().map(String::as_str), Some("eof" | "error")) {
                return found;
            }
        }
    }

    /// The same by quick-xml.
    fn theirs(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().allow_dangling_amp = true;
        let mut found = Vec::new();
        loop {
            let rest = |tag: &quick_xml::events::BytesStart<'_>| {
                let name = tag.name().into_inner().to_owned();
                format!("{name}|{}", &tag[name.len()..])
            };
            found.push(match reader.read_event() {
                // Which it lets pass, and XML does not.
                Ok(Theirs::Start(tag) | Theirs::Empty(tag)) if tag.contains('<') => {
                    "error".to_owned()
                }
                Ok(Theirs::Comment(text)) if text.contains("<!--") => "error".to_owned(),
                Ok(Theirs::Start(tag)) => format!("start {}", rest(&tag)),
                Ok(Theirs::Empty(tag)) => format!("empty {}", rest(&tag)),
                Ok(Theirs::End(tag)) => format!("end {}", tag.name().into_inner()),
                Ok(Theirs::Text(text)) => format!("text {}", &*text),
                Ok(Theirs::CData(text)) => format!("cdata {}", &*text),
                Ok(Theirs::GeneralRef(name)) => format!("reference {}", &*name),
                Ok(Theirs::Eof) => "eof".to_owned(),
                Ok(_) => continue,
                Err(_) => "error".to_owned(),
            });
            if matches!(found.last().map(String::as_str), Some("eof" | "error")) {
                return found;
            }
        }
    }

    #[test]
    fn every_kind_of_markup_is_found_as_quick_xml_finds_it() {
        for xml in [
            "<a>1</a>",
            "\u{feff}<?xml version=\"1.0\"?><!-- x > y --><a b='>' c=\"'/>\">t &amp; &#65;<![CDATA[ <x> ]]]></a  >",
            "<a/><b /><c d='e'/>< f/>",
            "<a><b></a>",
            "<a></b>",
            "</a>",
            "a & b &c",
            "<a&b;c></a&b;c>",
            "<a x=\"1></a>",
            "<a",
            "<",
            "<a>text",
            "<a\n x='1'\n>\n</a\n>",
            "<a'b>c'>d</a'b>c'>",
            "<a></ a>",
            "<></>",
            "<//>",
            "<a/ >",
            "<a/></>",
            "< x></ >",
            "<é>ü</é>",
        ] {
            assert_eq!(ours(xml), theirs(xml), "{xml:?}");
        }
    }

    #[test]
    fn a_leaf_is_taken_in_one_step_or_not_at_all() {
        let leaf = |xml: &'static str| {
            let mut scanner = Scanner::new(xml);
            scanner.next_tag().unwrap();
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
                    Ok(Event::Eof) => panic!("{xml} holds no damage"),
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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Pieces of markup in any order: far more of what can go wrong than any bytes at all.
        #[test]
        fn pieces_of_markup_are_read_as_quick_xml_reads_them(pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<a>", "</a>", "<b x='1'>", "</b>", "<c/>", "text", " ", "\n", "&amp;", "&", ";", "<", ">", "/", "'", "\"", "=",
                "<!-- ", " -->", "<![CDATA[", "]]>", "<?p", "?>", "a", "é", "<a", "</", "/>", "j:a", "<j:a>", "</j:a>",
            ]), 0..25)) {
            let xml = pieces.concat();
            // Where an end overlaps its beginning quick-xml goes by rules of its own.
            prop_assume!(!["<!-->", "<!--->", "<?>"].iter().any(|overlap| xml.contains(overlap)));
            prop_assert_eq!(ours(&xml), theirs(&xml), "{:?}", xml);
        }

        #[test]
        fn damaged_replies_are_read_as_quick_xml_reads_them(
            which in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
            length in 0_usize..60,
        ) {
            let reply = &REPLIES[which.index(REPLIES.len())];
            let start = place.index(reply.len());
            let end = reply.len().min(start + length);
            let damaged = [&reply.as_bytes()[..start], &reply.as_bytes()[end..]].concat();
            let Ok(damaged) = String::from_utf8(damaged) else { return Ok(()) };
            prop_assert_eq!(ours(&damaged), theirs(&damaged));
        }
    }

    static REPLIES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let folders = |path: &std::path::Path| -> Vec<_> {
            let entries = std::fs::read_dir(path).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let groups = folders(std::path::Path::new("../../fixtures/junos"));
        let cases = groups.iter().flat_map(|group| folders(group));
        let replies = cases.filter_map(|case| std::fs::read_to_string(case.join("reply.xml")).ok());
        replies.collect()
    });
}
