//! The table of settings: the one place where a setting is declared.
//!
//! A row makes the flag, the variable, the key of `lanewatch.toml`, the line of `docs/settings.md` and the field of [`Settings`].

use std::path::PathBuf;
use std::time::Duration;

use metrics::{Detail, MetricNames};
use netconf::options;
use secrecy::SecretString;
use sinks::RawReplies;
use sinks::lake::Compression;

use super::layers::Layers;
use super::row::{Row, settings};
use super::value::{Age, LogFilter, Size, Value};
use collector::{
    DeviceOptions, HostKeys, Limits, LoginOptions, MetricsFile, NetconfVersion, Options,
    OutputOptions, Retry, Shard,
};
use inventory::InventorySources;
use inventory::Problem;
use inventory::vault::VaultSources;

/// Commands that resolve a plan.
const PLANNING: &[&str] = &["collect", "check", "record"];
/// Commands that know RPCs by name.
const CATALOGUE: &[&str] = &[
    "collect",
    "check",
    "parse",
    "record",
    "replay",
    "lake verify",
    "lake ddl",
];
/// Commands that read an inventory.
const INVENTORY: &[&str] = &[
    "collect",
    "check",
    "record",
    "inventory list",
    "inventory graph",
    "inventory host",
];
/// Commands that may meet what is encrypted.
const VAULT: &[&str] = &[
    "collect",
    "check",
    "record",
    "inventory list",
    "inventory graph",
    "inventory host",
    "vault encrypt",
    "vault encrypt-string",
    "vault decrypt",
    "vault view",
    "vault rekey",
];
/// Commands that talk to devices.
const CONNECTING: &[&str] = PLANNING;
/// Commands that ask devices for everything, and try again what failed.
const RUNNING: &[&str] = &["collect", "record"];
/// Commands that make a run.
const COLLECTING: &[&str] = &["collect"];
/// Commands that put a runner's name into what they write.
const NAMING: &[&str] = &["collect", "lake write"];
/// Commands that write Parquet files.
const LAKE: &[&str] = &["collect", "replay", "lake write"];
/// Commands that look at the lake.
const LOOKING: &[&str] = &[
    "collect",
    "lake sync",
    "lake status",
    "lake verify",
    "lake ddl",
];
/// Commands that talk to a remote lake.
const REMOTE: &[&str] = &["collect", "lake sync", "lake verify"];

const WHO: &str = "Devices and RPCs";
const LOGIN: &str = "Logging in";
const PACE: &str = "Pace and patience";
const STEPS: &str = "Time for each step of a session";
const OUTPUT: &str = "What a run leaves";
const SAYING: &str = "What is said";
/// Commands whose doings can be watched.
const LOGGING: &[&str] = &["collect", "check", "replay"];
const AWAY: &str = "The remote lake";

settings! {
    /// An inventory as Ansible takes it: a file, a folder, or hosts with commas; several are read as one
    inventory: Vec<PathBuf> = Vec::new(), { value: "FILE", short: Some('i'), group: WHO, commands: INVENTORY }

    /// The hosts that are meant: `xai:&qfx*:!spare`, names, globs, `~regex`, `leaf[0:3]`, `@FILE`
    limit: Option<String> = None, { value: "PATTERN", short: Some('l'), group: WHO, commands: INVENTORY, otherwise: Some("all") }

    /// Variables over all others: `name=value`, a mapping in JSON, or @FILE
    extra_vars: Vec<String> = Vec::new(), { value: "VARIABLES", short: Some('e'), group: WHO, commands: INVENTORY }

    /// Where the playbook lies, whose `group_vars` and `host_vars` count too
    playbook_dir: Option<PathBuf> = None, { value: "FOLDER", group: WHO, commands: INVENTORY, otherwise: Some("the current folder") }

    /// The RPCs to ask, in place of the built-in ones; a file keeps those with `include: built-in`
    catalogue: Vec<PathBuf> = Vec::new(), { value: "FILE", group: WHO, commands: CATALOGUE, otherwise: Some("built in") }

    /// Interfaces to collect, where the inventory has no filter: names and globs, with commas
    interfaces: Option<String> = None, { value: "LIST", group: WHO, commands: &["collect", "check", "parse", "record"], otherwise: Some("all") }

    /// This runner's part of the inventory, where several runners share it: 2/5 is the second of five
    shard: Option<Shard> = None, { value: "K/N", group: WHO, commands: PLANNING, otherwise: Some("all") }

    /// What this runner is called in file names and rows
    runner_name: Option<String> = None, {
        value: "NAME", group: WHO, commands: NAMING, otherwise: Some("the host name"), overruled_by: Some("SEMAPHORE_RUNNER_NAME"),
    }

    /// The user to log in as, where the inventory names none
    user: Option<String> = None, { value: "USER", group: LOGIN, commands: CONNECTING, otherwise: Some("$USER") }

    /// The password, where the inventory holds none
    password: Option<SecretString> = None, { value: "PASSWORD", group: LOGIN, commands: CONNECTING }

    /// A file whose first line is the password, where the inventory holds none
    password_file: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING }

    /// The private key to log in with, where the inventory names none
    private_key: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING }

    /// What the private key is encrypted with, where the inventory does not say it
    private_key_passphrase: Option<SecretString> = None, { value: "PASSPHRASE", group: LOGIN, commands: CONNECTING }

    /// Which ways to log in are tried, in this order: key, agent, password and keyboard-interactive, with commas
    auth_order: Option<String> = None, { value: "LIST", group: LOGIN, commands: CONNECTING, otherwise: Some("what is named, keys first") }

    /// A file that holds a vault password, or a program that prints it (also ANSIBLE_VAULT_PASSWORD_FILE)
    vault_password_file: Vec<PathBuf> = Vec::new(), { value: "FILE", group: LOGIN, commands: VAULT }

    /// A vault password with its label: `label@FILE`, `label@prompt` (also ANSIBLE_VAULT_IDENTITY_LIST)
    vault_id: Vec<String> = Vec::new(), { value: "ID", group: LOGIN, commands: VAULT }

    /// Ask for the vault password
    ask_vault_pass: bool = false, { value: "BOOL", short: Some('J'), group: LOGIN, commands: VAULT }

    /// What is done about the devices' host keys: only known ones, unknown ones written down, or none checked
    host_keys: Option<HostKeys> = None, { value: "POLICY", group: LOGIN, commands: CONNECTING, otherwise: Some("strict") }

    /// Where host keys are kept
    known_hosts: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING, otherwise: Some("OpenSSH's files") }

    /// Jump hosts on the way to the devices, the nearest first, with commas: `user@host:port`, user and port if need be
    jump: Option<String> = None, { value: "HOSTS", group: LOGIN, commands: CONNECTING }

    /// A command whose input and output are the way to a device: %h is the host, %p the port, %r the user
    proxy_command: Option<String> = None, { value: "COMMAND", group: LOGIN, commands: CONNECTING }

    /// What OpenSSH has been told about hosts; `none` reads no file
    ssh_config: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING, otherwise: Some("~/.ssh/config and the system's") }

    /// How many devices are at work at once
    concurrency: usize = 100, { value: "N", group: PACE, commands: CONNECTING }

    /// How long one device may take in all
    device_timeout: Duration = Duration::from_secs(300), { value: "TIME", group: PACE, commands: CONNECTING }

    /// How long the whole run may take; devices that are not done by then are given up
    run_timeout: Duration = Duration::from_secs(1800), { value: "TIME", group: PACE, commands: RUNNING }

    /// When the last device has had its first turn: how long the others wait for it before what has come is published
    publish_after: Duration = Duration::from_secs(20), { value: "TIME", group: PACE, commands: COLLECTING }

    /// How long the lake or the JSON documents may hold up a device before the run goes on without them, as undelivered
    sink_timeout: Duration = Duration::from_secs(60), { value: "TIME", group: PACE, commands: COLLECTING }

    /// How often a connection, an RPC or an upload is tried that failed for what may pass: refused, reset, timed out
    attempts: u32 = 3, { value: "N", group: PACE, commands: &["collect", "record", "lake sync"] }

    /// The bound of the random pause before the second attempt; it doubles with each further one, up to half a minute
    retry_pause: Duration = Duration::from_secs(1), { value: "TIME", group: PACE, commands: RUNNING }

    /// Finding the address of a name
    resolve_timeout: Duration = options::DEFAULT_RESOLVE_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Opening the TCP connection, all addresses together
    connect_timeout: Duration = options::DEFAULT_CONNECT_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Until the device has sent its SSH identification line
    version_exchange_timeout: Duration = options::DEFAULT_VERSION_EXCHANGE_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Agreeing on SSH keys, the host key check included
    key_exchange_timeout: Duration = options::DEFAULT_KEY_EXCHANGE_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Logging in, with all methods together
    authentication_timeout: Duration = options::DEFAULT_AUTHENTICATION_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Opening the NETCONF subsystem and exchanging hellos
    hello_timeout: Duration = options::DEFAULT_HELLO_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// From a request to the first byte of its reply
    first_byte_timeout: Duration = options::DEFAULT_FIRST_BYTE_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// From a request to the last byte of its reply
    reply_timeout: Duration = options::DEFAULT_REPLY_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// Ending the session in good order, before the connection is cut
    close_timeout: Duration = options::DEFAULT_CLOSE_TIMEOUT, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// A device that is silent for so long is asked whether it is still there
    keepalive_interval: Duration = options::DEFAULT_KEEPALIVE_INTERVAL, { value: "TIME", group: STEPS, commands: CONNECTING }

    /// A device is given up when it has not answered so many of these questions
    keepalives_unanswered: usize = options::DEFAULT_KEEPALIVES_UNANSWERED, { value: "N", group: STEPS, commands: CONNECTING }

    /// The newest NETCONF version that is offered: 1.1 sends messages in chunks
    netconf_version: NetconfVersion = NetconfVersion::V1_0, { value: "VERSION", group: STEPS, commands: CONNECTING }

    /// The largest reply that is taken, in bytes
    max_reply_bytes: usize = options::DEFAULT_MAX_REPLY_BYTES, { value: "BYTES", group: STEPS, commands: CONNECTING }

    /// Where the run's folder is made
    output_dir: PathBuf = PathBuf::from("output"), { value: "FOLDER", group: OUTPUT, commands: COLLECTING }

    /// The root of the Parquet lake
    lake: PathBuf = PathBuf::from("raw_ml_data"), { value: "FOLDER", group: OUTPUT, commands: LOOKING }

    /// How Parquet pages are compressed
    compression: Compression = Compression::Snappy, { value: "CODEC", group: OUTPUT, commands: LAKE }

    /// Prometheus text of what was measured, written anew by each run: for the text file collector of node_exporter, or to be pushed
    metrics_file: Option<PathBuf> = None, { value: "FILE", group: OUTPUT, commands: COLLECTING, otherwise: Some("none is written") }

    /// Which names the series have: the documented ones, those that Prometheus' own rules ask for, both, or those of the original system
    metric_names: MetricNames = MetricNames::Documented, { value: "NAMES", group: OUTPUT, commands: COLLECTING }

    /// How many series there are: all, none of thresholds and histogram bins, or none of single lanes
    metrics_detail: Detail = Detail::Full, { value: "DETAIL", group: OUTPUT, commands: COLLECTING }

    /// What becomes of the raw replies: kept as they came, kept compressed, or dropped
    raw: RawReplies = RawReplies::Keep, { value: "FATE", group: OUTPUT, commands: COLLECTING }

    /// How many of this runner's run folders stay
    keep_runs: usize = 10, { value: "N", group: OUTPUT, commands: COLLECTING }

    /// What must stay free on the disk: below it nothing more is begun
    min_free_space: Size = Size::megabytes(512), { value: "SIZE", group: OUTPUT, commands: &["collect", "lake write"] }

    /// Where the lake is brought after a run: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder
    sync_to: Option<String> = None, { value: "URL", group: AWAY, commands: COLLECTING, otherwise: Some("nowhere") }

    /// How long the sync after a run may take; what is left goes with the next
    sync_timeout: Duration = Duration::from_secs(300), { value: "TIME", group: AWAY, commands: COLLECTING }

    /// How many files are on their way, or compared with the remote, at once
    sync_parallel: usize = 16, { value: "N", group: AWAY, commands: REMOTE }

    /// How old a partition is when its files go from this disk, each found whole at the remote first
    prune_after: Option<Age> = None, { value: "AGE", group: AWAY, commands: &["lake sync"], otherwise: Some("never") }

    /// The profile of the AWS configuration files
    s3_profile: Option<String> = None, { value: "NAME", group: AWAY, commands: REMOTE, otherwise: Some("AWS_PROFILE, else `default`") }

    /// The bucket's region
    s3_region: Option<String> = None, { value: "REGION", group: AWAY, commands: REMOTE, otherwise: Some("AWS_REGION, else the profile's") }

    /// Another S3 server than Amazon's, as a URL
    s3_endpoint: Option<String> = None, { value: "URL", group: AWAY, commands: REMOTE, otherwise: Some("AWS_ENDPOINT_URL, else the profile's") }

    /// What is told in detail on standard error, as a level or as module=level with commas
    log: Option<LogFilter> = None, { value: "FILTER", group: SAYING, commands: LOGGING, otherwise: Some("nothing"), also: Some("RUST_LOG") }
}

impl Settings {
    /// How to get into the remote lake.
    pub(crate) fn access(&self) -> sinks::lake::sync::AwsOptions {
        sinks::lake::sync::AwsOptions {
            profile: self.s3_profile.clone(),
            region: self.s3_region.clone(),
            endpoint: self.s3_endpoint.clone(),
        }
    }

    /// What the inventory is read from.
    pub(crate) fn sources(&self) -> InventorySources {
        InventorySources {
            inventories: self.inventory.clone(),
            playbook_dir: self.playbook_dir.clone(),
            extra_vars: self.extra_vars.clone(),
            limit: self.limit.clone(),
            vault: self.vault(),
        }
    }

    /// Where vault passwords come from: these settings, then what the environment says to Ansible.
    pub(crate) fn vault(&self) -> VaultSources {
        let sources = VaultSources {
            ids: self.vault_id.clone(),
            password_files: self.vault_password_file.clone(),
            ask: self.ask_vault_pass,
        };
        sources.with_environment()
    }

    /// What a pass over the devices is told. Nothing below it reads a setting.
    pub(crate) fn options(&self) -> Options {
        Options {
            devices: DeviceOptions {
                sources: self.sources(),
                catalogue: self.catalogue.clone(),
                interfaces: self.interfaces.clone(),
                shard: self.shard,
                runner_name: self.runner_name.clone(),
            },
            login: LoginOptions {
                user: self.user.clone(),
                password: self.password.clone(),
                private_key: self.private_key.clone(),
                private_key_passphrase: self.private_key_passphrase.clone(),
                auth_order: self.auth_order.clone(),
                host_keys: self.host_keys,
                known_hosts: self.known_hosts.clone(),
                jump: self.jump.clone(),
                proxy_command: self.proxy_command.clone(),
                ssh_config: self.ssh_config.clone(),
            },
            session: self.netconf(),
            limits: Limits {
                concurrency: self.concurrency,
                device_timeout: self.device_timeout,
                run_timeout: self.run_timeout,
                retry: Retry {
                    attempts: self.attempts,
                    first_pause: self.retry_pause,
                },
                publish_after: self.publish_after,
                sink_timeout: self.sink_timeout,
            },
            output: OutputOptions {
                output_dir: self.output_dir.clone(),
                lake: self.lake.clone(),
                compression: self.compression,
                metrics: self.metrics_file.clone().map(|path| MetricsFile {
                    path,
                    names: self.metric_names,
                    detail: self.metrics_detail,
                }),
                raw: self.raw,
                keep_runs: self.keep_runs,
                min_free_space_bytes: self.min_free_space.bytes(),
            },
        }
    }

    /// How long each step of a session may take, and how much a device may send.
    fn netconf(&self) -> netconf::Options {
        netconf::Options {
            timeouts: netconf::Timeouts {
                resolve: self.resolve_timeout,
                connect: self.connect_timeout,
                version_exchange: self.version_exchange_timeout,
                key_exchange: self.key_exchange_timeout,
                authentication: self.authentication_timeout,
                hello: self.hello_timeout,
                first_byte: self.first_byte_timeout,
                reply: self.reply_timeout,
                close: self.close_timeout,
            },
            keepalive: netconf::Keepalive {
                interval: self.keepalive_interval,
                unanswered: self.keepalives_unanswered,
            },
            max_reply_bytes: self.max_reply_bytes,
            offer: self.netconf_version.framing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_a_session_are_those_of_the_netconf_crate() {
        assert_eq!(Settings::default().netconf(), netconf::Options::default());
    }

    #[test]
    fn every_row_says_what_help_needs_and_no_two_have_a_name_in_common() {
        for (at, row) in ROWS.iter().enumerate() {
            let said = [row.value, row.group].iter().all(|text| !text.is_empty());
            assert!(said && !row.commands.is_empty(), "{}", row.name);
            assert!(!row.help().ends_with('.'), "{}", row.name);
            assert!(ROWS[at + 1..].iter().all(|other| other.name != row.name));
        }
    }

    #[test]
    fn a_secret_has_no_flag() {
        let secret = ROWS.iter().find(|row| row.name == "password").unwrap();
        assert!(!secret.is_flag_of("collect") && !secret.is_flag_of("config show"));
    }
}
