//! The SSH server of a device: one user, by password or key, and the `netconf` subsystem.
//!
//! Sessions per connection and connections per device are limited; further ones wait or are refused. Shells, forwarding, agents and
//! everything else in SSH are refused by default.

use std::{borrow::Cow, collections::HashMap, net::Shutdown, sync::Arc, time::Duration};

use russh::{
    Channel, ChannelId, Disconnect, Preferred, kex,
    keys::{PrivateKey, PublicKey},
    server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Session, VerifiedPublicKey},
};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    faults::{
        Fault, Faults,
        stream::{FaultyStream, discard_input},
    },
    session::{self, SessionContext},
    shutdown::{ShutdownSignal, shutdown_channel},
};

/// Sessions that one connection may hold.
const SESSIONS_PER_CONNECTION: usize = 4;

/// The delay of a refused login: noticeable, but short for tests.
const REJECTION_TIME: Duration = Duration::from_millis(100);

/// A client that is silent for so long is disconnected.
const INACTIVITY_TIMEOUT: Duration = Duration::from_secs(600);

/// The time limit for closing a connection in order.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The user that may log in.
#[derive(Debug)]
pub(crate) struct SshUser {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) key: PublicKey,
}

/// The shared state of a device's connections.
#[derive(Clone)]
pub(crate) struct ConnectionContext {
    pub(crate) config: Arc<server::Config>,
    /// The same with a host key that is not in `known_hosts`.
    pub(crate) config_with_changed_key: Arc<server::Config>,
    pub(crate) ssh_user: Arc<SshUser>,
    pub(crate) session_context: Arc<SessionContext>,
    pub(crate) shutdown: ShutdownSignal,
}

/// The key exchanges of a router of these years, best first, as far as the SSH library has them: none that resists quantum computers. The
/// last two are extensions: the list of signature algorithms, and the strict key exchange.
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
        inactivity_timeout: Some(INACTIVITY_TIMEOUT),
        preferred: Preferred {
            kex: Cow::Borrowed(KEX),
            ..Preferred::default()
        },
        ..server::Config::default()
    }
}

/// A second handle of a connection's socket that shuts the connection down on drop, so that the SSH library's own task ends,
/// whatever its state.
struct ShutdownOnDrop(std::net::TcpStream);

impl Drop for ShutdownOnDrop {
    fn drop(&mut self) {
        // A socket that is closed already has nothing to cut.
        let _cut = self.0.shutdown(Shutdown::Both);
    }
}

/// Serves one connection to its end. Errors come from the client and affect nothing else, so they are dropped.
pub(crate) async fn serve(socket: TcpStream, context: ConnectionContext, faults: Faults) {
    let Ok((socket, shutdown_guard)) = shutdown_on_drop(socket) else {
        return;
    };
    let stopped = context.shutdown.clone().triggered();
    tokio::pin!(stopped);
    if faults.has(Fault::BlackHole) {
        tokio::select! {
            () = discard_input(socket) => {}
            () = &mut stopped => {}
        }
        return;
    }
    let config = if faults.has(Fault::ChangedHostKey) {
        context.config_with_changed_key
    } else {
        context.config
    };
    let (opened, mut sessions) = mpsc::channel(SESSIONS_PER_CONNECTION);
    let handler = ClientHandler {
        ssh_user: (!faults.has(Fault::RefusedLogin)).then(|| Arc::clone(&context.ssh_user)),
        waiting: HashMap::new(),
        opened,
    };
    let stream = FaultyStream::new(socket, &faults);
    let running = tokio::select! {
        running = server::run_stream(config, stream, handler) => running,
        () = &mut stopped => return,
    };
    let Ok(mut running) = running else {
        return;
    };
    let faults = Arc::new(faults);
    let (end, ended) = shutdown_channel();
    let mut netconf_sessions = JoinSet::new();
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
                let (session_context, faults) = (Arc::clone(&context.session_context), Arc::clone(&faults));
                netconf_sessions.spawn(session::serve(stream, session_context, faults, ended.clone()));
            }
            Some(_) = netconf_sessions.join_next() => {}
        }
    }
    // A dialogue may be in a pause of its own, where it does not see that nobody listens any more.
    end.trigger();
    if !has_ended {
        while netconf_sessions.join_next().await.is_some() {}
        let handle = running.handle();
        let disconnect = handle.disconnect(
            Disconnect::ByApplication,
            "the fleet stops".to_owned(),
            String::new(),
        );
        let _said = timeout(DISCONNECT_TIMEOUT, disconnect).await;
        drop(shutdown_guard);
        let _ended = timeout(DISCONNECT_TIMEOUT, running).await;
    } else {
        drop(shutdown_guard);
        while netconf_sessions.join_next().await.is_some() {}
    }
}

fn shutdown_on_drop(socket: TcpStream) -> std::io::Result<(TcpStream, ShutdownOnDrop)> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let shutdown_guard = ShutdownOnDrop(socket.try_clone()?);
    Ok((TcpStream::from_std(socket)?, shutdown_guard))
}

/// The callbacks of the SSH library for one client.
struct ClientHandler {
    /// The user that may log in; `None` refuses everybody.
    ssh_user: Option<Arc<SshUser>>,
    /// Channels without a subsystem yet.
    waiting: HashMap<ChannelId, Channel<Msg>>,
    /// Channels that requested the `netconf` subsystem.
    opened: mpsc::Sender<Channel<Msg>>,
}

impl server::Handler for ClientHandler {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let is_known =
            |ssh_user: &Arc<SshUser>| user == ssh_user.user && password == ssh_user.password;
        Ok(auth_reply(self.ssh_user.as_ref().is_some_and(is_known)))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(auth_reply(self.is_users_key(user, offer.public_key)))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(auth_reply(self.is_users_key(user, key.public_key)))
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

impl ClientHandler {
    fn is_users_key(&self, user: &str, key: &PublicKey) -> bool {
        let is_known = |ssh_user: &Arc<SshUser>| {
            user == ssh_user.user && key.key_data() == ssh_user.key.key_data()
        };
        self.ssh_user.as_ref().is_some_and(is_known)
    }
}

fn auth_reply(is_accepted: bool) -> Auth {
    if is_accepted {
        Auth::Accept
    } else {
        Auth::reject()
    }
}
