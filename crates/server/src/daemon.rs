//! The life of the daemon: it listens, collects and serves until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use collector::{Clock, LiveSeries};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::collect::Collect;
use crate::connections;
use crate::error::{Error, Result};
use crate::passes::{LastPass, keep_passing};
use crate::probes::Probes;
use crate::routes::Routes;
use crate::status::{ErrorObserver, Status};
use crate::web_files::WebFiles;

/// How the daemon serves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The time from one pass to the next.
    pub every: Duration,
    /// A pass that takes longer than this hangs.
    pub longest_pass: Duration,
    /// How old the series of a probe may be.
    pub probe_cache: Duration,
    /// Devices that are collected for probes at the same time.
    pub most_probes: usize,
    /// TLS, users and headers, in exporter-toolkit's format.
    pub web_config_file: Option<PathBuf>,
    /// A file with a bearer token that lets its bearer in.
    pub web_token_file: Option<PathBuf>,
}

/// How the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// No work was cut short.
    Whole,
    /// A pass was cut short; what had come was delivered.
    Abandoned,
}

/// A daemon that listens and has not begun.
pub struct Daemon {
    listener: TcpListener,
    settings: Settings,
    files: Arc<WebFiles>,
    collect: Arc<dyn Collect>,
    live: LiveSeries,
    tell: ErrorObserver,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Daemon")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Daemon {
    /// Reads the web configuration and listens. Nothing was contacted.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, or with the address.
    pub async fn listen(
        settings: Settings,
        collect: Arc<dyn Collect>,
        live: LiveSeries,
        tell: ErrorObserver,
    ) -> Result<Self> {
        let files = WebFiles::read(
            settings.web_config_file.clone(),
            settings.web_token_file.clone(),
            Arc::clone(&tell),
        )?;
        let address = settings.listen;
        let listener = TcpListener::bind(address).await;
        Ok(Self {
            listener: listener.map_err(|source| Error::Listen { address, source })?,
            settings,
            files: Arc::new(files),
            collect,
            live,
            tell,
        })
    }

    /// Where it is reached, as the begin of a URL.
    pub fn url(&self) -> String {
        let address = self.listener.local_addr().unwrap_or(self.settings.listen);
        let scheme = match self.files.current().tls {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{address}")
    }

    /// Whether everybody who reaches the port is let in, and others than this host may reach it.
    pub fn is_open_to_others(&self) -> bool {
        !self.settings.listen.ip().is_loopback() && self.files.current().is_open()
    }

    /// Collects and serves until `stop` ends. Each message of `reload` has inventory and web configuration read anew.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        mut reload: mpsc::Receiver<()>,
    ) -> Drained {
        let (stopper, stopped) = watch::channel(false);
        let settings = &self.settings;
        let status = Arc::new(Status::new(
            Clock::default(),
            settings.every,
            settings.longest_pass,
            self.tell,
        ));
        let probes = Probes::new(
            Arc::clone(&self.collect),
            self.live.clone(),
            Arc::clone(&status),
            settings.probe_cache,
            settings.most_probes,
            stopped.clone(),
        );
        let routes = Arc::new(Routes::new(
            Arc::clone(&self.collect),
            self.live.clone(),
            Arc::clone(&status),
            probes,
        ));
        let serving = tokio::spawn(connections::serve(
            self.listener,
            routes,
            Arc::clone(&self.files),
            stopped.clone(),
        ));
        let passing = tokio::spawn(keep_passing(
            Arc::clone(&self.collect),
            Arc::clone(&status),
            stopped,
        ));
        // In a task of its own: a vault's program that hangs must not keep the daemon from stopping.
        let (collect, files, told) = (self.collect, self.files, Arc::clone(&status));
        let reloading = tokio::spawn(async move {
            while reload.recv().await.is_some() {
                reload_all(&*collect, &files, &told).await;
            }
        });
        stop.await;
        reloading.abort();
        status.facts().stopping = true;
        stopper.send_replace(true);
        let last = passing.await;
        serving.await.ok();
        match last {
            Ok(LastPass::Whole) => Drained::Whole,
            Ok(LastPass::CutShort) | Err(_) => Drained::Abandoned,
        }
    }
}

/// Reads inventory and web configuration anew. What is broken stays as it was.
async fn reload_all(collect: &dyn Collect, files: &Arc<WebFiles>, status: &Status) {
    let files = Arc::clone(files);
    let web = tokio::task::spawn_blocking(move || files.reload().map_err(|it| it.to_string()));
    let web = web.await.unwrap_or_else(|error| Err(error.to_string()));
    let inventory = collect.reload().await;
    for (what, result) in [
        ("the inventory", &inventory),
        ("the web configuration", &web),
    ] {
        match result {
            Ok(()) => tracing::info!("{what} is read anew"),
            Err(error) => (status.tell)(&format!("{what} stays as it was: {error}")),
        }
    }
    status.reloaded(inventory.is_ok() && web.is_ok());
}
