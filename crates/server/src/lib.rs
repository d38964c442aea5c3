//! The daemon: passes over the devices at an interval, and the HTTP endpoint that serves their series.
//!
//! ```text
//!  ticks ─► passes ──► Collect ──► LiveSeries ──► routes ──► body ─► client
//!           probes ──────┘ (one a device at a time)  │
//!                                                    ├ negotiation   text or OpenMetrics, gzip
//!  SIGHUP ─► reload                                  ├ access        passwords, bearer token
//!  SIGTERM ─► stop                                   └ status        health, the daemon's own series
//!           connections: limits, deadlines, TLS, as the web configuration file says
//! ```
//!
//! A pass does what `lanewatch collect` does. A failed pass, a panic in it or a broken file that is read anew ends nothing: it is told,
//! counted, and the next tick comes.

mod access;
mod body;
mod collect;
mod connections;
mod daemon;
mod error;
mod negotiation;
mod own_series;
mod passes;
mod probes;
mod routes;
mod service_discovery;
mod state_lock;
mod status;
mod stop;
mod tls;
mod web_config;
mod web_files;
mod write_timeout;

pub use collect::{Collect, Collection, Listed, PassEnd, PassObserver};
pub use daemon::{Daemon, Drained, Settings};
pub use error::{Error, Result};
pub use state_lock::StateLock;
pub use status::ErrorObserver;
