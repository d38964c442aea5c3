//! Reads and writes hello messages: the capabilities of each side (RFC 6241, section 8.1).
//!
//! The reader is tolerant, because the hello comes before anything is agreed: an XML declaration, comments before the root, any
//! namespace or prefix, and a missing session id are accepted. The client announces only `base:1.0` by default, because some
//! firmware announces `base:1.1` and then replies in the framing of 1.0.
//!
//! Only the two capabilities that decide the framing are interpreted.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::framing::Framing;
use crate::message::{append_text, find_root};
use crate::text::excerpt;

/// NETCONF 1.0.
pub const BASE_1_0: &str = "urn:ietf:params:netconf:base:1.0";
/// NETCONF 1.1: with it on both sides, messages are sent in chunks.
pub const BASE_1_1: &str = "urn:ietf:params:netconf:base:1.1";

/// The hello message of one side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// One capability a line, in one allocation, because it is kept as long as the session.
    capabilities: Box<str>,
    /// The session number from the server. Clients send none, and some servers do not either.
    pub session_id: Option<u32>,
    /// An excerpt of the bytes before the hello that were skipped, such as a banner.
    pub skipped: Option<Box<str>>,
}

impl Hello {
    /// The hello of a client that supports framings up to `framing`.
    pub fn of_client(framing: Framing) -> Self {
        let capabilities: &[&str] = match framing {
            Framing::EndOfMessage => &[BASE_1_0],
            Framing::Chunked => &[BASE_1_0, BASE_1_1],
        };
        Self {
            capabilities: capabilities.join("\n").into(),
            session_id: None,
            skipped: None,
        }
    }

    /// The capability URIs, trimmed, in the order sent.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.capabilities.lines()
    }

    /// Reads a hello message. Other bytes before it are skipped.
    ///
    /// # Errors
    ///
    /// A sentence that says what was found instead of a hello.
    pub fn parse(message: &[u8]) -> Result<Self, String> {
        let begin = find_root(message, "hello").unwrap_or(0);
        let (before, hello) = message.split_at_checked(begin).unwrap_or((&[], message));
        let text = str::from_utf8(hello).map_err(|e| {
            let found = excerpt(message);
            format!("expected a hello, found bytes that are not UTF-8 ({e}): \"{found}\"")
        })?;
        let before = before.trim_ascii();
        let skipped = (!before.is_empty()).then(|| excerpt(before).into());
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let (mut capabilities, mut session_id) = (String::new(), None);
        let mut depth = 0usize;
        let mut content = String::new();
        loop {
            let event = reader.read_event();
            match event.map_err(|e| format!("the hello is not well-formed XML: {e}"))? {
                Event::Start(start) if depth == 0 && start.local_name().as_ref() != "hello" => {
                    return Err(not_a_hello(message));
                }
                Event::Start(_) => {
                    depth += 1;
                    content.clear();
                }
                Event::Empty(_) if depth == 0 => return Err(not_a_hello(message)),
                Event::End(end) => {
                    depth = depth.saturating_sub(1);
                    match end.local_name().as_ref() {
                        "capability" => {
                            capabilities.push_str(content.trim());
                            capabilities.push('\n');
                        }
                        "session-id" => session_id = content.trim().parse().ok(),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                Event::Eof => return Err(not_a_hello(message)),
                other => append_text(&mut content, &other),
            }
        }
        if capabilities.trim().is_empty() {
            return Err("the hello announces no capability".to_owned());
        }
        Ok(Self {
            capabilities: capabilities.trim_end().into(),
            session_id,
            skipped,
        })
    }

    /// Whether `capability` was announced. Parameters after `?` are not compared.
    pub fn announces(&self, capability: &str) -> bool {
        self.capabilities()
            .map(|name| name.split('?').next().unwrap_or(name))
            .any(|name| name == capability)
    }

    /// The framing that two sides use after their hellos (RFC 6242, section 4.1).
    pub fn framing_with(&self, other: &Self) -> Framing {
        if self.announces(BASE_1_1) && other.announces(BASE_1_1) {
            Framing::Chunked
        } else {
            Framing::EndOfMessage
        }
    }

    /// The message, without framing.
    pub fn to_xml(&self) -> String {
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities>",
        );
        for capability in self.capabilities() {
            xml.push_str("<capability>");
            xml.push_str(&quick_xml::escape::escape(capability));
            xml.push_str("</capability>");
        }
        xml.push_str("</capabilities>");
        if let Some(id) = self.session_id {
            xml.push_str(&format!("<session-id>{id}</session-id>"));
        }
        xml.push_str("</hello>");
        xml
    }
}

fn not_a_hello(message: &[u8]) -> String {
    format!("expected <hello>, found \"{}\"", excerpt(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_read_with_declaration_comments_prefixes_and_entities() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- user a -->\n<!-- host b -->\n\
            <nc:hello xmlns:nc=\"urn:any\"><nc:capabilities>\n\
            <nc:capability>\n urn:ietf:params:netconf:base:1.0 </nc:capability>\
            <nc:capability>http://x.example/y?module=m&amp;revision=2020-01-01</nc:capability>\
            </nc:capabilities><nc:session-id> 4711 </nc:session-id></nc:hello>\n";
        let hello = Hello::parse(xml.as_bytes()).unwrap();
        let capabilities: Vec<_> = hello.capabilities().collect();
        assert_eq!(
            capabilities,
            [BASE_1_0, "http://x.example/y?module=m&revision=2020-01-01"]
        );
        assert_eq!(hello.session_id, Some(4711));
        assert!(hello.announces("http://x.example/y"));
        assert!(!hello.announces(BASE_1_1));
    }

    #[test]
    fn a_missing_or_unreadable_session_id_is_no_reason_to_stop() {
        for id in ["", "<session-id>abc</session-id>", "<session-id/>"] {
            let xml = format!(
                "<hello><capabilities><capability>{BASE_1_0}</capability></capabilities>{id}</hello>"
            );
            assert_eq!(Hello::parse(xml.as_bytes()).unwrap().session_id, None);
        }
    }

    #[test]
    fn bytes_before_the_hello_are_skipped_whatever_they_are() {
        let hello = Hello::of_client(Framing::EndOfMessage);
        let banners: [&[u8]; 6] = [
            b"Last login: Mon Nov 30 from 192.0.2.9\r\n--- RouterOS 21.4 ---\r\n",
            b"\x07",
            b"*** Acc\xe8s r\xe9serv\xe9 ***\r\n",
            b"<< Authorised access only >> R&D lab\r\n",
            b"### <b>lab</b> <!-- ###\n",
            b"say <hello there\n",
        ];
        for banner in banners {
            let message = [banner, hello.to_xml().as_bytes()].concat();
            let read = Hello::parse(&message).unwrap();
            assert_eq!(read.capabilities, hello.capabilities);
            let skipped = read.skipped.unwrap();
            assert!(skipped.starts_with(&excerpt(&banner[..1])), "{skipped}");
        }
    }

    #[test]
    fn what_is_no_hello_is_shown() {
        let cases = [
            ("Permission denied", "Permission denied"),
            ("<rpc-reply/>", "found \"<rpc-reply/>\""),
            ("<rpc-reply><hello/></rpc-reply>", "expected <hello>"),
            ("<hello><capabilities>", "expected <hello>"),
            ("<hello></hello>", "announces no capability"),
            ("<hello></bye>", "not well-formed"),
        ];
        for (message, expected) in cases {
            let error = Hello::parse(message.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{message}: {error}");
        }
        assert!(Hello::parse(b"\xff\xfe").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn what_we_write_we_read() {
        let hello = Hello {
            capabilities: format!("{BASE_1_1}\na?b=1&c=<2>").into(),
            session_id: Some(5),
            skipped: None,
        };
        assert_eq!(Hello::parse(hello.to_xml().as_bytes()), Ok(hello));
    }

    #[test]
    fn chunks_need_both_sides() {
        let [plain, chunked] = [Framing::EndOfMessage, Framing::Chunked].map(Hello::of_client);
        assert_eq!(plain.framing_with(&chunked), Framing::EndOfMessage);
        assert_eq!(chunked.framing_with(&plain), Framing::EndOfMessage);
        assert_eq!(chunked.framing_with(&chunked), Framing::Chunked);
    }
}
