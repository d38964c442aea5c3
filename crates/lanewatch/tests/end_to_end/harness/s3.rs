//! s3s-fs: an S3 server that nobody here wrote, with signatures on, over a folder that outlives it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::binary::{program, run, stop};
use super::{Ran, closed_port};

const ACCESS_KEY: &str = "AKIALANEWATCHTEST";
const SECRET_KEY: &str = "kSmallSecretOfTheTests0123456789";
pub(crate) const BUCKET: &str = "lake";
const READY_WITHIN: Duration = Duration::from_secs(20);

/// The server; it can be stopped and started again on the same port, with the same objects.
#[derive(Debug)]
pub(crate) struct S3 {
    child: Option<Child>,
    port: u16,
    pub(crate) folder: PathBuf,
}

impl S3 {
    /// Starts a server with an empty bucket.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut server = Self {
            child: None,
            port: closed_port(),
            folder: folder.join("s3"),
        };
        std::fs::create_dir_all(server.folder.join(BUCKET)).unwrap();
        server.resume();
        server
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends it with no time to say good-bye.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            stop(&mut child);
        }
    }

    /// Starts it again on its port, and waits until it answers: it, and not a stranger that has taken the port meanwhile.
    #[track_caller]
    pub(crate) fn resume(&mut self) {
        let began = Instant::now();
        let mut child = self.child.insert(spawn(self.port, &self.folder));
        loop {
            let answers = is_answered(self.port);
            // Asked after the answer: a child that could not have the port has ended.
            let ended = child.try_wait().unwrap();
            if answers && ended.is_none() {
                return;
            }
            if let Some(status) = ended {
                let late = began.elapsed() > READY_WITHIN;
                assert!(
                    !late,
                    "s3s-fs ends at once ({status}): has another program port {}?",
                    self.port
                );
                child = self.child.insert(spawn(self.port, &self.folder));
            }
            assert!(began.elapsed() < READY_WITHIN * 2, "s3s-fs never answered");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn spawn(port: u16, folder: &Path) -> Child {
    let server = Path::new(env!("CARGO_BIN_EXE_lanewatch"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("tools/bin/s3s-fs");
    let mut command = Command::new(&server);
    command
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| {
        panic!(
            "{}: {error}: `cargo xtask test` brings it",
            server.display()
        )
    })
}

/// Whether somebody listens on a port. A connection from a port to itself comes about without.
fn is_answered(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port))
        .is_ok_and(|stream| stream.local_addr().is_ok_and(|ours| ours.port() != port))
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program with the keys of the server, which stands at this endpoint.
pub(crate) fn with_keys(folder: &Path, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = program(folder, arguments);
    give_keys(&mut command, endpoint);
    command
}

/// Gives a command the keys of the server in its environment, and nothing else that AWS tools read.
pub(crate) fn give_keys(command: &mut Command, endpoint: &str) {
    for name in [
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ] {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_ENDPOINT_URL", endpoint);
}

/// A profile `lake` in the AWS configuration files of `home`, with the server's keys and address.
pub(crate) fn write_profile(home: &Path, server: &S3) {
    let aws = home.join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    let endpoint = server.endpoint();
    let config = format!("[profile lake]\nregion = eu-central-1\nendpoint_url = {endpoint}\n");
    std::fs::write(aws.join("config"), config).unwrap();
    let credentials =
        format!("[lake]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n");
    std::fs::write(aws.join("credentials"), credentials).unwrap();
}

/// An inventory whose `group_vars` hold the server's keys, as those of a playbook that uploads to S3.
pub(crate) fn write_inventory_with_keys(folder: &Path) -> PathBuf {
    let group_vars = folder.join("group_vars");
    std::fs::create_dir_all(&group_vars).unwrap();
    let keys = format!("aws_access_key_id: {ACCESS_KEY}\naws_secret_access_key: {SECRET_KEY}\n");
    std::fs::write(group_vars.join("all.yml"), keys).unwrap();
    let inventory = folder.join("keys.yaml");
    std::fs::write(&inventory, "all: {hosts: {leaf-01: {}}}\n").unwrap();
    inventory
}

/// Runs the program with the keys of the server.
pub(crate) fn lanewatch_with_keys(folder: &Path, endpoint: &str, arguments: &[&str]) -> Ran {
    run(&mut with_keys(folder, endpoint, arguments))
}

/// A wire to a port that can be cut: after so many bytes have gone towards it, each connection ends. And one that swallows what it
/// is told to: the connection stays, and nothing comes back on it.
#[derive(Debug)]
pub(crate) struct Wire {
    port: u16,
    fate: Arc<Fate>,
    closed: Arc<AtomicBool>,
}

/// What is to become of the bytes on a wire, and what became of them.
#[derive(Debug)]
struct Fate {
    budget: AtomicUsize,
    cuts: AtomicUsize,
    swallows: Mutex<Option<&'static str>>,
}

impl Fate {
    fn none() -> Self {
        Self {
            budget: AtomicUsize::new(usize::MAX),
            cuts: AtomicUsize::new(0),
            swallows: Mutex::new(None),
        }
    }

    /// Whether this is what is to be swallowed; it is so once.
    fn swallows(&self, bytes: &[u8]) -> bool {
        let mut wanted = self.swallows.lock().unwrap();
        let is_it = wanted.is_some_and(|text| {
            let mut windows = bytes.windows(text.len());
            windows.any(|window| window == text.as_bytes())
        });
        if is_it {
            *wanted = None;
        }
        is_it
    }
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            fate: Arc::new(Fate::none()),
            closed: Arc::default(),
        };
        let (fate, closed) = (wire.fate.clone(), wire.closed.clone());
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue; // dropped: as a server that is down
                };
                let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let fate = fate.clone();
                thread::spawn(move || carry(near, far, &fate));
                thread::spawn(move || carry(far2, near2, &Fate::none()));
            }
        });
        wire
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next so many bytes go through; then every connection is cut, until this is called again.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.fate.budget.store(bytes, Ordering::SeqCst);
    }

    /// The next request with this text in it is swallowed, with all that comes behind it on its connection.
    pub(crate) fn swallow(&self, text: &'static str) {
        *self.fate.swallows.lock().unwrap() = Some(text);
    }

    /// Whether that has happened.
    pub(crate) fn has_swallowed(&self) -> bool {
        self.fate.swallows.lock().unwrap().is_none()
    }

    /// How often it was cut.
    pub(crate) fn cuts(&self) -> usize {
        self.fate.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        TcpStream::connect(("127.0.0.1", self.port)).ok(); // wakes the listener up
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, fate: &Fate) {
    use std::io::{Read as _, Write as _};
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if fate.swallows(&buffer[..length]) {
            while let Ok(1..) = from.read(&mut buffer) {}
            break;
        }
        let left = fate.budget.load(Ordering::SeqCst);
        if left != usize::MAX {
            fate.budget
                .store(left.saturating_sub(length), Ordering::SeqCst);
        }
        if left < length {
            fate.cuts.fetch_add(1, Ordering::SeqCst);
            to.write_all(&buffer[..left]).ok();
            break;
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    from.shutdown(std::net::Shutdown::Both).ok();
    to.shutdown(std::net::Shutdown::Both).ok();
}
