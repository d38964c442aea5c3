//! What a pass is asked to do: plain values, made once by whoever starts it.
//!
//! The application makes [`Options`] of its settings. Nothing in this crate reads a flag, a variable or a settings file.

use std::path::PathBuf;
use std::time::Duration;

use inventory::InventorySources;
use metrics::{Detail, MetricNames};
use secrecy::SecretString;
use sinks::lake::Compression;
use sinks::{RawReplies, Retention};

use crate::live_series::LiveSeries;
use crate::plan::Shard;
use crate::retry::Retry;

/// Everything that a pass is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which devices there are and what they are asked.
    pub devices: DeviceOptions,
    /// How devices are reached, where the inventory leaves it open.
    pub login: LoginOptions,
    /// The timeouts and limits of a NETCONF session.
    pub session: netconf::Options,
    /// How many devices at once, for how long, and how often again.
    pub limits: Limits,
    /// What a run leaves behind, and where.
    pub output: OutputOptions,
}

/// Which devices there are and what they are asked.
#[derive(Debug, Clone, Default)]
pub struct DeviceOptions {
    /// The inventories, the limit, extra variables and vault passwords.
    pub sources: InventorySources,
    /// The catalogues of RPCs; the built-in one if there is none.
    pub catalogue: Vec<PathBuf>,
    /// Names and globs of interfaces, for devices whose inventory has no filter.
    pub interfaces: Option<String>,
    /// This runner's part of the inventory.
    pub shard: Option<Shard>,
    /// The runner's name in file names and rows; the host's name if there is none.
    pub runner_name: Option<String>,
}

/// How devices are reached and logged in to, where the inventory leaves it open.
#[derive(Debug, Clone, Default)]
pub struct LoginOptions {
    /// The NETCONF port, where neither the inventory nor arguments for ssh name one.
    pub port: Option<u16>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// A private key.
    pub private_key: Option<PathBuf>,
    /// The passphrase of the private key.
    pub private_key_passphrase: Option<SecretString>,
    /// The authentication methods in the order to try them, separated by commas.
    pub auth_order: Option<String>,
    /// The host key policy.
    pub host_keys: Option<HostKeys>,
    /// The known_hosts file; OpenSSH's files if there is none.
    pub known_hosts: Option<PathBuf>,
    /// Jump hosts, separated by commas.
    pub jump: Option<String>,
    /// The proxy command.
    pub proxy_command: Option<String>,
    /// The `ssh_config` file; `none` reads none, and OpenSSH's files are read if there is none here.
    pub ssh_config: Option<PathBuf>,
}

/// How many devices at once, for how long, and how often again.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Devices with an open session at once; at least one.
    pub concurrency: usize,
    /// The time for one device, from its first turn on. Time that it waits for a turn does not count.
    pub device_timeout: Duration,
    /// The time for the whole run.
    pub run_timeout: Duration,
    /// How often a failed attempt is made again.
    pub retry: Retry,
    /// After every device has had its first turn: how long the run waits for the rest before what has come is published.
    pub publish_after: Duration,
    /// How long a sink may hold a device's turn, and how long the run's end waits for a sink that makes no progress.
    pub sink_timeout: Duration,
}

/// What a run leaves behind, and where.
#[derive(Debug, Clone)]
pub struct OutputOptions {
    /// The folder in which the run's folder is made.
    pub output_dir: PathBuf,
    /// The root of the Parquet lake.
    pub lake: PathBuf,
    /// How Parquet pages are compressed.
    pub compression: Compression,
    /// The Prometheus text file, if one is written.
    pub metrics: Option<MetricsFile>,
    /// The Pushgateway that each device is pushed to, if there is one.
    pub push: Option<PushOptions>,
    /// Where the newest series are left for whoever serves them.
    pub scrape: Option<LiveSeries>,
    /// Where earlier runs are, if not in `output_dir`: findings are compared with theirs.
    pub earlier_runs: Option<PathBuf>,
    /// What becomes of raw replies.
    pub raw: RawReplies,
    /// Which of this runner's run folders stay.
    pub retention: Retention,
    /// The bytes that must stay free on each disk that is written to.
    pub min_free_space_bytes: u64,
    /// The cluster of the runner, for the run report and the footers of the lake's files.
    pub cluster_name: Option<String>,
}

/// A Prometheus text file that each run writes anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsFile {
    /// Where it is.
    pub path: PathBuf,
    /// Which names its series have.
    pub names: MetricNames,
    /// How many series there are.
    pub detail: Detail,
    /// The time from one run to the next; worked out of the last runs if there is none.
    pub interval: Option<Duration>,
}

/// A Pushgateway, and what it gets: a group of series for each device.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// The address of the gateway, with user and password where it asks for them.
    pub address: SecretString,
    /// The label `job` of the groups; not empty.
    pub job: String,
    /// Which names the series have.
    pub names: MetricNames,
    /// How many series there are.
    pub detail: Detail,
    /// The time from one run to the next; worked out of the last runs if there is none.
    pub interval: Option<Duration>,
    /// The time for a push with all its attempts, and for what still waits at the end of the run.
    pub timeout: Duration,
}

/// The host key policy; where keys are kept is another option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeys {
    /// Only keys in the known-hosts file.
    Strict,
    /// Unknown keys are added to the file, changed ones refused.
    AcceptNew,
    /// Any key: whoever answers gets the password.
    Off,
}

impl HostKeys {
    /// Each policy with the word for it in settings and variables.
    pub const WORDS: &[(&str, Self)] = &[
        ("strict", Self::Strict),
        ("accept-new", Self::AcceptNew),
        ("off", Self::Off),
    ];

    /// The policy of this word.
    pub fn parse(word: &str) -> Option<Self> {
        let named = Self::WORDS.iter().find(|(name, _)| *name == word)?;
        Some(named.1)
    }

    /// The word for the policy.
    pub fn word(self) -> &'static str {
        let named = Self::WORDS.iter().find(|(_, policy)| *policy == self);
        named.map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
impl Options {
    /// What a user would have who gave an inventory and little else.
    pub(crate) fn for_tests(inventory: &std::path::Path) -> Self {
        Self {
            devices: DeviceOptions {
                sources: InventorySources {
                    inventories: vec![inventory.to_owned()],
                    ..InventorySources::default()
                },
                runner_name: Some("r".to_owned()),
                ..DeviceOptions::default()
            },
            login: LoginOptions {
                user: Some("fallback".to_owned()),
                password: Some(SecretString::from("hunter2")),
                ssh_config: Some(PathBuf::from("none")),
                ..LoginOptions::default()
            },
            session: netconf::Options::default(),
            limits: Limits {
                concurrency: 10,
                device_timeout: Duration::from_secs(1),
                run_timeout: Duration::from_secs(60),
                retry: Retry {
                    attempts: 1,
                    first_pause: Duration::from_secs(1),
                },
                publish_after: Duration::from_secs(20),
                sink_timeout: Duration::from_secs(60),
            },
            output: OutputOptions {
                output_dir: PathBuf::from("output"),
                lake: PathBuf::from("lake"),
                compression: Compression::Snappy,
                metrics: None,
                push: None,
                scrape: None,
                earlier_runs: None,
                raw: RawReplies::Keep,
                retention: Retention {
                    runs: 1,
                    seconds: None,
                    bytes: None,
                },
                min_free_space_bytes: 0,
                cluster_name: None,
            },
        }
    }
}
