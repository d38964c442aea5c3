//! The simulator in a process of its own: this program again.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sim::{Clock, DeviceSpec, Fault, Fleet, FleetSpec, Model, Platform};

use super::Result;

/// The argument that makes this program the server.
pub(crate) const ROLE: &str = "serve";

/// Devices that answer shortly; a device takes sixteen connections at once.
const SMALL: usize = 16;

/// The server as its clients know it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    _folder: tempfile::TempDir,
    pub(crate) user: String,
    pub(crate) user_key: PathBuf,
    pub(crate) known_hosts: PathBuf,
    /// Ports on 127.0.0.1 of devices as they come.
    pub(crate) small: Vec<u16>,
    /// The port of one that says 5 MB whatever it is asked.
    pub(crate) large: u16,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut next = || -> Result<String> { Ok(lines.next().ok_or("the server has ended")??) };
        let (user, user_key, known_hosts) = (next()?, next()?.into(), next()?.into());
        let ports: std::result::Result<Vec<u16>, _> = next()?.split(' ').map(str::parse).collect();
        let mut small = ports?;
        let large = small.pop().ok_or("the server has no devices")?;
        Ok(Self {
            child,
            _folder: folder,
            user,
            user_key,
            known_hosts,
            small,
            large,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if this fails.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the child does: serves until its standard input ends.
pub(crate) async fn serve() -> Result<()> {
    let folder = std::env::args().nth(2).ok_or("no folder")?;
    let model = || Model::healthy(Platform::Qfx5120, 1);
    let mut devices: Vec<_> = (0..SMALL)
        .map(|number| DeviceSpec::simulated(format!("small-{number:02}"), model()))
        .collect();
    let huge = Fault::HugeReply { megabytes: 5 };
    devices.push(DeviceSpec::simulated("large", model()).with_fault(huge));
    let clock = Clock::stopped_at(1_764_000_000);
    let fleet = Fleet::start(FleetSpec::new(devices, folder, 1), clock).await?;
    println!("{}", fleet.user());
    println!("{}", fleet.user_key().display());
    println!("{}", fleet.known_hosts().display());
    let ports: Vec<String> = fleet
        .devices()
        .iter()
        .map(|device| device.address.port().to_string())
        .collect();
    println!("{}", ports.join(" "));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    fleet.stop().await;
    Ok(())
}
