//! The events of a connection: which there are, and that none holds a secret or the text of a reply.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod device;
mod test_server;

use std::io;
use std::sync::{Arc, Mutex};

use netconf::Options;
use netconf::ssh::{Connector, HostKeyPolicy, Method, Target};
use russh::MethodKind;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use device::{endpoint, user};
use test_server::TestServer;

/// Collects the lines of a subscriber.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_session_is_told_in_steps_without_secrets_and_replies() {
    let server = TestServer::with(&[MethodKind::Password, MethodKind::KeyboardInteractive]);
    let address = server.open().await;
    let folder = tempfile::tempdir().unwrap();
    let known_hosts = folder.path().join("known_hosts");
    let policy = HostKeyPolicy::AcceptNew {
        known_hosts: known_hosts.into(),
    };
    let methods = vec![
        Method::Password("hunter2".into()),
        Method::KeyboardInteractive("right".into()),
    ];
    let target = Target::new(endpoint(address), user(methods), policy);

    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let connector = Connector::new(Options::default());
    for _ in 0..2 {
        let mut connection = connector.connect(&target).await.unwrap();
        let operation = "<get-secret><passphrase>sesame</passphrase></get-secret>";
        connection.request(operation).await.unwrap();
        connection.close().await.unwrap();
    }
    drop(guard);
    assert_eq!(server.seen(), ["password hunter2", "right", "right"]);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let expected = [
        "TCP connected",
        "keys exchanged",
        "key_exchange=",
        "host key of a new host added",
        "host key accepted",
        "line=1",
        "the device listed its authentication methods",
        "trying an authentication method method=\"password\"",
        "attempt=password was refused",
        "attempt=password was not tried",
        "logged in user=\"lab\"",
        "hellos exchanged capabilities=1 session_id=1",
        "operation=\"get-secret\"",
        "request sent message_id=1",
        "reply received message_id=1",
        "message written",
        "operation=\"close-session\"",
        "connection closed",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    let span = format!("connection{{peer={address}}}");
    let ours = text.lines().filter(|line| line.contains(" netconf::"));
    for line in ours.clone() {
        assert!(line.contains(&span), "no span of the connection: {line}");
    }
    assert!(ours.count() > 20, "{text}");
    for secret in ["hunter2", "right", "sesame", "passphrase", "<ok/>"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
}
