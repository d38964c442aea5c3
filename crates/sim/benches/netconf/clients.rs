//! The clients, each doing the same: ours, the SSH library bare, ncclient and OpenSSH.

use std::borrow::Cow;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use netconf::Options;
use netconf::ssh::{Connection, Connector, Credentials, Endpoint, HostKeyPolicy, Method, Target};
use russh::client::{self, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{ChannelMsg, Preferred, cipher};
use tokio::task::JoinSet;

use super::process::{Cpu, resident_kib};
use super::{Result, Server};

/// Where `cargo xtask bench` says which Python has ncclient.
pub(crate) const PYTHON: &str = "LANEWATCH_BENCH_PYTHON";

const OPERATION: &str = "<get-system-information/>";
const END: &str = "]]>]]>";
const HELLO: &str = "<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities>\
    <capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>";
const LARGE_BYTES: usize = 5_000_000;

/// What some sessions took.
#[derive(Debug)]
pub(crate) struct Sessions {
    count: f64,
    wall: Duration,
    cpu: Duration,
}

impl Sessions {
    fn new(count: usize, wall: Duration, cpu: Duration) -> Self {
        Self {
            count: count as f64,
            wall,
            cpu,
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count / self.wall.as_secs_f64()
    }

    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.count / self.cpu.as_secs_f64()
    }

    pub(crate) fn cpu_ms(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / self.count
    }
}

async fn connect(connector: &Connector, server: &Server, port: u16) -> Result<Connection> {
    let endpoint = Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
    };
    let credentials = Credentials {
        user: server.user.clone(),
        methods: vec![Method::KeyFile {
            path: server.user_key.clone(),
            passphrase: None,
        }],
    };
    let host_keys = HostKeyPolicy::Strict {
        known_hosts: server.known_hosts.clone().into(),
    };
    let target = Target::new(endpoint, credentials, host_keys);
    Ok(connector.connect(&target).await?)
}

/// The port for the session of this number: the devices in turn.
fn port(server: &Server, number: usize) -> u16 {
    server.small[number % server.small.len()]
}

/// So many sessions of ours, so many at a time, with one connector for all of them, as `collect` has one for a run.
pub(crate) async fn ours(server: &Arc<Server>, count: usize, at_once: usize) -> Result<Sessions> {
    let (began, before) = (Instant::now(), Cpu::now()?);
    // One chain of sessions after another for each that is allowed at once.
    let mut chains = JoinSet::new();
    let connector = Arc::new(Connector::new(Options::default()));
    for chain in 0..at_once {
        let server = Arc::clone(server);
        let connector = Arc::clone(&connector);
        chains.spawn(async move {
            for number in (chain..count).step_by(at_once) {
                let mut session = connect(&connector, &server, port(&server, number)).await?;
                let reply = session.request(OPERATION).await?;
                if reply.bytes.is_empty() || !reply.errors.is_empty() {
                    return Err("the device did not answer".into());
                }
                session.close().await?;
            }
            Result::Ok(())
        });
    }
    while let Some(ended) = chains.join_next().await {
        ended??;
    }
    let cpu = Cpu::now()?.own - before.own;
    Ok(Sessions::new(count, began.elapsed(), cpu))
}

/// The argument that makes this program measure idle sessions.
pub(crate) const IDLE: &str = "idle";

/// What a session that is open and silent keeps, in KiB: the middle one of so many processes, each with so many sessions. In one
/// that has had sessions before, memory that the allocator kept would make new ones look free.
pub(crate) fn idle_session_kib(server: &Server, processes: usize) -> Result<f64> {
    let mut measured = Vec::new();
    for _ in 0..processes {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(IDLE).args(server.arguments());
        let output = command.stderr(Stdio::inherit()).output()?;
        measured.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    measured.sort_by(f64::total_cmp);
    Ok(*measured.get(processes / 2).ok_or("no process")?)
}

/// The same in this process, which has had some sessions before, for what the first of them sets up for all.
pub(crate) async fn idle_session_kib_here(server: &Arc<Server>, count: usize) -> Result<f64> {
    ours(server, 16, 16).await?;
    let connector = Connector::new(Options::default());
    let before = resident_kib()?;
    let mut sessions = Vec::with_capacity(count);
    for number in 0..count {
        sessions.push(connect(&connector, server, port(server, number)).await?);
    }
    let grown = resident_kib()?.saturating_sub(before);
    for session in sessions {
        session.close().await?;
    }
    Ok(grown as f64 / count as f64)
}

/// Processor time of one 5 MB reply of ours.
pub(crate) async fn large_replies(server: &Server, count: usize) -> Result<Duration> {
    let connector = Connector::new(Options::default());
    let mut session = connect(&connector, server, server.large).await?;
    session.request(OPERATION).await?;
    let before = Cpu::now()?.own;
    for _ in 0..count {
        let reply = session.request(OPERATION).await?;
        if reply.bytes.len() != LARGE_BYTES {
            return Err("the reply has another size".into());
        }
    }
    let cpu = (Cpu::now()?.own - before) / u32::try_from(count)?;
    session.close().await?;
    Ok(cpu)
}

/// The same bytes through the SSH library alone, in the same cipher and with the same windows, dropped as they come: what reading from
/// the socket, decrypting and handing on costs whoever uses that library.
pub(crate) async fn large_replies_decrypted(server: &Server, count: usize) -> Result<Duration> {
    struct Anyone;
    impl client::Handler for Anyone {
        type Error = russh::Error;
        async fn check_server_key(
            &mut self,
            _key: &PublicKeyOrCertificate,
        ) -> std::result::Result<bool, russh::Error> {
            Ok(true)
        }
    }
    let config = Arc::new(client::Config {
        preferred: Preferred {
            cipher: Cow::Borrowed(&[cipher::AES_256_GCM]),
            ..Preferred::default()
        },
        window_size: 2 * 1024 * 1024,
        maximum_packet_size: 65_535,
        nodelay: true,
        ..client::Config::default()
    });
    let address = ("127.0.0.1", server.large);
    let mut handle: Handle<Anyone> = client::connect(config, address, Anyone).await?;
    let key = load_secret_key(&server.user_key, None)?;
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    if !handle
        .authenticate_publickey(server.user.as_str(), key)
        .await?
        .success()
    {
        return Err("the SSH library was not let in".into());
    }
    let mut channel = handle.channel_open_session().await?;
    channel.request_subsystem(true, "netconf").await?;
    let hello = format!("{HELLO}{END}");
    channel.data(hello.as_bytes()).await?;
    let request = format!("<rpc message-id=\"1\">{OPERATION}</rpc>{END}");
    // The first reply brings the hello with it and does not count.
    let mut before = Cpu::now()?.own;
    for number in 0..=count {
        if number == 1 {
            before = Cpu::now()?.own;
        }
        channel.data(request.as_bytes()).await?;
        let mut received = 0;
        while received < LARGE_BYTES + END.len() {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) => received += data.len(),
                Some(_) => {}
                None => return Err("the SSH library lost its connection".into()),
            }
        }
    }
    Ok((Cpu::now()?.own - before) / u32::try_from(count)?)
}

/// So many sessions of ncclient, dealt to so many threads; `None` without a Python that has it.
pub(crate) fn ncclient(server: &Server, count: usize, threads: usize) -> Result<Option<Sessions>> {
    let Some(python) = std::env::var_os(PYTHON) else {
        return Ok(None);
    };
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/netconf/ncclient_sessions.py"
    );
    let ports: Vec<String> = server.small.iter().map(u16::to_string).collect();
    let output = Command::new(python)
        .args(["-B", script, &count.to_string(), &threads.to_string()])
        .arg(&server.user)
        .arg(&server.user_key)
        .arg(&server.known_hosts)
        .args(ports)
        .stderr(Stdio::inherit())
        .output()?;
    // Two numbers: seconds of wall and of processor time, without what starting Python takes.
    let said = String::from_utf8(output.stdout)?;
    let seconds: std::result::Result<Vec<f64>, _> =
        said.split_whitespace().map(str::parse).collect();
    match seconds?.as_slice() {
        [wall, cpu] if output.status.success() => Ok(Some(Sessions::new(
            count,
            Duration::from_secs_f64(*wall),
            Duration::from_secs_f64(*cpu),
        ))),
        _ => Err(format!("ncclient failed ({}): {said}", output.status).into()),
    }
}

/// So many sessions of `ssh -s`, one after another; `None` where there is no ssh.
pub(crate) fn openssh(server: &Server, count: usize) -> Result<Option<Sessions>> {
    let (began, before) = (Instant::now(), Cpu::now()?);
    for number in 0..count {
        if !ssh(server, port(server, number))? {
            return Ok(None);
        }
    }
    let cpu = Cpu::now()?.children - before.children;
    Ok(Some(Sessions::new(count, began.elapsed(), cpu)))
}

/// Processor time of one 5 MB reply of `ssh -s`, session included; `None` where there is no ssh.
pub(crate) fn openssh_large_reply(server: &Server) -> Result<Option<Duration>> {
    const ROUNDS: u32 = 10;
    let before = Cpu::now()?.children;
    for _ in 0..ROUNDS {
        if !ssh(server, server.large)? {
            return Ok(None);
        }
    }
    Ok(Some((Cpu::now()?.children - before) / ROUNDS))
}

/// One session of OpenSSH's client; false where there is none.
fn ssh(server: &Server, port: u16) -> Result<bool> {
    let known_hosts = format!("UserKnownHostsFile={}", server.known_hosts.display());
    let child = Command::new("ssh")
        .args(["-F", "none", "-o", "BatchMode=yes", "-o", &known_hosts])
        .arg("-i")
        .arg(&server.user_key)
        .args(["-p", &port.to_string(), "-s"])
        .arg(format!("{}@127.0.0.1", server.user))
        .arg("netconf")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        child => child?,
    };
    let said = format!(
        "{HELLO}{END}<rpc message-id=\"1\">{OPERATION}</rpc>{END}<rpc message-id=\"2\"><close-session/></rpc>{END}"
    );
    // Kept open until the end: the session ends by the request, not by ours.
    let mut stdin = child.stdin.take().ok_or("ssh has no input")?;
    stdin.write_all(said.as_bytes())?;
    let ended = child.wait_with_output()?;
    drop(stdin);
    // Hello and both replies. The exit status says nothing: a device that gives none is 255 to OpenSSH.
    if messages(&ended.stdout) == 3 {
        return Ok(true);
    }
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    Err(format!("ssh failed ({}): {words}", ended.status).into())
}

/// How many messages end in these bytes.
fn messages(bytes: &[u8]) -> usize {
    let mark = END.as_bytes();
    bytes
        .windows(mark.len())
        .filter(|window| *window == mark)
        .count()
}
