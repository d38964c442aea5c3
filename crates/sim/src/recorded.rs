//! Replays saved replies.
//!
//! A [`Recording`] answers each operation with the saved reply of the same name and slots. The saved root element is replaced by one with
//! the request's attributes, so that the message id is right. The namespaces of the saved root are kept, because the payload needs
//! them. Everything inside is sent unchanged. Files may be compressed (`.xml.zst`).

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use quick_xml::{Reader, events::Event};

use crate::{
    error::Error,
    operation::{Operation, local},
    render::{declares, rpc_error},
};

/// The size limit of a saved reply, in bytes.
const MAX_REPLY_BYTES: u64 = 256 * 1024 * 1024;

/// The arguments that distinguish requests with the same name.
const SLOTS: [&str; 2] = ["fpc-slot", "pic-slot"];

/// The saved replies of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// In any order; the first that fits is taken.
    pub replies: Vec<RecordedReply>,
}

/// One saved reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReply {
    /// XML of the operation that this answers: `<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>0</pic-slot></get-pic-detail>`. Its name,
    /// `fpc-slot` and `pic-slot` decide.
    pub operation: String,
    /// The reply: `.xml` or `.xml.zst`.
    pub path: PathBuf,
}

/// A recording with parsed operations.
#[derive(Debug)]
pub(crate) struct ReplayedDevice(Vec<(Operation, PathBuf)>);

impl ReplayedDevice {
    pub(crate) fn new(device: &str, recording: &Recording) -> Result<Self, Error> {
        let read = |reply: &RecordedReply| match Operation::parse(&reply.operation) {
            Ok(operation) => Ok((operation, reply.path.clone())),
            Err(reason) => Err(Error::Operation {
                device: device.to_owned(),
                operation: reply.operation.clone(),
                reason,
            }),
        };
        let replies: Result<_, _> = recording.replies.iter().map(read).collect();
        replies.map(Self)
    }

    /// The reply to a request. An operation without a saved reply, and a file that cannot be read, are the request's error.
    pub(crate) fn reply(&self, attributes: &str, operation: &str) -> Vec<u8> {
        let payload = match Operation::parse(operation) {
            Err(reason) => Err(rpc_error(&format!("syntax error: {reason}"), None)),
            Ok(asked) => match self
                .0
                .iter()
                .find(|(saved, _)| is_same_request(saved, &asked))
            {
                None => Err(rpc_error("syntax error", Some(&asked.name))),
                Some((_, path)) => load(path).map_err(|error| {
                    rpc_error(&format!("no saved reply: {error}"), Some(&asked.name))
                }),
            },
        };
        match payload {
            Ok(saved) => with_attributes(&saved, attributes),
            Err(error) => with_attributes(error.as_bytes(), attributes),
        }
    }
}

fn is_same_request(saved: &Operation, asked: &Operation) -> bool {
    let same = |slot: &&str| saved.argument(slot) == asked.argument(slot);
    saved.name == asked.name && SLOTS.iter().all(same)
}

fn load(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let source: Box<dyn Read> = if is_compressed {
        Box::new(zstd::stream::read::Decoder::new(file)?)
    } else {
        Box::new(file)
    };
    let mut bytes = Vec::new();
    source.take(MAX_REPLY_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_REPLY_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 256 MiB",
        ));
    }
    Ok(bytes)
}

/// The saved reply in a root with these attributes. What has no `rpc-reply` around it gets one.
fn with_attributes(saved: &[u8], attributes: &str) -> Vec<u8> {
    let saved = saved.strip_prefix(b"\xef\xbb\xbf").unwrap_or(saved);
    let root = str::from_utf8(saved).ok().and_then(SavedRoot::find);
    let (namespaces, content) = match &root {
        Some(root) => (root.namespaces.as_slice(), root.content),
        None => (&[][..], saved),
    };
    let mut reply = b"<rpc-reply".to_vec();
    let attributes = attributes.trim();
    for (name, value) in namespaces {
        if !declares(attributes, name) {
            reply.extend_from_slice(format!(" {name}=\"{value}\"").as_bytes());
        }
    }
    if !attributes.is_empty() {
        reply.push(b' ');
        reply.extend_from_slice(attributes.as_bytes());
    }
    reply.push(b'>');
    reply.extend_from_slice(content);
    reply.extend_from_slice(b"</rpc-reply>");
    reply
}

/// Where a saved reply's own root is.
struct SavedRoot<'a> {
    /// Namespace declarations, as written.
    namespaces: Vec<(String, String)>,
    /// What is inside.
    content: &'a [u8],
}

impl<'a> SavedRoot<'a> {
    /// Finds the root; `None` if the text has none, or a root of another name (then without its XML declaration).
    fn find(saved: &'a str) -> Option<Self> {
        let mut reader = Reader::from_str(saved);
        let mut declaration_end = 0;
        loop {
            let event = reader.read_event().ok()?;
            let after = usize::try_from(reader.buffer_position()).ok()?;
            match event {
                Event::Decl(_) => declaration_end = after,
                Event::Start(start) if local(start.name().as_ref()) == "rpc-reply" => {
                    let attributes = start.attributes().flatten();
                    let declarations = attributes.filter_map(|attribute| {
                        let name = attribute.key.as_ref();
                        let is_namespace = name == "xmlns" || name.starts_with("xmlns:");
                        is_namespace.then(|| (name.to_owned(), attribute.value.to_string()))
                    });
                    let namespaces = declarations.collect();
                    // A reply that was cut short keeps what it has.
                    let end = saved
                        .rfind("</")
                        .filter(|end| saved[*end..].contains("rpc-reply"));
                    let content = saved.get(after..end.unwrap_or(saved.len()))?;
                    return Some(Self {
                        namespaces,
                        content: content.as_bytes(),
                    });
                }
                Event::Start(_) | Event::Empty(_) => {
                    let content = saved.get(declaration_end..)?;
                    return Some(Self {
                        namespaces: Vec::new(),
                        content: content.as_bytes(),
                    });
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(saved: &str, attributes: &str) -> String {
        String::from_utf8(with_attributes(saved.as_bytes(), attributes)).unwrap()
    }

    #[test]
    fn the_requests_attributes_take_the_place_of_the_saved_ones() {
        let saved = "<?xml version=\"1.0\"?>\n<rpc-reply xmlns:junos=\"urn:j\" xmlns=\"urn:n\" message-id=\"old\">\n<a junos:b=\"c\"/>\n</rpc-reply>\n";
        assert_eq!(
            text(saved, "message-id=\"new\" xmlns=\"urn:m\""),
            "<rpc-reply xmlns:junos=\"urn:j\" message-id=\"new\" xmlns=\"urn:m\">\n<a junos:b=\"c\"/>\n</rpc-reply>"
        );
    }

    #[test]
    fn a_bare_payload_gets_a_root() {
        let saved = "\u{feff}<?xml version=\"1.0\"?><!-- kept --><system-information/>";
        assert_eq!(
            text(saved, "message-id=\"1\""),
            "<rpc-reply message-id=\"1\"><!-- kept --><system-information/></rpc-reply>"
        );
    }

    #[test]
    fn the_slots_choose_between_replies_of_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let detail = |pic: u32| {
            let path = folder.path().join(format!("{pic}.xml"));
            std::fs::write(&path, format!("<rpc-reply><pic>{pic}</pic></rpc-reply>")).unwrap();
            RecordedReply {
                operation: format!(
                    "<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>{pic}</pic-slot></get-pic-detail>"
                ),
                path,
            }
        };
        let replies = vec![detail(0), detail(1)];
        let player = ReplayedDevice::new("box", &Recording { replies }).unwrap();
        let ask = |operation: &str| {
            String::from_utf8(player.reply("message-id=\"9\"", operation)).unwrap()
        };
        let reply =
            ask("<get-pic-detail><pic-slot>1</pic-slot><fpc-slot>0</fpc-slot></get-pic-detail>");
        assert_eq!(
            reply,
            "<rpc-reply message-id=\"9\"><pic>1</pic></rpc-reply>"
        );
        assert!(ask("<get-pic-detail/>").contains("<rpc-error>"));
        assert!(ask("<get-other/>").contains("<bad-element>get-other</bad-element>"));
    }

    #[test]
    fn compressed_replies_are_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reply.xml.zst");
        std::fs::write(
            &path,
            zstd::encode_all(&b"<rpc-reply><a/></rpc-reply>"[..], 0).unwrap(),
        )
        .unwrap();
        let operation = "<get-a/>".to_owned();
        let replies = vec![RecordedReply { operation, path }];
        let player = ReplayedDevice::new("box", &Recording { replies }).unwrap();
        assert_eq!(player.reply("", "<get-a/>"), b"<rpc-reply><a/></rpc-reply>");
    }
}
