//! netconfd behind OpenSSH: a NETCONF server and an SSH server that nobody here wrote, on a loopback port. And OpenSSH's agent.
//!
//! sshd checks passwords through PAM, so the server has a system user of its own, with a password of this one moment, and
//! needs root. One server at a time: creating users is not something that two tests can do at once.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::binary::{run, stop};
use super::inventory::closed_port;

const USER: &str = "lanewatch-test";
const READY_WITHIN: Duration = Duration::from_secs(20);

/// How the servers are set up, apart from what they always have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// Lines of sshd's configuration.
    pub(crate) sshd: &'static str,
    /// The type of its host key, as `ssh-keygen` names it.
    pub(crate) host_key: &'static str,
    /// Whether netconfd has a module of 770 kB, `lab-large`.
    pub(crate) has_large_module: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            sshd: "PasswordAuthentication yes\n",
            host_key: "ed25519",
            has_large_module: false,
        }
    }
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The pair of servers, stopped when dropped, the user removed.
#[derive(Debug)]
pub(crate) struct NetconfServer {
    sshd: Child,
    netconfd: Child,
    pub(crate) port: u16,
    pub(crate) user: &'static str,
    pub(crate) password: String,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl NetconfServer {
    /// Starts both with the usual setup and waits until they answer.
    pub(crate) fn start() -> Self {
        Self::start_with(Setup::default())
    }

    /// Starts both and waits until they answer.
    pub(crate) fn start_with(setup: Setup) -> Self {
        // A test that failed has left nothing behind that the next one minds.
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        // The subsystem runs as the user and must reach the socket.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = closed_port();
        let password = create_user();
        for (name, kind) in [("host_key", setup.host_key), ("user_key", "ed25519")] {
            generate_key(&folder.path().join(name), kind, "");
        }
        fs::copy(
            folder.path().join("user_key.pub"),
            folder.path().join("authorized_keys"),
        )
        .unwrap();

        if setup.has_large_module {
            fs::write(folder.path().join("lab-large.yang"), large_module()).unwrap();
        }
        let netconfd = netconfd(folder.path(), port, setup);
        let sshd = sshd(folder.path(), port, setup);
        let server = Self {
            sshd,
            netconfd,
            port,
            user: USER,
            password,
            folder,
            _turn: turn,
        };
        server.wait_until_ready();
        server
    }

    /// The private key that lets the user in.
    pub(crate) fn user_key(&self) -> PathBuf {
        self.folder.path().join("user_key")
    }

    /// A further private key that lets the user in, of a type of `ssh-keygen`.
    pub(crate) fn new_user_key(&self, kind: &str, passphrase: &str) -> PathBuf {
        let path = self
            .folder
            .path()
            .join(format!("user_{kind}_{}", passphrase.len()));
        generate_key(&path, kind, passphrase);
        let public = fs::read(path.with_extension("pub")).unwrap();
        let authorized = self.folder.path().join("authorized_keys");
        let mut authorized = File::options().append(true).open(authorized).unwrap();
        authorized.write_all(&public).unwrap();
        path
    }

    /// Where a test may leave something until the server is stopped.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A known-hosts file with the server's key.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        let key = fs::read_to_string(self.folder.path().join("host_key.pub")).unwrap();
        let path = self.folder.path().join("known_hosts");
        fs::write(&path, format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
        path
    }

    fn wait_until_ready(&self) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err()
            || !listens(&self.folder.path().join("ncx.sock"))
        {
            let log =
                |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            assert!(
                began.elapsed() < READY_WITHIN,
                "never ready\n{}\n{}",
                log("sshd.log"),
                log("netconfd.log")
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for NetconfServer {
    fn drop(&mut self) {
        stop(&mut self.sshd);
        stop(&mut self.netconfd);
        remove_user();
    }
}

/// Whether a process accepts connections at a Unix socket. The file exists a moment earlier: between `bind` and `listen`.
fn listens(socket: &Path) -> bool {
    /// Linux's `__SO_ACCEPTCON`, in the column of flags.
    const ACCEPTS: &str = "00010000";
    let sockets = fs::read_to_string("/proc/net/unix").unwrap();
    sockets.lines().any(|line| {
        let mut columns = line.split_whitespace();
        columns.nth(3) == Some(ACCEPTS) && columns.nth(3).map(Path::new) == Some(socket)
    })
}

/// Makes a key pair.
pub(crate) fn generate_key(path: &Path, kind: &str, passphrase: &str) {
    run(Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"])
        .arg(path))
    .expect(0);
}

/// OpenSSH's agent with one key, ended when dropped.
#[derive(Debug)]
pub(crate) struct SshAgent {
    agent: Child,
    pub(crate) socket: PathBuf,
    _folder: TempDir,
}

impl SshAgent {
    /// Starts one and gives it the key.
    pub(crate) fn with_key(key: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent");
        let agent = quiet(Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket));
        let began = Instant::now();
        while !listens(&socket) {
            assert!(began.elapsed() < READY_WITHIN, "the agent is never ready");
            thread::sleep(Duration::from_millis(10));
        }
        run(Command::new("ssh-add")
            .arg(key)
            .env("SSH_AUTH_SOCK", &socket))
        .expect(0);
        Self {
            agent,
            socket,
            _folder: folder,
        }
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        stop(&mut self.agent);
    }
}

/// A YANG module that is large on purpose, with characters that XML has to escape.
fn large_module() -> String {
    let mut text = String::from(
        "module lab-large {\n  namespace \"urn:lanewatch:test:large\";\n  prefix ll;\n  container large {\n",
    );
    for number in 0..3800 {
        let filling = "x".repeat(60) + " <&> " + &"y".repeat(80);
        text += &format!(
            "    leaf l{number:04} {{ type string; description \"Leaf {number} {filling}\"; }}\n"
        );
    }
    text + "  }\n}\n"
}

fn sshd(folder: &Path, port: u16, setup: Setup) -> Child {
    fs::create_dir_all("/run/sshd").unwrap(); // sshd drops its privileges into it and does not make it
    let at = folder.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host_key\nPidFile none\nUsePAM yes\n{}\
         MaxStartups 200\nAuthorizedKeysFile {at}/authorized_keys\nStrictModes no\n\
         Subsystem netconf \"/usr/sbin/netconf-subsystem --ncxserver-sockname={port}@{at}/ncx.sock\"\n",
        setup.sshd
    );
    let path = folder.join("sshd_config");
    fs::write(&path, config).unwrap();
    let mut sshd = Command::new("/usr/sbin/sshd");
    quiet(
        sshd.arg("-D")
            .arg("-f")
            .arg(path)
            .arg("-E")
            .arg(folder.join("sshd.log")),
    )
}

fn netconfd(folder: &Path, port: u16, setup: Setup) -> Child {
    let at = folder.display();
    let mut netconfd = Command::new("/usr/sbin/netconfd");
    netconfd.args([
        "--module=ietf-interfaces",
        "--no-startup",
        "--target=running",
    ]);
    if setup.has_large_module {
        netconfd.arg("--module=lab-large");
    }
    netconfd
        .arg(format!("--superuser={USER}"))
        .arg(format!("--port={port}"));
    netconfd
        .arg(format!("--ncxserver-sockname={at}/ncx.sock"))
        .arg(format!("--log={at}/netconfd.log"));
    quiet(
        netconfd
            .env("YUMA_MODPATH", format!("/usr/share/yuma/modules:{at}"))
            .env("HOME", folder)
            .current_dir(folder),
    )
}

fn quiet(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Creates the user and returns its password.
fn create_user() -> String {
    remove_user(); // of a test that was killed
    run(Command::new("useradd").args(["--no-create-home", "--shell", "/bin/sh", USER])).expect(0);
    let mut random = [0_u8; 16];
    File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut random)
        .unwrap();
    let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut chpasswd = Command::new("chpasswd")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(chpasswd.stdin.take().unwrap(), "{USER}:{password}").unwrap();
    assert!(chpasswd.wait().unwrap().success());
    password
}

fn remove_user() {
    // Its last session may take a moment to end, and until then the user is in use.
    let began = Instant::now();
    while run(Command::new("id").arg(USER)).status == Some(0) && began.elapsed() < READY_WITHIN {
        run(Command::new("userdel").args(["--force", USER]));
    }
}
