//! An SSH server whose logins a test can script, with tunnels and a `netconf` subsystem that answers `<ok/>`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Msg, Response, Session};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};

use crate::device::serve_netconf;

/// How a server lets people in. The secret is always `right`, the user `lab`.
#[derive(Debug, Clone)]
pub(crate) struct TestServer {
    pub(crate) methods: Vec<MethodKind>,
    /// Questions of keyboard-interactive, with whether the answer is shown; asked again and again after a wrong answer.
    pub(crate) questions: Vec<(&'static str, bool)>,
    /// Ends the connection with these words at a wrong password.
    pub(crate) hangs_up: bool,
    /// What it was shown, and how many connections and tunnels it had.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) tunnels: Arc<AtomicUsize>,
    pub(crate) open_tunnels: Arc<AtomicUsize>,
    /// Rounds of keyboard-interactive after the right answer: instructions and questions. After them nobody is let in.
    pub(crate) further_rounds: Vec<(&'static str, Vec<(&'static str, bool)>)>,
}

impl TestServer {
    pub(crate) fn with(methods: &[MethodKind]) -> Self {
        Self {
            methods: methods.to_vec(),
            questions: vec![("Password: ", false)],
            hangs_up: false,
            seen: Arc::default(),
            connections: Arc::default(),
            tunnels: Arc::default(),
            open_tunnels: Arc::default(),
            further_rounds: Vec::new(),
        }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) async fn open(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519);
        let config = Arc::new(russh::server::Config {
            keys: vec![key.unwrap()],
            methods: MethodSet::from(self.methods.as_slice()),
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            ..Default::default()
        });
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.connections.fetch_add(1, Ordering::SeqCst);
                let handler = ClientHandler {
                    server: server.clone(),
                    channel: None,
                    rounds: 0,
                };
                let config = config.clone();
                tokio::spawn(async move {
                    if let Ok(session) = russh::server::run_stream(config, stream, handler).await {
                        drop(session.await);
                    }
                });
            }
        });
        address
    }
}

struct ClientHandler {
    server: TestServer,
    channel: Option<Channel<Msg>>,
    /// Further rounds of keyboard-interactive so far.
    rounds: usize,
}

impl russh::server::Handler for ClientHandler {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.server
            .seen
            .lock()
            .unwrap()
            .push(format!("password {password}"));
        if (user, password) == ("lab", "right") {
            return Ok(Auth::Accept);
        }
        if self.server.hangs_up {
            return Err(russh::Error::Disconnect);
        }
        Ok(Auth::reject())
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let ask = |instructions: &'static str, questions: &[(&'static str, bool)]| Auth::Partial {
            name: "".into(),
            instructions: instructions.into(),
            prompts: questions
                .iter()
                .map(|(question, echo)| ((*question).into(), *echo))
                .collect::<Vec<_>>()
                .into(),
        };
        let Some(response) = response else {
            return Ok(ask("", &self.server.questions));
        };
        let answers = response.map(|answer| String::from_utf8_lossy(&answer).into_owned());
        let answers: Vec<String> = answers.collect();
        self.server.seen.lock().unwrap().push(answers.join(" "));
        let is_right = answers.last().map(String::as_str) == Some("right") && user == "lab";
        if self.rounds == 0 && !is_right {
            return Ok(ask("", &self.server.questions));
        }
        if self.server.further_rounds.is_empty() {
            return Ok(Auth::Accept);
        }
        let round = self.server.further_rounds.get(self.rounds);
        self.rounds += 1;
        Ok(match round {
            Some((instructions, questions)) => ask(instructions, questions),
            None => Auth::reject(),
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

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let port = u16::try_from(port).unwrap();
        self.server.tunnels.fetch_add(1, Ordering::SeqCst);
        // A handle that is dropped refuses.
        if let Ok(mut socket) = TcpStream::connect((host, port)).await {
            reply.accept().await;
            let open = self.server.open_tunnels.clone();
            open.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut stream = channel.into_stream();
                drop(tokio::io::copy_bidirectional(&mut stream, &mut socket).await);
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(id)?;
        if let Some(channel) = self.channel.take() {
            serve_netconf(channel, |_| Some("<ok/>".to_owned()));
        }
        Ok(())
    }
}
