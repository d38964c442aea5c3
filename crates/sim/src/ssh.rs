//! The SSH side of a device: one user, by password or key, and the `netconf` subsystem.
//!
//! A connection may open a few sessions at a time, a device takes a few connections at a time; more have to wait or are refused. Whatever
//! else SSH can do (shells, forwarding, agents) is refused by default.

use std::{borrow::Cow, collections::HashMap, net::Shutdown, sync::Arc, time::Duration};

use russh::{
    Channel, ChannelId, Disconnect, Preferred, kex,
    keys::{PrivateKey, PublicKey},
    server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Session, VerifiedPublicKey},
};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    dialogue::{self, Host},
    faults::{
        Fault, Faults,
        wire::{Wire, swallow},
    },
    stop::{Stopping, stop},
};

/// Sessions that one connection may hold.
const SESSIONS_PER_CONNECTION: usize = 4;

/// How long a refused login is kept waiting: enough to be felt, short for tests.
const REJECTION_TIME: Duration = Duration::from_millis(100);

/// A client that is silent for so long has gone.
const INACTIVITY: Duration = Duration::from_secs(600);

/// How long a connection that ends may take over its farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// Who may log in.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) key: PublicKey,
}

/// What every connection of a device needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) config: Arc<server::Config>,
    /// The same with a host key that nobody knows.
    pub(crate) config_with_changed_key: Arc<server::Config>,
    pub(crate) access: Arc<Access>,
    pub(crate) host: Arc<Host>,
    pub(crate) stopping: Stopping,
}

/// The key exchanges of a router of these years, best first, as far as the SSH library has them: none that resists quantum computers. The
/// last two are no exchanges: they say that signature algorithms are told and that the exchange is strict.
const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G16_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// The settings of a device's SSH server.
pub(crate) fn config(host_key: PrivateKey) -> server::Config {
    server::Config {
        keys: vec![host_key],
        auth_rejection_time: REJECTION_TIME,
        auth_rejection_time_initial: Some(Duration::ZERO),
        inactivity_timeout: Some(INACTIVITY),
        preferred: Preferred {
            kex: Cow::Borrowed(KEX),
            ..Preferred::default()
        },
        ..server::Config::default()
    }
}

/// A second handle on a connection's socket, which cuts the connection when it is dropped: the SSH library's own task then sees its end,
/// whatever it was doing.
struct Cord(std::net::TcpStream);

impl Drop for Cord {
    fn drop(&mut self) {
        // A socket that is closed already has nothing to cut.
        let _cut = self.0.shutdown(Shutdown::Both);
    }
}

/// Serves one connection to its end. Errors are the client's doing and end nothing else, so they stay here.
pub(crate) async fn serve(socket: TcpStream, gate: Gate, faults: Faults) {
    let Ok((socket, cord)) = with_cord(socket) else {
        return;
    };
    let stopped = gate.stopping.clone().heard();
    tokio::pin!(stopped);
    if faults.has(Fault::BlackHole) {
        tokio::select! {
            () = swallow(socket) => {}
            () = &mut stopped => {}
        }
        return;
    }
    let config = if faults.has(Fault::ChangedHostKey) {
        gate.config_with_changed_key
    } else {
        gate.config
    };
    let (opened, mut sessions) = mpsc::channel(SESSIONS_PER_CONNECTION);
    let visitor = Visitor {
        access: (!faults.has(Fault::RefusedLogin)).then(|| Arc::clone(&gate.access)),
        waiting: HashMap::new(),
        opened,
    };
    let wire = Wire::new(socket, &faults);
    let running = tokio::select! {
        running = server::run_stream(config, wire, visitor) => running,
        () = &mut stopped => return,
    };
    let Ok(mut running) = running else {
        return;
    };
    let faults = Arc::new(faults);
    let (end, ended) = stop();
    let mut dialogues = JoinSet::new();
    let mut has_ended = false;
    loop {
        tokio::select! {
            _ = &mut running => {
                has_ended = true;
                break;
            }
            () = &mut stopped => break,
            Some(channel) = sessions.recv() => {
                let stream = Channel::<Msg>::into_stream(channel);
                let (host, faults) = (Arc::clone(&gate.host), Arc::clone(&faults));
                dialogues.spawn(dialogue::hold(stream, host, faults, ended.clone()));
            }
            Some(_) = dialogues.join_next() => {}
        }
    }
    // A dialogue may be in a pause of its own, where it does not see that nobody listens any more.
    end.say();
    if !has_ended {
        while dialogues.join_next().await.is_some() {}
        let handle = running.handle();
        let bye = handle.disconnect(
            Disconnect::ByApplication,
            "the fleet stops".to_owned(),
            String::new(),
        );
        let _said = timeout(FAREWELL, bye).await;
        drop(cord);
        let _ended = timeout(FAREWELL, running).await;
    } else {
        drop(cord);
        while dialogues.join_next().await.is_some() {}
    }
}

fn with_cord(socket: TcpStream) -> std::io::Result<(TcpStream, Cord)> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let cord = Cord(socket.try_clone()?);
    Ok((TcpStream::from_std(socket)?, cord))
}

/// One client, as the SSH library calls us back for it.
struct Visitor {
    /// Who may log in; `None` when nobody may.
    access: Option<Arc<Access>>,
    /// Channels that have not said yet what they are for.
    waiting: HashMap<ChannelId, Channel<Msg>>,
    /// Channels that want to speak NETCONF.
    opened: mpsc::Sender<Channel<Msg>>,
}

impl server::Handler for Visitor {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let is_known = |access: &Arc<Access>| user == access.user && password == access.password;
        Ok(verdict(self.access.as_ref().is_some_and(is_known)))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(verdict(self.is_users_key(user, offer.public_key)))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(verdict(self.is_users_key(user, key.public_key)))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        // A handle that is dropped unused refuses the channel.
        if self.waiting.len() < SESSIONS_PER_CONNECTION {
            self.waiting.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.waiting.remove(&channel);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let asked = self.waiting.remove(&channel).filter(|_| name == "netconf");
        match asked.map(|channel| self.opened.try_send(channel)) {
            Some(Ok(())) => session.channel_success(channel),
            Some(Err(_)) | None => session.channel_failure(channel),
        }
    }
}

impl Visitor {
    fn is_users_key(&self, user: &str, key: &PublicKey) -> bool {
        let is_known =
            |access: &Arc<Access>| user == access.user && key.key_data() == access.key.key_data();
        self.access.as_ref().is_some_and(is_known)
    }
}

fn verdict(is_welcome: bool) -> Auth {
    if is_welcome {
        Auth::Accept
    } else {
        Auth::reject()
    }
}
