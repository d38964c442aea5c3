//! The simulator in a process of its own: this program again.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sim::{DeviceSpec, Fault, Fleet, FleetSpec, Model, Platform, SimClock};

use super::Result;

/// The argument that makes this program the server.
pub(crate) const ROLE: &str = "serve";

/// Devices that answer shortly; a device takes sixteen connections at once.
const SMALL: usize = 16;

/// The server as its clients know it.
#[derive(Debug)]
pub(crate) struct Server {
    /// None where another process has started it.
    child: Option<Child>,
    _folder: Option<tempfile::TempDir>,
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
            child: Some(child),
            _folder: Some(folder),
            user,
            user_key,
            known_hosts,
            small,
            large,
        })
    }

    /// What another process of this program must be told to find it, the port of the large one left out.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let names = [
            self.user.clone().into(),
            self.user_key.clone().into(),
            self.known_hosts.clone().into(),
        ];
        let ports = self.small.iter().map(|port| port.to_string().into());
        names.into_iter().chain(ports).collect()
    }

    /// The server of another process, from its arguments.
    pub(crate) fn elsewhere(arguments: &[String]) -> Result<Self> {
        let [user, user_key, known_hosts, ports @ ..] = arguments else {
            return Err("a user, a key, known hosts and ports were expected".into());
        };
        let small: std::result::Result<Vec<u16>, _> =
            ports.iter().map(|port| port.parse()).collect();
        Ok(Self {
            child: None,
            _folder: None,
            user: user.clone(),
            user_key: user_key.into(),
            known_hosts: known_hosts.into(),
            small: small?,
            large: 0,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It has ended already if this fails.
            child.kill().ok();
            child.wait().ok();
        }
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
    let clock = SimClock::stopped_at(1_764_000_000);
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
