//! The way from an address to a session, against an SSH server in this process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod device;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netconf::ssh::{Credentials, Endpoint, HostKeyError, HostKeyPolicy, Method, Target, connect};
use netconf::{Error, Options, Phase, Timeouts};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use device::{endpoint, serve_netconf, user};

fn new_key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), algorithm).unwrap()
}

/// What the device does once a client is in.
#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Answers,
    HasNoNetconf,
    HangsUpAtLogin,
}

/// One client of the device.
struct Device {
    behaviour: Behaviour,
    trusted: Option<PublicKey>,
    channel: Option<Channel<Msg>>,
}

impl russh::server::Handler for Device {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        if self.behaviour == Behaviour::HangsUpAtLogin {
            return Err(russh::Error::Disconnect);
        }
        Ok(if (user, password) == ("lab", "right") {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn auth_publickey(
        &mut self,
        _: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let trusted = self.trusted.as_ref().map(PublicKey::key_data);
        let is_trusted = trusted == Some(key.public_key.key_data());
        Ok(if is_trusted {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name != "netconf" || self.behaviour == Behaviour::HasNoNetconf {
            return session.channel_failure(id);
        }
        session.channel_success(id)?;
        if let Some(channel) = self.channel.take() {
            serve_netconf(channel, |operation| {
                (operation != "<silence/>").then(|| operation.to_owned())
            });
        }
        Ok(())
    }
}

/// A running device, and a folder for keys and `known_hosts`.
struct Lab {
    address: SocketAddr,
    host_key: PublicKey,
    user_key: PrivateKey,
    folder: TempDir,
}

async fn lab(behaviour: Behaviour) -> Lab {
    let user_key = new_key(Algorithm::Ed25519);
    lab_with(behaviour, new_key(Algorithm::Ed25519), user_key).await
}

async fn lab_with(behaviour: Behaviour, host_key: PrivateKey, user_key: PrivateKey) -> Lab {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lab = Lab {
        address,
        host_key: host_key.public_key().clone(),
        folder: TempDir::new().unwrap(),
        user_key,
    };
    let trusted = lab.user_key.public_key().clone();
    let config = Arc::new(russh::server::Config {
        keys: vec![host_key],
        auth_rejection_time: Duration::ZERO,
        ..Default::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let device = Device {
                behaviour,
                trusted: Some(trusted.clone()),
                channel: None,
            };
            let config = config.clone();
            tokio::spawn(async move {
                if let Ok(session) = russh::server::run_stream(config, stream, device).await {
                    drop(session.await);
                }
            });
        }
    });
    lab
}

impl Lab {
    fn endpoint(&self) -> Endpoint {
        endpoint(self.address)
    }

    fn key_file(&self) -> Method {
        let path = self.folder.path().join("id");
        let text = self.user_key.to_openssh(Default::default()).unwrap();
        std::fs::write(&path, text.as_bytes()).unwrap();
        Method::KeyFile {
            path,
            passphrase: None,
        }
    }

    /// Trusts what this `known_hosts` file says.
    fn trusts(&self, known_hosts: &str) -> HostKeyPolicy {
        let path = self.folder.path().join("known_hosts");
        std::fs::write(&path, known_hosts).unwrap();
        HostKeyPolicy::Strict {
            known_hosts: path.into(),
        }
    }

    fn known_as(&self, key: &PublicKey) -> String {
        format!(
            "[127.0.0.1]:{} {}\n",
            self.address.port(),
            key.to_openssh().unwrap()
        )
    }
}

fn password(password: &str) -> Method {
    Method::Password(password.into())
}

/// Deadlines short enough to wait for.
fn impatient() -> Options {
    let short = Duration::from_millis(300);
    Options {
        timeouts: Timeouts {
            version_exchange: short,
            key_exchange: short,
            first_byte: short,
            close: short,
            ..Timeouts::default()
        },
        ..Options::default()
    }
}

#[tokio::test]
async fn a_password_and_a_known_host_key_lead_to_a_session() {
    let lab = lab(Behaviour::Answers).await;
    let policy = lab.trusts(&lab.known_as(&lab.host_key));
    let credentials = user(vec![password("right")]);
    let options = Options::default();
    let mut connection = connect(&target(&lab.endpoint(), &credentials, &policy), &options)
        .await
        .unwrap();
    assert_eq!(connection.peer().session_id, Some(1));
    let reply = connection.request("<ok/>").await.unwrap();
    assert!(reply.bytes.ends_with(b"<ok/></rpc-reply>"));
    let large = format!("<a>{}</a>", "x".repeat(3_000_000));
    let reply = connection.request(&large).await.unwrap();
    assert!(reply.bytes.len() > 3_000_000);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn each_type_of_key_logs_in_after_a_method_that_fails() {
    let curve = EcdsaCurve::NistP256;
    let rsa = Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    };
    for algorithm in [Algorithm::Ed25519, Algorithm::Ecdsa { curve }, rsa] {
        let host_key = new_key(algorithm.clone());
        let lab = lab_with(Behaviour::Answers, host_key, new_key(algorithm)).await;
        let missing = Method::KeyFile {
            path: lab.folder.path().join("none"),
            passphrase: None,
        };
        let credentials = user(vec![missing, password("wrong"), lab.key_file()]);
        let policy = lab.trusts(&lab.known_as(&lab.host_key));
        let connection = connect(
            &target(&lab.endpoint(), &credentials, &policy),
            &Options::default(),
        )
        .await;
        connection.unwrap().close().await.unwrap();
    }
}

fn target(endpoint: &Endpoint, credentials: &Credentials, host_keys: &HostKeyPolicy) -> Target {
    Target::new(endpoint.clone(), credentials.clone(), host_keys.clone())
}

async fn refused(lab: &Lab, credentials: &Credentials, policy: &HostKeyPolicy) -> Error {
    connect(&target(&lab.endpoint(), credentials, policy), &impatient())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn nobody_is_let_in_with_the_wrong_credentials_and_each_attempt_is_listed() {
    let lab = lab(Behaviour::Answers).await;
    let missing = Method::KeyFile {
        path: lab.folder.path().join("none"),
        passphrase: None,
    };
    let credentials = user(vec![missing.clone(), password("wrong")]);
    let error = refused(&lab, &credentials, &HostKeyPolicy::Off).await;
    assert_eq!(error.phase(), Phase::Authentication);
    assert!(matches!(error, Error::Authentication { .. }) && !error.is_transient());
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{}: authentication, after ", lab.address))
            && text.contains("user \"lab\" was not let in: key file"),
        "{text}"
    );
    assert!(text.contains("none cannot be used: No such file"), "{text}");
    assert!(
        text.contains("password was refused (the device accepts: "),
        "{text}"
    );
    assert!(!text.contains("wrong"), "{text}");

    for methods in [vec![missing], vec![]] {
        let error = refused(&lab, &user(methods), &HostKeyPolicy::Off).await;
        assert!(
            matches!(error, Error::Credentials { .. }),
            "nothing was offered: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_host_gets_no_password() {
    let lab = lab(Behaviour::Answers).await;
    let error = refused(&lab, &user(vec![password("right")]), &lab.trusts("")).await;
    assert_eq!(error.phase(), Phase::HostKey);
    let fingerprint = lab.host_key.fingerprint(HashAlg::Sha256).to_string();
    assert!(error.to_string().contains(&fingerprint), "{error}");
}

#[tokio::test]
async fn a_changed_host_key_names_file_and_line() {
    let lab = lab(Behaviour::Answers).await;
    let other = new_key(Algorithm::Ed25519);
    let known_hosts = format!("# before\n{}", lab.known_as(other.public_key()));
    let error = refused(
        &lab,
        &user(vec![password("right")]),
        &lab.trusts(&known_hosts),
    )
    .await;
    let is_changed = matches!(&error, Error::HostKey { cause, .. }
        if matches!(**cause, HostKeyError::Changed { line: 2, .. }));
    assert!(is_changed, "{error:?}");
    let file = lab.folder.path().join("known_hosts");
    assert!(
        error
            .to_string()
            .contains(&format!("{} line 2", file.display())),
        "{error}"
    );
}

#[tokio::test]
async fn a_new_host_is_accepted_once_if_so_wished() {
    let lab = lab(Behaviour::Answers).await;
    let known_hosts = lab.folder.path().join("known_hosts");
    let policy = HostKeyPolicy::AcceptNew {
        known_hosts: known_hosts.clone().into(),
    };
    for _ in 0..2 {
        let credentials = user(vec![password("right")]);
        let connection = connect(
            &target(&lab.endpoint(), &credentials, &policy),
            &Options::default(),
        )
        .await;
        connection.unwrap().close().await.unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&known_hosts).unwrap(),
        lab.known_as(&lab.host_key)
    );
}

#[tokio::test]
async fn a_closed_port_is_told_from_a_silent_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let credentials = user(vec![password("right")]);
    let started = Instant::now();
    let off = HostKeyPolicy::Off;
    let silent = connect(
        &target(&endpoint(address), &credentials, &off),
        &impatient(),
    )
    .await
    .unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(matches!(silent, Error::Timeout { .. }), "{silent:?}");
    assert_eq!(silent.phase(), Phase::VersionExchange);
    assert!(
        silent.to_string().contains("within 0.30 s (0 bytes"),
        "{silent}"
    );

    drop(listener);
    let closed = connect(
        &target(&endpoint(address), &credentials, &off),
        &impatient(),
    )
    .await
    .unwrap_err();
    assert!(matches!(closed, Error::Connect { .. }) && closed.is_transient());
    assert!(
        closed
            .to_string()
            .starts_with(&format!("{address}: connect, after 0.00 s: cannot connect")),
        "{closed}"
    );
}

/// Waits until what a dropped connection leaves has ended, which takes the runtime a turn or two.
async fn tasks_left(at_most: usize) -> usize {
    let metrics = tokio::runtime::Handle::current().metrics();
    for _ in 0..100 {
        if metrics.num_alive_tasks() <= at_most {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    metrics.num_alive_tasks()
}

#[tokio::test]
async fn a_device_of_ssh_1_is_named_at_once_whether_it_waits_or_leaves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let line = b"Authorised users only\r\nSSH-1.5-Cisco-1.25\n";
            stream.write_all(line).await.unwrap();
            if open.is_empty() {
                open.push(stream);
            }
        }
    });
    let credentials = user(vec![Method::Password("right".into())]);
    let target = Target::new(endpoint(address), credentials, HostKeyPolicy::Off);
    for _ in ["waits", "leaves"] {
        let began = Instant::now();
        let error = connect(&target, &Options::default()).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(error.phase(), Phase::VersionExchange);
        assert!(!error.is_transient());
        let text = error.to_string();
        assert!(
            text.ends_with("expected a device that speaks SSH-2.0, found \"SSH-1.5-Cisco-1.25\""),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_peer_that_stops_in_mid_handshake_leaves_no_task_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let credentials = user(vec![password("right")]);
    let device = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-stuck\r\n").await.unwrap();
        let mut received = Vec::new();
        // Ends when the client closes its side, not before.
        drop(stream.read_to_end(&mut received).await);
        received
    };
    let target = target(&endpoint(address), &credentials, &HostKeyPolicy::Off);
    let options = impatient();
    let connecting = connect(&target, &options);
    let (result, received) = tokio::join!(connecting, device);
    let error = result.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                received_bytes: 15,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(received.starts_with(b"SSH-2.0-lanewatch_"));
    assert_eq!(tasks_left(0).await, 0);
}

#[tokio::test]
async fn a_dropped_connection_leaves_neither_task_nor_file_descriptor() {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let device = { runtime }.worker_threads(1).enable_all().build().unwrap();
    let lab = device.spawn(lab(Behaviour::Answers)).await.unwrap();
    let credentials = user(vec![password("right")]);
    for _ in 0..3 {
        let off = HostKeyPolicy::Off;
        let mut connection = connect(&target(&lab.endpoint(), &credentials, &off), &impatient())
            .await
            .unwrap();
        let silent = connection.request("<silence/>").await.unwrap_err();
        assert!(matches!(silent, Error::Timeout { .. }), "{silent:?}");
        assert_eq!(silent.phase(), Phase::Request);
        assert!(open_towards(lab.address) > 0);
        drop(connection);
        assert!(
            all_closed(lab.address).await,
            "nothing but the drop closes it"
        );
        assert_eq!(tasks_left(0).await, 0);
    }
    device.shutdown_background();
}

#[test]
fn a_connection_may_be_dropped_after_its_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connection = runtime.block_on(async {
        let lab = lab(Behaviour::Answers).await;
        let credentials = user(vec![password("right")]);
        let off = HostKeyPolicy::Off;
        connect(
            &target(&lab.endpoint(), &credentials, &off),
            &Options::default(),
        )
        .await
    });
    drop(runtime);
    drop(connection.unwrap());
}

/// Whether no connection to `address` is left. The kernel's table may lag a little behind the call that closes one.
async fn all_closed(address: SocketAddr) -> bool {
    for _ in 0..100 {
        if open_towards(address) == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// How many connections to `address` are established on the client's side.
fn open_towards(address: SocketAddr) -> usize {
    let table = std::fs::read_to_string(Path::new("/proc/net/tcp")).unwrap();
    let remote = format!("0100007F:{:04X} 01", address.port());
    table.lines().filter(|line| line.contains(&remote)).count()
}

#[tokio::test]
async fn a_device_without_netconf_and_one_that_hangs_up_are_told_apart() {
    let without = lab(Behaviour::HasNoNetconf).await;
    let error = refused(
        &without,
        &user(vec![password("right")]),
        &HostKeyPolicy::Off,
    )
    .await;
    assert!(matches!(error, Error::Subsystem { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("is NETCONF enabled on this port"),
        "{error}"
    );

    let rude = lab(Behaviour::HangsUpAtLogin).await;
    let error = refused(&rude, &user(vec![password("right")]), &HostKeyPolicy::Off).await;
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("password made the device hang up"), "{text}");
}
