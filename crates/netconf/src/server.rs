//! The server side of a NETCONF session, for simulators and tests.
//!
//! The caller pulls the next request and decides what to send and when, so that it can put a delay, a cut or garbage between
//! any two steps. The server knows no operation, not even `close-session`: it returns each one to the caller as it came.
//!
//! There are no deadlines: a caller that needs one wraps the call.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::framing::{self, Decoder, Framing, FramingError};
use crate::hello::Hello;
use crate::message;
use crate::text::excerpt;

/// The size limit of a request, in bytes.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// A reply is written in pieces of about this size, in bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// Why the server side of a session ended.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The stream failed.
    #[error("the stream failed: {0}")]
    Stream(#[from] std::io::Error),
    /// The client's framing is wrong.
    #[error("the client's framing is wrong: {0}")]
    Framing(#[from] FramingError),
    /// The client's first message is no hello, or ours is none.
    #[error("the hello is wrong: {0}")]
    Hello(String),
    /// The client sent something other than an `<rpc>`.
    #[error("the client sent no rpc: {0}")]
    Request(String),
    /// The client disconnected in the middle of a message.
    #[error("the client left in the middle of a message that begins \"{head}\"")]
    Cut {
        /// The first bytes of the message, escaped.
        head: String,
    },
}

/// The server side of one session.
#[derive(Debug)]
pub struct ServerSession<S> {
    stream: S,
    decoder: Decoder,
    /// The framing of replies.
    framing: Framing,
    client: Hello,
}

/// A received request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingRpc {
    /// The attributes of the `<rpc>` element, as written, `message-id` and namespaces included: RFC 6241, section 4.2,
    /// wants them on the reply.
    pub attributes: String,
    /// The XML inside the `<rpc>` element, trimmed.
    pub operation: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> ServerSession<S> {
    /// Sends `hello_xml` (a whole message without framing; comments in front are sent too), reads the client's hello
    /// and takes the framing that follows from the two: chunks if both announce `base:1.1`.
    ///
    /// # Errors
    ///
    /// If the stream fails or ends, or if either hello cannot be read.
    pub async fn start(stream: S, hello_xml: &str) -> Result<Self, ServerError> {
        let ours = Hello::parse(hello_xml.as_bytes()).map_err(ServerError::Hello)?;
        let mut server = Self {
            stream,
            decoder: Decoder::new(MAX_REQUEST_BYTES),
            framing: Framing::EndOfMessage,
            client: Hello::default(),
        };
        server.reply(hello_xml.as_bytes()).await?;
        let Some(theirs) = server.next_message().await? else {
            return Err(ServerError::Hello("the client left without one".to_owned()));
        };
        server.client = Hello::parse(&theirs).map_err(ServerError::Hello)?;
        server.framing = ours.framing_with(&server.client);
        server.decoder.set_framing(server.framing);
        Ok(server)
    }

    /// What the client announced.
    pub fn client(&self) -> &Hello {
        &self.client
    }

    /// The framing of replies.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Overrides the framing of replies, as faulty devices do. Requests are still read in the agreed framing.
    pub fn set_reply_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Waits for the next request; `None` when the client has disconnected. `close-session` is a request like any other.
    ///
    /// Safe to cancel: what has arrived is kept.
    ///
    /// # Errors
    ///
    /// If the stream fails, or what came is no request.
    pub async fn next_request(&mut self) -> Result<Option<IncomingRpc>, ServerError> {
        match self.next_message().await? {
            Some(message) => IncomingRpc::parse(&message)
                .map(Some)
                .map_err(ServerError::Request),
            None => Ok(None),
        }
    }

    /// Frames and sends one message.
    ///
    /// # Errors
    ///
    /// If the stream fails.
    pub async fn reply(&mut self, message: &[u8]) -> Result<(), ServerError> {
        // The end of the message goes into the same write as its last bytes: over SSH each write is a packet.
        let mut pieces = Vec::with_capacity(message.len().min(WRITE_BYTES) + 64);
        for piece in framing::encode(message, self.framing) {
            for part in piece.chunks(WRITE_BYTES) {
                pieces.extend_from_slice(part);
                if pieces.len() >= WRITE_BYTES {
                    self.stream.write_all(&pieces).await?;
                    pieces.clear();
                }
            }
        }
        self.stream.write_all(&pieces).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Sends bytes without framing, for truncated replies and garbage.
    ///
    /// # Errors
    ///
    /// If the stream fails.
    pub async fn send_unframed(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Shuts the stream down for sending; the client sees the end of the session.
    ///
    /// # Errors
    ///
    /// If the stream fails.
    pub async fn close(mut self) -> Result<(), ServerError> {
        self.stream.shutdown().await?;
        Ok(())
    }

    async fn next_message(&mut self) -> Result<Option<Vec<u8>>, ServerError> {
        loop {
            if let Some(message) = self.decoder.next_message()? {
                return Ok(Some(message));
            }
            if self.stream.read_buf(self.decoder.room()).await? == 0 {
                let head = self.decoder.pending_head();
                return if head.iter().all(u8::is_ascii_whitespace) {
                    Ok(None)
                } else {
                    let head = excerpt(head);
                    Err(ServerError::Cut { head })
                };
            }
        }
    }
}

impl IncomingRpc {
    fn parse(message: &[u8]) -> Result<Self, String> {
        let root = message::root(message)?;
        let found = || {
            let found = excerpt(message);
            format!("expected <rpc>, found \"{found}\"")
        };
        if root.local_name != "rpc" {
            return Err(found());
        }
        let attributes = root.attributes.to_owned();
        let inside = message.get(root.content..).unwrap_or_default();
        let inside = str::from_utf8(inside).map_err(|e| format!("the rpc is not UTF-8: {e}"))?;
        let operation = match inside.rfind("</") {
            _ if root.is_empty => "",
            Some(end) => inside.get(..end).unwrap_or_default().trim(),
            None => return Err(found()),
        };
        Ok(Self {
            attributes,
            operation: operation.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    const HELLO: &str = "<!-- a comment first --><hello xmlns=\"x\"><capabilities>\
        <capability>urn:ietf:params:netconf:base:1.0</capability>\
        <capability>urn:ietf:params:netconf:base:1.1</capability>\
        </capabilities><session-id>7</session-id></hello>";

    async fn exchange(client_sends: &str) -> (ServerSession<tokio::io::DuplexStream>, Vec<u8>) {
        let (near, mut far) = duplex(1 << 20);
        far.write_all(client_sends.as_bytes()).await.unwrap();
        let server = ServerSession::start(near, HELLO).await.unwrap();
        let mut sent = vec![0; HELLO.len() + 6];
        far.read_exact(&mut sent).await.unwrap();
        drop(far);
        (server, sent)
    }

    fn hello_of_client(framing: Framing) -> String {
        format!("{}]]>]]>", Hello::of_client(framing).to_xml())
    }

    #[tokio::test]
    async fn the_hello_is_sent_as_given_and_requests_come_as_written() {
        let requests = concat!(
            "<?xml version=\"1.0\"?>\n<nc:rpc xmlns:nc=\"urn:x\" message-id=\"urn:uuid:1\">\n <get-x/>\n</nc:rpc>]]>]]>",
            "<rpc message-id='2'><a b=\"c\"><d/></a></rpc>]]>]]>\n<rpc message-id=\"3\"/>]]>]]>"
        );
        let client = hello_of_client(Framing::EndOfMessage) + requests;
        let (mut server, sent) = exchange(&client).await;
        assert_eq!(sent, format!("{HELLO}]]>]]>").into_bytes());
        let mut seen = Vec::new();
        while let Some(request) = server.next_request().await.unwrap() {
            seen.push((request.attributes, request.operation));
        }
        let expected = [
            ("xmlns:nc=\"urn:x\" message-id=\"urn:uuid:1\"", "<get-x/>"),
            ("message-id='2'", "<a b=\"c\"><d/></a>"),
            ("message-id=\"3\"", ""),
        ];
        assert_eq!(seen, expected.map(|(a, o)| (a.to_owned(), o.to_owned())));
    }

    #[tokio::test]
    async fn chunks_are_spoken_only_if_both_announce_them() {
        let (server, _) = exchange(&hello_of_client(Framing::EndOfMessage)).await;
        assert_eq!(server.framing(), Framing::EndOfMessage);
        let client = hello_of_client(Framing::Chunked) + "\n#9\n<rpc><a/>\n#6\n</rpc>\n##\n";
        let (mut server, _) = exchange(&client).await;
        assert_eq!(server.framing(), Framing::Chunked);
        let request = server.next_request().await.unwrap().unwrap();
        assert_eq!(request.operation, "<a/>");
        assert_eq!(server.next_request().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_client_that_leaves_in_mid_request_is_an_error() {
        let client = hello_of_client(Framing::EndOfMessage) + "<rpc><a/>";
        let (mut server, _) = exchange(&client).await;
        let error = server.next_request().await.unwrap_err();
        assert!(error.to_string().contains("<rpc><a/>"), "{error}");
    }

    #[tokio::test]
    async fn something_other_than_a_request_is_named() {
        let client = hello_of_client(Framing::EndOfMessage) + "<ping/>]]>]]>";
        let (mut server, _) = exchange(&client).await;
        let error = server.next_request().await.unwrap_err();
        assert!(error.to_string().contains("found \"<ping/>\""), "{error}");
    }
}
