//! The `netconf` crate's sessions with OpenSSH and netconfd, one feature at a time.

use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use netconf::ssh::{
    Connection, Connector, Credentials, Endpoint, Hop, HostKeyError, HostKeyPolicy, Method, Route,
    Target,
};
use netconf::{Error, Framing, Options, Session, Timeouts};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{ChildStdout, Command};

use crate::harness::{NetconfServer, Python, Setup, SshAgent, generate_key, judge};

const GET_CONFIG: &str = "<get-config><source><running/></source></get-config>";
const GET_SCHEMA: &str = "<get-schema xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring\">\
    <identifier>lab-large</identifier></get-schema>";

fn target(server: &NetconfServer, method: Method) -> Target {
    let endpoint = Endpoint {
        host: "127.0.0.1".to_owned(),
        port: server.port,
    };
    let credentials = Credentials {
        user: server.user.to_owned(),
        methods: vec![method],
    };
    let known_hosts = server.known_hosts().into();
    Target::new(endpoint, credentials, HostKeyPolicy::Strict { known_hosts })
}

fn key(path: PathBuf) -> Method {
    Method::KeyFile {
        path,
        passphrase: None,
    }
}

/// Waits longer than one would: these servers share the machine with all that tests it.
fn connector() -> Connector {
    let long = std::time::Duration::from_secs(60);
    Connector::new(Options {
        timeouts: Timeouts {
            version_exchange: long,
            key_exchange: long,
            authentication: long,
            hello: long,
            ..Timeouts::default()
        },
        ..Options::default()
    })
}

/// Asks for something and takes leave.
async fn converse(mut connection: Connection) {
    for _ in 0..2 {
        let reply = connection.request(GET_CONFIG).await.unwrap();
        assert!(reply.errors.is_empty(), "{:?}", reply.errors);
        assert!(reply.bytes.ends_with(b"</rpc-reply>"));
    }
    connection.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn every_way_to_log_in_leads_to_a_session_in_both_framings() {
    let server = NetconfServer::start();
    let connector = connector();
    let agent = SshAgent::with_key(&server.new_user_key("ecdsa", ""));
    let methods = [
        Method::Password(server.password.as_str().into()),
        Method::KeyboardInteractive(server.password.as_str().into()),
        key(server.user_key()),
        key(server.new_user_key("rsa", "")),
        Method::KeyFile {
            path: server.new_user_key("ed25519", "sesame"),
            passphrase: Some("sesame".into()),
        },
        Method::Agent {
            socket: Some(agent.socket.clone()),
            only: Vec::new(),
        },
    ];
    for method in methods {
        for offer in [Framing::EndOfMessage, Framing::Chunked] {
            let mut target = target(&server, method.clone());
            target.offer = Some(offer);
            let connection = connector.connect(&target).await;
            let connection = connection.unwrap_or_else(|error| panic!("{method:?}: {error}"));
            assert_eq!(connection.framing(), offer);
            converse(connection).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn a_large_schema_is_byte_for_byte_what_ncclient_gets() {
    let server = NetconfServer::start_with(Setup {
        has_large_module: true,
        ..Setup::default()
    });
    let file = server.folder().join("ncclient.xml");
    let (port, key_path) = (server.port.to_string(), server.user_key());
    let (key_text, file_text) = (key_path.to_str().unwrap(), file.to_str().unwrap());
    judge(
        Python::Readers,
        "get_schema.py",
        &[
            "127.0.0.1",
            &port,
            server.user,
            key_text,
            "lab-large",
            file_text,
        ],
    );
    let theirs = std::fs::read(&file).unwrap();
    let theirs = data(&theirs);
    assert!(theirs.len() > 800_000, "{}", theirs.len());

    let connector = connector();
    for offer in [Framing::EndOfMessage, Framing::Chunked] {
        let mut target = target(&server, key(server.user_key()));
        target.offer = Some(offer);
        let mut connection = connector.connect(&target).await.unwrap();
        let reply = connection.request(GET_SCHEMA).await.unwrap();
        assert!(reply.errors.is_empty(), "{:?}", reply.errors);
        assert!(data(&reply.bytes) == theirs, "{offer:?}: the bytes differ");
        connection.close().await.unwrap();
    }
    let chunks = chunks_of_schema(&server).await;
    assert!(chunks > 200, "the reply came in {chunks} chunks");
}

/// The data of a reply: what does not depend on the request's id.
fn data(reply: &[u8]) -> &[u8] {
    let text = str::from_utf8(reply).unwrap();
    let (begin, end) = (text.find("<data").unwrap(), text.rfind("</data>").unwrap());
    &reply[begin..end]
}

/// What OpenSSH's own client gives out, with a copy of it.
struct Tee {
    output: ChildStdout,
    copy: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Tee {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.output).poll_read(cx, buf);
        let mut copy = self.copy.lock().unwrap();
        copy.extend_from_slice(&buf.filled()[before..]);
        result
    }
}

/// In how many chunks the schema comes, asked over OpenSSH's own client.
async fn chunks_of_schema(server: &NetconfServer) -> usize {
    let known_hosts = server.known_hosts();
    let mut ssh = Command::new("ssh")
        .args(["-F", "none", "-T", "-i"])
        .arg(server.user_key())
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", known_hosts.display()))
        .args(["-p", &server.port.to_string(), "-l", server.user])
        .args(["127.0.0.1", "-s", "netconf"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let copy = Arc::new(Mutex::new(Vec::new()));
    let output = Tee {
        output: ssh.stdout.take().unwrap(),
        copy: copy.clone(),
    };
    let stream = tokio::io::join(output, ssh.stdin.take().unwrap());
    let options = Options {
        offer: Framing::Chunked,
        ..Options::default()
    };
    let mut session = Session::start(stream, &options).await.unwrap();
    session.request(GET_SCHEMA).await.unwrap();
    let copy = copy.lock().unwrap();
    let headers = copy.split(|byte| *byte == b'\n').filter(|line| {
        let digits = line.strip_prefix(b"#").unwrap_or_default();
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    });
    headers.count()
}

#[tokio::test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn jump_hosts_and_a_proxy_command_lead_to_the_device() {
    let server = NetconfServer::start();
    let connector = connector();
    let direct = target(&server, key(server.user_key()));
    let hop = Hop {
        endpoint: direct.endpoint.clone(),
        credentials: direct.credentials.clone(),
        host_keys: direct.host_keys.clone(),
        legacy: false,
    };
    for hops in [vec![hop.clone()], vec![hop.clone(), hop]] {
        let through = Target {
            route: Route::Jump(hops),
            ..direct.clone()
        };
        let both = tokio::join!(connector.connect(&through), connector.connect(&through));
        converse(both.0.unwrap()).await;
        converse(both.1.unwrap()).await;
    }

    let command = |user: &str| {
        format!(
            "ssh -F none -o BatchMode=yes -i {} -o UserKnownHostsFile={} -W %h:%p -p %p {user}@%h",
            server.user_key().display(),
            server.known_hosts().display()
        )
    };
    let mut through = Target {
        route: Route::ProxyCommand(command("%r")),
        ..direct
    };
    converse(connector.connect(&through).await.unwrap()).await;
    through.route = Route::ProxyCommand(command("no-such-user"));
    let error = connector.connect(&through).await.unwrap_err().to_string();
    assert!(error.contains("Permission denied"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn a_hundred_sessions_at_once() {
    let server = NetconfServer::start();
    let connector = Arc::new(connector());
    let target = Arc::new(target(&server, key(server.user_key())));
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (connector, target) = (connector.clone(), target.clone());
        opening.spawn(async move { connector.connect(&target).await });
    }
    let mut open = Vec::new();
    while let Some(connection) = opening.join_next().await {
        open.push(connection.unwrap().unwrap());
    }
    let ids: std::collections::BTreeSet<_> = open.iter().map(|one| one.peer().session_id).collect();
    assert_eq!(ids.len(), 100, "each is a session of its own");
    let mut talking = tokio::task::JoinSet::new();
    for connection in open {
        talking.spawn(converse(connection));
    }
    while let Some(done) = talking.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn an_unknown_host_key_is_refused_and_a_changed_one_named() {
    let server = NetconfServer::start();
    let connector = connector();
    let mut target = target(&server, key(server.user_key()));
    converse(connector.connect(&target).await.unwrap()).await;

    let other = server.folder().join("other_hosts");
    std::fs::write(&other, "# nobody\n").unwrap();
    target.host_keys = HostKeyPolicy::Strict {
        known_hosts: other.clone().into(),
    };
    let error = connector.connect(&target).await.unwrap_err();
    let Error::HostKey { cause, .. } = &error else {
        panic!("{error}")
    };
    assert!(matches!(**cause, HostKeyError::Unknown { .. }), "{error}");

    let another = server.folder().join("another");
    generate_key(&another, "ed25519", "");
    let public = std::fs::read_to_string(another.with_extension("pub")).unwrap();
    let line = format!("# nobody\n[127.0.0.1]:{} {public}", server.port);
    std::fs::write(&other, line).unwrap();
    let error = connector.connect(&target).await.unwrap_err().to_string();
    let place = format!("{} line 2", other.display());
    assert!(
        error.contains("CHANGED") && error.contains(&place),
        "{error}"
    );
}

#[tokio::test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
async fn an_old_server_needs_legacy_and_the_error_says_so() {
    let server = NetconfServer::start_with(Setup {
        // It announces SHA-2 signatures of users' RSA keys whatever it is told to accept, which a really old one does not know,
        // so signing with SHA-1 is no part of this.
        sshd: "KexAlgorithms diffie-hellman-group14-sha1\nHostKeyAlgorithms ssh-rsa\nCiphers aes128-cbc\nMACs hmac-sha1\n",
        host_key: "rsa",
        ..Setup::default()
    });
    let connector = connector();
    let mut target = target(&server, key(server.new_user_key("rsa", "")));
    let error = connector.connect(&target).await.unwrap_err();
    assert!(matches!(error, Error::Handshake { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("SSH key exchange") && text.contains("set `legacy` to true"),
        "{text}"
    );
    target.legacy = true;
    converse(connector.connect(&target).await.unwrap()).await;
}
