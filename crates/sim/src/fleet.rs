//! A running fleet: the ports, keys and tasks of its devices.
//!
//! ```text
//!   Fleet ──shutdown (watch)──────────┬──────────────┬─────────────┐
//!     │                               ▼              ▼             ▼
//!     └─ one per device ─► listening task ─► connection task ─► session task      ≤ 4 per connection
//!                          (owns the port)   ≤ 16 per device    (one NETCONF session)
//!                                               │   ▲ bounded queue of opened channels
//!                                               └─ the SSH library's task, ended by closing its socket
//!
//!   session ──spawn_blocking──► answer: readings ─► ledger line ─► XML
//! ```
//!
//! Every task is in a `JoinSet` of the task above it, so that [`Fleet::stop`] can wait for all of them, and dropping a fleet ends them.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
    task::JoinSet,
};

use crate::{
    answer::SimulatedDevice,
    clock::SimClock,
    error::Error,
    faults::{Fault, Faults},
    keys,
    ledger::Ledger,
    model::{Device, Epoch},
    recorded::ReplayedDevice,
    session::{DeviceBackend, SessionContext},
    shutdown::{ShutdownTrigger, shutdown_channel},
    spec::{DeviceKind, FleetSpec},
    ssh::{self, ConnectionContext, SshUser},
};

/// Connections that one device takes; more wait in the kernel's queue.
const CONNECTIONS_PER_DEVICE: usize = 16;

/// The pause after a connection could not be accepted, so that a lasting error does not use all CPU.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Devices that answer on loopback.
#[derive(Debug)]
pub struct Fleet {
    devices: Vec<RunningDevice>,
    user: String,
    password: String,
    known_hosts: PathBuf,
    user_key: PathBuf,
    ledger: PathBuf,
    stop: ShutdownTrigger,
    listeners: JoinSet<()>,
    /// Bound ports on which nobody listens.
    silent: Vec<TcpSocket>,
}

/// One device of a running fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningDevice {
    /// Its name.
    pub name: String,
    /// Where it listens, or refuses to.
    pub address: SocketAddr,
    /// What it calls itself (`qfx5220-32cd`); `None` if it is not simulated.
    pub hardware_model: Option<&'static str>,
}

impl Fleet {
    /// Starts every device of `spec`, living in `clock`'s time. The files of an earlier fleet in the same folder are replaced.
    ///
    /// # Errors
    ///
    /// If two devices share a name, a port is taken, a condition or recording makes no sense, or a file cannot be written. Nothing is
    /// left running then.
    pub async fn start(spec: FleetSpec, clock: SimClock) -> Result<Self, Error> {
        let mut names = BTreeSet::new();
        if let Some(twice) = spec
            .devices
            .iter()
            .find(|device| !names.insert(&device.name))
        {
            return Err(Error::SameName(twice.name.clone()));
        }
        let folder =
            std::path::absolute(&spec.folder).map_err(|source| file_error(&spec.folder, source))?;
        fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
        let (known_hosts, user_key, ledger) = (
            folder.join("known_hosts"),
            folder.join("id_ed25519"),
            folder.join("ledger.jsonl"),
        );
        let key = keys::key(spec.seed, &spec.user)?;
        keys::write_private(&key, &spec.user, &user_key)?;
        let ssh_user = Arc::new(SshUser {
            user: spec.user.clone(),
            password: spec.password.clone(),
            key: key.public_key().clone(),
        });
        let book = Arc::new(Ledger::create(&ledger).map_err(|source| file_error(&ledger, source))?);
        let (stop, shutdown) = shutdown_channel();
        let mut fleet = Self {
            devices: Vec::with_capacity(spec.devices.len()),
            user: spec.user.clone(),
            password: spec.password.clone(),
            known_hosts,
            user_key,
            ledger,
            stop,
            listeners: JoinSet::new(),
            silent: Vec::new(),
        };
        let epoch = Epoch {
            start: clock.started_at(),
        };
        let mut known_hosts = String::new();
        for (index, device) in spec.devices.iter().enumerate() {
            let name = device.name.as_str();
            let socket = bind(&spec, name, index)?;
            let (backend, hardware_model) = match &device.kind {
                DeviceKind::Simulated(model) => {
                    let simulated = SimulatedDevice {
                        device: Device::build(name, model, spec.seed, epoch)?,
                        user: spec.user.clone(),
                    };
                    let hardware_model = model.platform.hardware_model();
                    (
                        DeviceBackend::Simulated(Box::new(simulated)),
                        Some(hardware_model),
                    )
                }
                DeviceKind::Recorded(recording) => (
                    DeviceBackend::Recorded(ReplayedDevice::new(name, recording)?),
                    None,
                ),
                DeviceKind::Unreachable => {
                    fleet.devices.push(running(name, &socket, None)?);
                    fleet.silent.push(socket);
                    continue;
                }
            };
            let running = running(name, &socket, hardware_model)?;
            if device.faults.has(Fault::PortClosed) {
                fleet.devices.push(running);
                fleet.silent.push(socket);
                continue;
            }
            let listener = socket
                .listen(1_024)
                .map_err(|source| listen_error(name, running.address, source))?;
            let host_key = keys::key(spec.seed, name)?;
            known_hosts.push_str(&keys::known_host(running.address, &host_key, name)?);
            let session_context =
                SessionContext::new(backend, clock.clone(), Arc::clone(&book), spec.user.clone());
            let changed_key = keys::key(spec.seed, &format!("{name}, changed"))?;
            let context = ConnectionContext {
                config: Arc::new(ssh::config(host_key)),
                config_with_changed_key: Arc::new(ssh::config(changed_key)),
                ssh_user: Arc::clone(&ssh_user),
                session_context: Arc::new(session_context),
                shutdown: shutdown.clone(),
            };
            fleet
                .listeners
                .spawn(listen(listener, context, device.faults.clone()));
            fleet.devices.push(running);
        }
        fs::write(&fleet.known_hosts, known_hosts)
            .map_err(|source| file_error(&fleet.known_hosts, source))?;
        Ok(fleet)
    }

    /// The devices, in the order of the specification.
    pub fn devices(&self) -> &[RunningDevice] {
        &self.devices
    }

    /// The user that every device knows.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user's password.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Absolute path of the host keys, in the format of OpenSSH's `known_hosts`.
    pub fn known_hosts(&self) -> &Path {
        &self.known_hosts
    }

    /// Absolute path of the user's private key: Ed25519, OpenSSH format, mode 0600.
    pub fn user_key(&self) -> &Path {
        &self.user_key
    }

    /// Absolute path of the ledger: a line of JSON for each reply with data in it, written before the reply was sent.
    pub fn ledger(&self) -> &Path {
        &self.ledger
    }

    /// Ends all sessions, closes all ports and waits until every task is gone.
    pub async fn stop(mut self) {
        self.stop.trigger();
        while self.listeners.join_next().await.is_some() {}
    }
}

/// Takes a port, without listening on it yet.
fn bind(spec: &FleetSpec, device: &str, index: usize) -> Result<TcpSocket, Error> {
    let port = match spec.first_port {
        None => 0,
        Some(first_port) => u16::try_from(index)
            .ok()
            .and_then(|index| first_port.checked_add(index))
            .ok_or_else(|| Error::NoPortLeft {
                device: device.to_owned(),
                first_port,
            })?,
    };
    let address = SocketAddr::new(spec.address, port);
    let bound = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // A fleet that is started again finds the connections of the last one still in their quarantine.
        socket.set_reuseaddr(spec.first_port.is_some())?;
        socket.bind(address)?;
        Ok(socket)
    };
    bound().map_err(|source| listen_error(device, address, source))
}

fn running(
    name: &str,
    socket: &TcpSocket,
    hardware_model: Option<&'static str>,
) -> Result<RunningDevice, Error> {
    let address = socket.local_addr().map_err(|source| Error::Listen {
        device: name.to_owned(),
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        source,
    })?;
    Ok(RunningDevice {
        name: name.to_owned(),
        address,
        hardware_model,
    })
}

/// Accepts connections until the fleet stops, then waits for those that are still there.
async fn listen(listener: TcpListener, context: ConnectionContext, faults: Faults) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_PER_DEVICE));
    let mut connections = JoinSet::new();
    let mut accepted_before = 0;
    let stopped = context.shutdown.clone().triggered();
    tokio::pin!(stopped);
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await.ok()?;
            let (socket, _client) = listener.accept().await.ok()?;
            Some((place, socket))
        };
        tokio::select! {
            _ = &mut stopped => break,
            accepted = next => {
                // A connection that died in the queue, or a want of file descriptors: a later one may do better.
                let Some((place, socket)) = accepted else {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                let (context, faults) = (context.clone(), faults.on_connection(accepted_before));
                accepted_before += 1;
                connections.spawn(async move {
                    ssh::serve(socket, context, faults).await;
                    drop(place);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn listen_error(device: &str, address: SocketAddr, source: std::io::Error) -> Error {
    Error::Listen {
        device: device.to_owned(),
        address,
        source,
    }
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}
