//! `lanewatch collect`: one pass over a shard.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use secrecy::SecretString;
use sinks::RawReplies;
use sinks::lake::Compression;

use super::ExitStatus;
use super::printer::Printer;
use crate::config::{HostKeys, Plan, Problem, Problems, Settings};
use crate::runner::{self, Clock, Finished, Outcome, Retry};
use crate::view::{Progress, render_run};

/// Collect all devices of an inventory once: raw replies, JSON, the lake, run.json.
#[derive(Debug, Args)]
#[command(after_help = super::EXIT_STATUSES)]
pub(super) struct Collect {
    /// An Ansible inventory in YAML; several are read as one
    #[arg(short, long = "inventory", value_name = "FILE", required = true)]
    inventory: Vec<PathBuf>,
    /// Where the run's folder is made
    #[arg(long, value_name = "FOLDER", default_value = "output")]
    output_dir: PathBuf,
    /// The root of the Parquet lake
    #[arg(long, value_name = "FOLDER", default_value = "raw_ml_data")]
    lake: PathBuf,
    /// What this runner is called in file names and rows, unless SEMAPHORE_RUNNER_NAME says it [default: the host name]
    #[arg(long, value_name = "NAME")]
    runner_name: Option<String>,
    /// The RPCs to ask, in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// The user to log in as, where the inventory names none [default: $USER]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// A file whose first line is the password, where the inventory holds none (or LANEWATCH_PASSWORD)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The private key to log in with, where the inventory names none
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
    /// What is done about the devices' host keys
    #[arg(long, value_enum, default_value = "strict")]
    host_keys: HostKeys,
    /// Where host keys are kept [default: ~/.ssh/known_hosts]
    #[arg(long, value_name = "FILE")]
    known_hosts: Option<PathBuf>,
    /// Interfaces to collect, where the inventory has no filter: names and globs, with commas
    #[arg(long, value_name = "LIST")]
    interfaces: Option<String>,
    /// How many devices are at work at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    concurrency: usize,
    /// How long one device may take in all, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    device_timeout: u64,
    /// How long the whole run may take, in seconds; devices that are not done by then are given up
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86400))]
    run_timeout: u64,
    /// How often a connection or an RPC is tried that failed for what may pass: refused, reset, timed out
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    attempts: u32,
    /// How Parquet pages are compressed
    #[arg(long, value_enum, default_value = "snappy")]
    compression: CompressionArgument,
    /// What becomes of the raw replies
    #[arg(long, value_enum, default_value = "keep")]
    raw: RawArgument,
    /// How many of this runner's run folders stay
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = positive)]
    keep_runs: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum CompressionArgument {
    Snappy,
    Zstd,
    Gzip,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RawArgument {
    Keep,
    Zstd,
    Drop,
}

impl Collect {
    pub(super) async fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let plan = Plan::build(self.settings()?)?;
        for warning in &plan.warnings {
            printer.warning(warning);
        }
        let keeps_raw = plan.settings.raw != RawReplies::Drop;
        let (output_dir, lake) = (plan.settings.output_dir.clone(), plan.settings.lake.clone());
        let progress = Progress::start();
        let shard = progress.add(&plan.settings.runner_name, plan.devices.len());
        let finished = runner::run(
            plan,
            Clock::default(),
            Arc::new(move |event| shard.step(event)),
            interrupted(),
        )
        .await?;
        progress.finish();
        printer.answer(&render_run(&finished, &output_dir, &lake));
        for warning in &finished.warnings {
            printer.warning(warning);
        }
        let (report, folder) = (&finished.report, finished.folder.path().display());
        if let Some(error) = &report.lake_error {
            let remedy = if keeps_raw {
                format!(
                    "once that is mended, `lanewatch replay {folder} --output FOLDER --lake {}` brings its rows",
                    lake.display()
                )
            } else {
                "its raw replies were not kept (`--raw drop`), so only the JSON documents have it"
                    .to_owned()
            };
            printer.error(&format!(
                "the lake has nothing of this run: {error}; {remedy}"
            ));
        }
        if let Some(error) = &finished.report_error {
            printer.error(&format!(
                "{error}; without the run report, the run in {folder} cannot be replayed"
            ));
        }
        Ok(exit_status(&finished))
    }

    fn settings(self) -> anyhow::Result<Settings> {
        Ok(Settings {
            password: password(self.password_file.as_deref())?,
            runner_name: runner_name(self.runner_name)?,
            inventories: self.inventory,
            catalogue: self.catalogue,
            output_dir: self.output_dir,
            lake: self.lake,
            user: self.user,
            private_key: self.private_key,
            host_keys: self.host_keys,
            known_hosts: self.known_hosts,
            interfaces: self.interfaces,
            concurrency: self.concurrency,
            device_timeout: Duration::from_secs(self.device_timeout),
            run_timeout: Duration::from_secs(self.run_timeout),
            retry: Retry::new(self.attempts),
            compression: self.compression.into(),
            raw: match self.raw {
                RawArgument::Keep => RawReplies::Keep,
                RawArgument::Zstd => RawReplies::Zstd,
                RawArgument::Drop => RawReplies::Drop,
            },
            keep_runs: self.keep_runs,
        })
    }
}

impl From<CompressionArgument> for Compression {
    fn from(argument: CompressionArgument) -> Self {
        match argument {
            CompressionArgument::Snappy => Self::Snappy,
            CompressionArgument::Zstd => Self::Zstd,
            CompressionArgument::Gzip => Self::Gzip,
            CompressionArgument::None => Self::None,
        }
    }
}

/// What the run's report means to whoever called us.
fn exit_status(finished: &Finished) -> ExitStatus {
    let report = &finished.report;
    let all = report.devices.len();
    if report.lake_error.is_some() || finished.report_error.is_some() {
        ExitStatus::Internal
    } else if report.count(Outcome::Delivered) == all {
        ExitStatus::Delivered
    } else if report.count(Outcome::Failed) == all {
        ExitStatus::NoneDelivered
    } else {
        ExitStatus::SomeFailed
    }
}

/// `SEMAPHORE_RUNNER_NAME`, else what was asked for, else the host's name.
fn runner_name(asked: Option<String>) -> anyhow::Result<String> {
    let semaphore = std::env::var("SEMAPHORE_RUNNER_NAME")
        .ok()
        .filter(|name| !name.is_empty());
    let host = || {
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
    };
    let name = semaphore
        .or(asked)
        .or_else(host)
        .filter(|name| !name.is_empty());
    name.ok_or_else(|| {
        Problems::from(Problem::new(
            "this host has no name to call the runner by; give `--runner-name`",
        ))
        .into()
    })
}

/// The password of the file, else of the environment.
fn password(file: Option<&std::path::Path>) -> anyhow::Result<Option<SecretString>> {
    let Some(file) = file else {
        return Ok(std::env::var("LANEWATCH_PASSWORD")
            .ok()
            .filter(|password| !password.is_empty())
            .map(SecretString::from));
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problems::from(Problem::new(format!(
            "cannot read the password file {}: {error}",
            file.display()
        )))
    })?;
    let line = text.lines().next().filter(|line| !line.is_empty());
    let line = line.ok_or_else(|| {
        Problems::from(Problem::new(format!(
            "the first line of the password file {} is empty",
            file.display()
        )))
    })?;
    Ok(Some(SecretString::from(line.to_owned())))
}

/// Ends when the user or the system asks us to stop.
pub(super) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()).context("no signals") else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "a whole number from 1 up".to_owned())
}
