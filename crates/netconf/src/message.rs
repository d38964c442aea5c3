//! Reads the messages after the hello: requests, replies and `<rpc-error>`s (RFC 6241, section 4).
//!
//! A reply is returned as the bytes that came, and only its start is read: the root must be `<rpc-reply>` with the id of the
//! request. The reader of the data judges the rest, and can still use the good part of a damaged reply. Errors are searched
//! only in a message that contains the text `rpc-error`, which costs a few microseconds a megabyte. They count at any depth,
//! since devices also put them inside the data.
//!
//! Operations and their results are not interpreted.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant};

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::Event;

use crate::text::excerpt;

/// The root element's start tag must end within so many bytes, comments before it included.
const LONGEST_HEAD: usize = 64 * 1024;

/// The most errors that are collected from one reply.
const MOST_ERRORS: usize = 1000;

/// The reply to one request.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The whole message as sent, from the XML declaration or `<rpc-reply …>` on, without framing.
    pub bytes: Vec<u8>,
    /// When the last byte was received.
    pub received: Instant,
    /// The time from the start of sending the request to the last byte.
    pub elapsed: Duration,
    /// Each `<rpc-error>` in it, at any depth, in order. Data beside them may still be good.
    pub errors: Vec<RpcError>,
    /// An excerpt of the bytes before the message that were skipped, such as control characters or a line of the device's log.
    pub skipped: Option<Box<str>>,
}

impl Reply {
    /// The entries of [`errors`](Self::errors) that say the request failed.
    pub fn failures(&self) -> impl Iterator<Item = &RpcError> {
        let errors = self.errors.iter();
        errors.filter(|error| error.severity == Severity::Error)
    }

    /// The entries of [`errors`](Self::errors) that are warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &RpcError> {
        let errors = self.errors.iter();
        errors.filter(|error| error.severity == Severity::Warning)
    }
}

/// An `<rpc-error>` (RFC 6241, section 4.3): the device's own words, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// `error-type`: `transport`, `rpc`, `protocol` or `application`; empty if the device gave none.
    pub error_type: String,
    /// `error-tag`, such as `operation-failed`; empty if the device gave none.
    pub tag: String,
    /// `error-severity`. An error without one is an error.
    pub severity: Severity,
    /// `error-app-tag`.
    pub app_tag: Option<String>,
    /// `error-path`: where in the request.
    pub path: Option<String>,
    /// `error-message`: for people.
    pub message: Option<String>,
    /// `error-info`: as XML, its own tags left away.
    pub info: Option<String>,
}

/// The severity of an [`RpcError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation succeeded all the same.
    Warning,
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        match (self.tag.as_str(), self.message.as_deref()) {
            ("", None) => f.write_str("an error without tag and message")?,
            ("", Some(message)) => f.write_str(message)?,
            (tag, None) => f.write_str(tag)?,
            (tag, Some(message)) => write!(f, "{tag}: {message}")?,
        }
        if let Some(info) = &self.info {
            write!(f, " ({})", excerpt(error_info_text(info).as_bytes()))?;
        }
        if let Some(path) = &self.path {
            write!(f, " at {path}")?;
        }
        Ok(())
    }
}

/// The start tag of a message's root element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RootElement<'m> {
    /// Without prefix.
    pub(crate) local_name: &'m str,
    /// All between the name and the end of the tag, as written.
    pub(crate) attributes: &'m str,
    /// The value of `message-id`, entities resolved.
    pub(crate) message_id: Option<String>,
    /// Index of the first byte after the tag.
    pub(crate) content: usize,
    /// `<name/>`: there is no content.
    pub(crate) is_empty: bool,
}

/// Finds where the root element `local_name` of `message` begins, whatever its prefix, together with the XML declaration, comments
/// and white space directly before it. `None` if there is no such element near the start.
pub(crate) fn find_root(message: &[u8], local_name: &str) -> Option<usize> {
    let head = message.get(..LONGEST_HEAD).unwrap_or(message);
    // Where the prolog begins that reaches up to `at`.
    let mut begin = 0;
    let mut at = 0;
    while at < head.len() {
        let rest = head.get(at..).unwrap_or_default();
        let up_to = |mark: &[u8]| memmem::find(rest, mark).map(|end| end + mark.len());
        let prolog = if rest.starts_with(b"<!--") {
            up_to(b"-->")
        } else if rest.starts_with(b"<?") {
            up_to(b"?>")
        } else if rest.starts_with(b"\xef\xbb\xbf") {
            Some(3)
        } else if rest.first().is_some_and(u8::is_ascii_whitespace) {
            Some(1)
        } else if is_start_tag(rest, local_name) {
            return Some(begin);
        } else {
            None
        };
        at += prolog.unwrap_or(1);
        if prolog.is_none() {
            begin = at;
        }
    }
    None
}

/// Whether `bytes` begin with a start tag of this name, with or without a prefix. A tag ends before the next one begins; words in
/// a line of text that only look like one do not.
fn is_start_tag(bytes: &[u8], local_name: &str) -> bool {
    let Some(tag) = bytes.strip_prefix(b"<") else {
        return false;
    };
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let Some(end) = tag.iter().position(is_end) else {
        return false;
    };
    let next = tag.iter().position(|byte| matches!(byte, b'<' | b'>'));
    if next.is_some_and(|at| tag.get(at) == Some(&b'<')) {
        return false;
    }
    let name = tag.get(..end).unwrap_or_default();
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
    local == local_name.as_bytes()
}

/// Removes the bytes before the root element `local_name` and its prolog, and returns an excerpt of them if there are any.
pub(crate) fn skip_to_root(message: &mut Vec<u8>, local_name: &str) -> Option<Box<str>> {
    let begin = find_root(message, local_name).filter(|begin| *begin > 0)?;
    let skipped = excerpt(message.get(..begin).unwrap_or_default().trim_ascii());
    message.drain(..begin);
    let blank = message
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    message.drain(..blank);
    Some(skipped.into())
}

/// Reads up to and including the root element's start tag; what follows it may be anything.
///
/// # Errors
///
/// A sentence that says what was found instead.
pub(crate) fn root(message: &[u8]) -> Result<RootElement<'_>, String> {
    let head = valid_text(message.get(..LONGEST_HEAD).unwrap_or(message));
    let mark = head.len() - head.trim_start_matches('\u{feff}').len();
    let mut reader = Reader::from_str(head.get(mark..).unwrap_or_default());
    loop {
        let event = reader.read_event();
        let is_empty = matches!(event, Ok(Event::Empty(_)));
        let (tag, content) = match event {
            Ok(Event::Start(tag) | Event::Empty(tag)) => (tag, reader.buffer_position()),
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => continue,
            Ok(Event::Text(text)) if text.trim().is_empty() => continue,
            _ => {
                return Err(format!(
                    "expected an XML message, found \"{}\"",
                    excerpt(message)
                ));
            }
        };
        let content = usize::try_from(content).unwrap_or(usize::MAX);
        let content = content.saturating_add(mark);
        let mut message_id = None;
        for attribute in tag.attributes().with_checks(false).flatten() {
            if attribute.key.local_name().as_ref() == "message-id" {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                message_id = Some(value.map_or_else(|_| attribute.value.to_string(), Cow::into));
            }
        }
        // The tag as it stands in `message`, so that what is returned borrows from there.
        let close = if is_empty { "/>" } else { ">" };
        let written = head.get(..content).unwrap_or_default();
        let written = written.strip_suffix(close).unwrap_or(written);
        let opened = written.len().saturating_sub(tag.len());
        let inside = written.get(opened..).unwrap_or_default();
        let (name, attributes) = inside
            .split_at_checked(tag.name().as_ref().len())
            .unwrap_or((inside, ""));
        return Ok(RootElement {
            local_name: name.rsplit(':').next().unwrap_or(name),
            attributes: attributes.trim(),
            message_id,
            content,
            is_empty,
        });
    }
}

/// Each `<rpc-error>` in `message`, by local name, at any depth. A message cut or damaged gives those before the damage.
pub(crate) fn rpc_errors(message: &[u8]) -> Vec<RpcError> {
    let mut errors = Vec::new();
    if memmem::find(message, b"rpc-error").is_none() {
        return errors;
    }
    let text = String::from_utf8_lossy(message);
    let mut reader = Reader::from_str(&text);
    while errors.len() < MOST_ERRORS {
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.local_name().as_ref() == "rpc-error" => {
                match read_rpc_error(&mut reader, &text) {
                    Some(error) => errors.push(error),
                    None => break,
                }
            }
            Ok(Event::Empty(tag)) if tag.local_name().as_ref() == "rpc-error" => {
                errors.push(RpcError::unspecified());
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    errors
}

/// Reads on to the end of the `<rpc-error>` that has just begun. `None` if the message ends or breaks before.
fn read_rpc_error(reader: &mut Reader<&[u8]>, text: &str) -> Option<RpcError> {
    let mut error = RpcError::unspecified();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let field = tag.local_name().as_ref().to_owned();
                if field == "error-info" {
                    let span = reader.read_to_end(tag.name()).ok()?;
                    let from = usize::try_from(span.start).ok()?;
                    let to = usize::try_from(span.end).ok()?;
                    error.info = non_empty(text.get(from..to)?);
                } else {
                    let content = read_text(reader)?;
                    error.set(&field, &content);
                }
            }
            Event::End(_) => return Some(error),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The text up to the end of the element that has just begun, that of its children included.
fn read_text(reader: &mut Reader<&[u8]>) -> Option<String> {
    let mut content = String::new();
    let mut depth = 0usize;
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Some(content),
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            other => append_text(&mut content, &other),
        }
    }
}

/// Adds what `event` says to a text: characters, `CDATA` and references; anything else says nothing.
pub(crate) fn append_text(content: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(text) => content.push_str(text),
        Event::CData(text) => content.push_str(text),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(character)) => content.push(character),
            _ => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(character) => content.push_str(character),
                // An entity nobody declared: kept as written.
                None => content.extend(["&", reference, ";"]),
            },
        },
        _ => {}
    }
}

impl RpcError {
    fn unspecified() -> Self {
        Self {
            error_type: String::new(),
            tag: String::new(),
            severity: Severity::Error,
            app_tag: None,
            path: None,
            message: None,
            info: None,
        }
    }

    fn set(&mut self, field: &str, content: &str) {
        match field {
            "error-type" => self.error_type = content.trim().to_owned(),
            "error-tag" => self.tag = content.trim().to_owned(),
            "error-severity" if content.trim().eq_ignore_ascii_case("warning") => {
                self.severity = Severity::Warning;
            }
            "error-app-tag" => self.app_tag = non_empty(content),
            "error-path" => self.path = non_empty(content),
            "error-message" => self.message = non_empty(content),
            _ => {}
        }
    }
}

/// `<bad-element>x</bad-element>` for people: `bad-element x`.
fn error_info_text(info: &str) -> String {
    let mut words = Vec::new();
    let mut name = String::new();
    let mut content = String::new();
    let mut reader = Reader::from_str(info);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                name = tag.local_name().as_ref().to_owned();
                content.clear();
            }
            Ok(Event::End(_)) => {
                if !content.trim().is_empty() {
                    words.push(format!("{name} {}", content.trim()));
                }
                content.clear();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(other) => append_text(&mut content, &other),
        }
    }
    if words.is_empty() {
        info.to_owned()
    } else {
        words.join(", ")
    }
}

fn non_empty(content: &str) -> Option<String> {
    let content = content.trim();
    (!content.is_empty()).then(|| content.to_owned())
}

/// The longest beginning of `bytes` that is UTF-8.
fn valid_text(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let valid = bytes.get(..e.valid_up_to()).unwrap_or_default();
            str::from_utf8(valid).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_whatever_follows_it() {
        let message =
            b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- c -->\n<nc:rpc-reply xmlns:nc='urn:x'\n  \
            nc:message-id=\"a&amp;1\" >\xff<broken";
        let root = root(message).unwrap();
        assert_eq!(root.local_name, "rpc-reply");
        assert_eq!(root.message_id.as_deref(), Some("a&1"));
        assert_eq!(
            root.attributes,
            "xmlns:nc='urn:x'\n  nc:message-id=\"a&amp;1\""
        );
        assert_eq!(message.get(root.content..), Some(&b"\xff<broken"[..]));
        assert!(!root.is_empty);
    }

    #[test]
    fn the_root_is_found_behind_other_bytes() {
        let whole = [
            "<rpc-reply/>",
            "<rpc-reply message-id='1'>x</rpc-reply>",
            "<nc:rpc-reply\n>",
            "<?xml version=\"1.0\"?>\n<!-- <rpc-reply> --> <rpc-reply>",
            "\u{feff}<rpc-reply>",
        ];
        let junk: [&[u8]; 10] = [
            b"",
            b"\x07",
            b"\0\0\n",
            b"shutdown: [pid 1] system going down\r\n",
            b"<< access > R&D >>\n",
            b"Acc\xe8s r\xe9serv\xe9\n",
            b"<!-- not closed ",
            b"<? ",
            b"<rpc-replyx/>",
            b"see <rpc-reply in the log\n",
        ];
        for junk in junk {
            for whole in whole {
                let mut message = [junk, whole.as_bytes()].concat();
                let skipped = skip_to_root(&mut message, "rpc-reply");
                let may_be_prolog = junk.starts_with(b"<!--") || junk.starts_with(b"<?");
                assert!(
                    may_be_prolog || skipped.is_some() != junk.is_empty(),
                    "{junk:?} {whole}"
                );
                // What is not closed may swallow a declaration or a comment, but never the root.
                let text = String::from_utf8(message).unwrap();
                assert!(may_be_prolog || whole.ends_with(&text), "{junk:?}: {text}");
                assert_eq!(root(text.as_bytes()).unwrap().local_name, "rpc-reply");
            }
        }
        for other in ["", "<", "<rpc-reply", "error", "<hello/>", "<rpc-reply-x/>"] {
            assert_eq!(find_root(other.as_bytes(), "rpc-reply"), None, "{other}");
        }
    }

    #[test]
    fn an_empty_root_has_no_content() {
        let message = b"<rpc message-id=\"1\" />";
        let root = root(message).unwrap();
        assert_eq!(root.attributes, "message-id=\"1\"");
        assert!(root.is_empty);
        assert_eq!(root.content, message.len());
    }

    #[test]
    fn what_is_no_xml_is_shown_escaped_and_cut() {
        for message in [
            "",
            "error: syntax\r\n",
            "{\"json\": 1}",
            "<unclosed",
            "text <rpc-reply/>",
        ] {
            let error = root(message.as_bytes()).unwrap_err();
            assert!(error.contains("expected an XML message"), "{error}");
        }
        let error = root(&[b'\x1b'; 5000]).unwrap_err();
        assert!(error.contains(r"\x1b\x1b") && error.len() < 500, "{error}");
    }

    const TYPED: &str = "<rpc-reply message-id=\"1\"><data><nc:rpc-error xmlns:nc=\"x\">\n\
        <nc:error-type>application</nc:error-type><nc:error-tag> operation-failed </nc:error-tag>\
        <nc:error-severity>error</nc:error-severity><nc:error-app-tag>too-many</nc:error-app-tag>\
        <nc:error-path>/a/b</nc:error-path>\
        <nc:error-message xml:lang=\"en\">\ndevice <![CDATA[<x>]]> &lt;not&gt; &#102;ound &unknown;\n</nc:error-message>\
        <nc:error-info><bad-element>b</bad-element></nc:error-info></nc:rpc-error></data>\
        <rpc-error><error-severity>warning</error-severity><error-message>old syntax</error-message></rpc-error>\
        <rpc-error/></rpc-reply>";

    #[test]
    fn errors_are_found_at_any_depth_and_typed() {
        let errors = rpc_errors(TYPED.as_bytes());
        let first = RpcError {
            error_type: "application".to_owned(),
            tag: "operation-failed".to_owned(),
            severity: Severity::Error,
            app_tag: Some("too-many".to_owned()),
            path: Some("/a/b".to_owned()),
            message: Some("device <x> <not> found &unknown;".to_owned()),
            info: Some("<bad-element>b</bad-element>".to_owned()),
        };
        assert_eq!(errors.len(), 3);
        assert_eq!(errors.first(), Some(&first));
        assert_eq!(
            first.to_string(),
            "operation-failed: device <x> <not> found &unknown; (bad-element b) at /a/b"
        );
        assert_eq!(errors[1].to_string(), "warning: old syntax");
        assert_eq!(errors[2], RpcError::unspecified());
    }

    #[test]
    fn warnings_and_failures_are_told_apart() {
        let reply = Reply {
            bytes: Vec::new(),
            received: Instant::now(),
            elapsed: Duration::ZERO,
            errors: rpc_errors(TYPED.as_bytes()),
            skipped: None,
        };
        assert_eq!(reply.failures().count(), 2);
        assert_eq!(reply.warnings().count(), 1);
    }

    #[test]
    fn a_damaged_reply_gives_the_errors_before_the_damage() {
        let mut bytes = TYPED.as_bytes().to_vec();
        bytes.splice(0..11, b"<rpc-reply \xff".iter().copied());
        assert_eq!(rpc_errors(&bytes).len(), 3, "a byte that is not UTF-8");
        let cut = TYPED.find("<rpc-error/>").unwrap();
        assert_eq!(rpc_errors(&TYPED.as_bytes()[..cut]).len(), 2);
        assert_eq!(rpc_errors(&TYPED.as_bytes()[..120]).len(), 0);
    }

    #[test]
    fn the_words_alone_are_no_error() {
        assert!(
            rpc_errors(b"<rpc-reply><!-- rpc-error --><a>rpc-error</a></rpc-reply>").is_empty()
        );
    }
}
