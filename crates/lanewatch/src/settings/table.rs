//! Declares every setting, once.
//!
//! A row makes the flag, the variable, the key of `lanewatch.toml`, the line of `docs/settings.md` and the field of [`Settings`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use collector::{
    DeviceOptions, HostKeys, Limits, LoginOptions, MetricsFile, NetconfVersion, Options,
    OutputOptions, PushOptions, Retry, Shard,
};
use inventory::vault::VaultSources;
use inventory::{InventorySources, Problems};
use metrics::{Detail, MetricNames};
use netconf::options;
use secrecy::SecretString;
use sinks::lake::Compression;
use sinks::lake::sync::{S3Checksum, S3Encryption};
use sinks::{RawReplies, Retention};

use crate::view::ColorChoice;

use super::aws_keys::aws_keys;
use super::log::{LogFilter, LogFormat, Verbosity};
use super::row::{Row, ValueSource, settings};
use super::tolerance::Tolerance;
use super::value::{Age, Concurrency, Limit, Port, Size, Value};

/// Commands that make a plan.
const PLANNING: &[&str] = &["collect", "serve", "check", "record"];
/// Commands that know RPCs by name.
const CATALOGUE: &[&str] = &[
    "collect",
    "serve",
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
    "serve",
    "check",
    "record",
    "inventory list",
    "inventory graph",
    "inventory host",
];
/// Commands that may read encrypted values.
const VAULT: &[&str] = &[
    "collect",
    "serve",
    "check",
    "record",
    "inventory list",
    "inventory graph",
    "inventory host",
    "vault encrypt",
    "vault encrypt-string",
    "vault decrypt",
    "vault view",
    "vault edit",
    "vault create",
    "vault rekey",
];
/// Commands that talk to devices.
const CONNECTING: &[&str] = PLANNING;
/// Commands that send RPCs and retry them.
const RUNNING: &[&str] = &["collect", "serve", "record"];
/// Commands that pause between attempts as they are told.
const PAUSING: &[&str] = &["collect", "serve", "record", "push"];
/// Commands that write metrics, or say how many series they have.
const METRICS: &[&str] = &["collect", "serve", "check", "push", "lake metrics"];
/// Commands that push metrics.
const PUSHING: &[&str] = &["collect", "serve", "push"];
/// Commands that make a run that stays.
const COLLECTING: &[&str] = &["collect", "serve"];
/// The daemon.
const SERVING: &[&str] = &["serve"];
/// Commands that write the name of the runner.
const RUNNER: &[&str] = &["collect", "serve", "lake write"];
/// Commands that write Parquet files.
const PARQUET: &[&str] = &["collect", "serve", "replay", "lake write", "lake compact"];
/// Commands that read or write the lake.
const LAKE: &[&str] = &[
    "collect",
    "serve",
    "lake sync",
    "lake status",
    "lake compact",
    "lake prune",
    "lake forget",
    "lake verify",
    "lake metrics",
    "lake ddl",
];
/// Commands that talk to a remote lake.
const REMOTE: &[&str] = &["collect", "serve", "lake sync", "lake verify"];

/// Commands with flags for the log and for messages. The variables and `lanewatch.toml` set these for every command.
const LOGGING: &[&str] = &[
    "collect",
    "serve",
    "check",
    "record",
    "parse",
    "push",
    "replay",
    "lake write",
    "lake sync",
    "lake compact",
    "lake prune",
    "lake verify",
];

/// Commands that show a person a table. The variable and `lanewatch.toml` set this for every command.
const SHOWING: &[&str] = &[
    "collect",
    "check",
    "findings",
    "inventory list",
    "inventory host",
    "lake status",
    "lake compact",
    "lake prune",
];

const DEVICES: &str = "Devices and RPCs";
const LOGIN: &str = "Login and host keys";
const LIMITS: &str = "Timeouts and retries";
pub(super) const SESSION: &str = "NETCONF session";
const OUTPUT: &str = "Output of a run";
const DAEMON: &str = "Daemon and scrape endpoint";
const REMOTE_LAKE: &str = "Remote lake";
const MESSAGES: &str = "Log and messages";

settings! {
    /// An Ansible inventory: a file, a folder, or hosts separated by commas. Several inventories are read as one
    inventory: Vec<PathBuf> = Vec::new(), { value: "FILE", short: Some('i'), group: DEVICES, commands: INVENTORY }

    /// Limit the hosts: `xai:&qfx*:!spare`, names, globs, `~regex`, `leaf[0:3]`, `@FILE`
    limit: Option<String> = None, { value: "PATTERN", short: Some('l'), group: DEVICES, commands: INVENTORY, otherwise: Some("all") }

    /// Extra variables, which override all others: `name=value`, a mapping in JSON, or @FILE
    extra_vars: Vec<String> = Vec::new(), { value: "VARIABLES", short: Some('e'), group: DEVICES, commands: INVENTORY }

    /// The folder of the playbook, whose `group_vars` and `host_vars` are read too
    playbook_dir: Option<PathBuf> = None, { value: "FOLDER", group: DEVICES, commands: INVENTORY, otherwise: Some("the current folder") }

    /// The RPCs to send, in place of the built-in catalogue; a file adds to it with `include: built-in`
    catalogue: Vec<PathBuf> = Vec::new(), { value: "FILE", group: DEVICES, commands: CATALOGUE, otherwise: Some("built in") }

    /// Interfaces to collect, where the inventory has no filter: names and globs, separated by commas
    interfaces: Option<String> = None, { value: "LIST", group: DEVICES, commands: &["collect", "serve", "check", "parse", "record"], otherwise: Some("all") }

    /// The part of the inventory that this runner collects, where several runners share it: 2/5 is the second of five
    shard: Option<Shard> = None, { value: "K/N", group: DEVICES, commands: PLANNING, otherwise: Some("all") }

    /// The name of this runner in file names and rows
    runner_name: Option<String> = None, {
        value: "NAME", group: DEVICES, commands: RUNNER, otherwise: Some("the host name"), overruled_by: Some("SEMAPHORE_RUNNER_NAME"),
    }

    /// The cluster of this runner, in the run report and in the footers of the lake's files; of documents of scripts also in the names of the files
    cluster_name: Option<String> = None, { value: "NAME", group: DEVICES, commands: RUNNER, otherwise: Some("CLUSTER_NAME, else none"), also: Some("CLUSTER_NAME") }

    /// The NETCONF port, where the inventory names none
    port: Option<Port> = None, { value: "PORT", group: LOGIN, commands: CONNECTING, otherwise: Some("the ssh_config's, else 830") }

    /// The user to log in as, where the inventory names none
    user: Option<String> = None, { value: "USER", group: LOGIN, commands: CONNECTING, otherwise: Some("$USER") }

    /// The password, where the inventory has none
    password: Option<SecretString> = None, { value: "PASSWORD", group: LOGIN, commands: CONNECTING }

    /// A file whose first line is the password, where the inventory has none
    password_file: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING }

    /// The private key to log in with, where the inventory names none
    private_key: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING }

    /// The passphrase of the private key, where the inventory has none
    private_key_passphrase: Option<SecretString> = None, { value: "PASSPHRASE", group: LOGIN, commands: CONNECTING }

    /// The authentication methods in the order to try them, separated by commas: key, agent, password, keyboard-interactive
    auth_order: Option<String> = None, { value: "LIST", group: LOGIN, commands: CONNECTING, otherwise: Some("those that have a credential, keys first") }

    /// A file with a vault password, or a program that prints it (also ANSIBLE_VAULT_PASSWORD_FILE)
    vault_password_file: Vec<PathBuf> = Vec::new(), { value: "FILE", group: LOGIN, commands: VAULT }

    /// A vault password with its label: `label@FILE`, `label@prompt` (also ANSIBLE_VAULT_IDENTITY_LIST)
    vault_id: Vec<String> = Vec::new(), { value: "ID", group: LOGIN, commands: VAULT }

    /// Ask for the vault password
    ask_vault_pass: bool = false, { value: "BOOL", short: Some('J'), group: LOGIN, commands: VAULT }

    /// The host key policy: accept known keys only, add unknown keys to the file, or check nothing
    host_keys: Option<HostKeys> = None, { value: "POLICY", group: LOGIN, commands: CONNECTING, otherwise: Some("strict") }

    /// The known_hosts file
    known_hosts: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING, otherwise: Some("OpenSSH's files") }

    /// Jump hosts on the way to the devices, the nearest first, separated by commas: `host`, or `user@host:port`
    jump: Option<String> = None, { value: "HOSTS", group: LOGIN, commands: CONNECTING }

    /// A command whose standard input and output are the connection to a device: %h is the host, %p the port, %r the user
    proxy_command: Option<String> = None, { value: "COMMAND", group: LOGIN, commands: CONNECTING }

    /// The OpenSSH client configuration; `none` reads no file
    ssh_config: Option<PathBuf> = None, { value: "FILE", group: LOGIN, commands: CONNECTING, otherwise: Some("~/.ssh/config and the system's") }

    /// The number of devices with an open session at once
    concurrency: Concurrency = Concurrency::of(100), { value: "N", group: LIMITS, commands: CONNECTING }

    /// The time for one device, retries included
    device_timeout: Duration = Duration::from_secs(300), { value: "TIME", group: LIMITS, commands: CONNECTING }

    /// The time for the whole run; devices that have not finished by then fail
    run_timeout: Duration = Duration::from_secs(1800), { value: "TIME", group: LIMITS, commands: RUNNING }

    /// Publish a run in two parts when the last device has had its first turn this long ago and others have not finished
    publish_after: Duration = Duration::from_secs(20), { value: "TIME", group: LIMITS, commands: COLLECTING }

    /// The longest time that the lake or the JSON documents may hold up a device; after it the run goes on, and is undelivered
    sink_timeout: Duration = Duration::from_secs(60), { value: "TIME", group: LIMITS, commands: COLLECTING }

    /// Attempts in all for a connection, an RPC or an upload that fails for a passing reason: refused, reset, timed out
    attempts: u32 = 3, { value: "N", group: LIMITS, commands: &["collect", "serve", "record", "push", "lake sync", "lake verify"] }

    /// So many devices, or such a share of them, may fail or deliver only in part before the exit status says so
    allow_failed: Tolerance = Tolerance::NONE, { value: "N|SHARE", group: LIMITS, commands: &["collect"] }

    /// The longest pause before the second attempt. The pause is random (full jitter), and its bound doubles with each attempt, up to 30 s
    retry_pause: Duration = Duration::from_secs(1), { value: "TIME", group: LIMITS, commands: PAUSING }

    /// The time for a push, all attempts together; and at the end of a run, for all that still wait
    push_timeout: Duration = Duration::from_secs(30), { value: "TIME", group: LIMITS, commands: PUSHING }

    /// Timeout of the name lookup
    resolve_timeout: Duration = options::DEFAULT_RESOLVE_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of the TCP connection, all addresses together
    connect_timeout: Duration = options::DEFAULT_CONNECT_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of the SSH version exchange
    version_exchange_timeout: Duration = options::DEFAULT_VERSION_EXCHANGE_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of the SSH key exchange, the host key check included
    key_exchange_timeout: Duration = options::DEFAULT_KEY_EXCHANGE_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of the authentication, all methods together
    authentication_timeout: Duration = options::DEFAULT_AUTHENTICATION_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of the NETCONF subsystem and the exchange of hellos
    hello_timeout: Duration = options::DEFAULT_HELLO_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of a reply, from the request to its first byte
    first_byte_timeout: Duration = options::DEFAULT_FIRST_BYTE_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of a reply, from the request to its last byte
    reply_timeout: Duration = options::DEFAULT_REPLY_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Timeout of closing the session; the connection is cut afterwards
    close_timeout: Duration = options::DEFAULT_CLOSE_TIMEOUT, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Send an SSH keepalive to a device that is silent for this long
    keepalive_interval: Duration = options::DEFAULT_KEEPALIVE_INTERVAL, { value: "TIME", group: SESSION, commands: CONNECTING }

    /// Give a device up after this many unanswered keepalives
    keepalives_unanswered: usize = options::DEFAULT_KEEPALIVES_UNANSWERED, { value: "N", group: SESSION, commands: CONNECTING }

    /// The newest NETCONF version to offer; 1.1 sends messages in chunks
    netconf_version: NetconfVersion = NetconfVersion::V1_0, { value: "VERSION", group: SESSION, commands: CONNECTING }

    /// The largest reply to accept
    max_reply_size: Limit = Limit::of(options::DEFAULT_MAX_REPLY_BYTES), { value: "SIZE", group: SESSION, commands: CONNECTING, formerly: Some("max_reply_bytes") }

    /// The folder in which each run makes its own
    output_dir: PathBuf = PathBuf::from("output"), { value: "FOLDER", group: OUTPUT, commands: &["collect", "serve", "findings"] }

    /// The root of the Parquet lake
    lake: PathBuf = PathBuf::from("raw_ml_data"), { value: "FOLDER", group: OUTPUT, commands: LAKE }

    /// The compression of Parquet pages
    compression: Compression = Compression::Snappy, { value: "CODEC", group: OUTPUT, commands: PARQUET }

    /// A file of Prometheus text that each run replaces: for the textfile collector of node_exporter, or to be pushed
    metrics_file: Option<PathBuf> = None, { value: "FILE", group: OUTPUT, commands: COLLECTING, otherwise: Some("none is written") }

    /// The time from one run to the next, which the metrics tell to alert rules
    collection_interval: Option<Duration> = None, { value: "TIME", group: OUTPUT, commands: COLLECTING, otherwise: Some("the median of the last runs; `every` for `serve`") }

    /// The names of the series: the documented ones, those by the Prometheus conventions, both, or those of the original system
    metric_names: MetricNames = MetricNames::Documented, { value: "NAMES", group: OUTPUT, commands: METRICS }

    /// The series to write: all, all but thresholds and histogram bins, or none of single lanes
    metrics_detail: Detail = Detail::Full, { value: "DETAIL", group: OUTPUT, commands: METRICS }

    /// The Pushgateway that metrics are pushed to: `http://host:9091`, `https://user:password@host`
    pushgateway: Option<String> = None, { value: "URL", group: OUTPUT, commands: &["push"], also: Some("PROMETHEUS_PUSHGATEWAY") }

    /// Push each device's series to this Pushgateway as soon as the device has ended: `http://host:9091`, `https://user:password@host`; `none` pushes nothing
    push_to: Option<String> = None, { value: "URL", group: OUTPUT, commands: &["collect", "serve", "check"], otherwise: Some("nowhere"), also: Some("PROMETHEUS_PUSHGATEWAY") }

    /// The label `job` of the series that are pushed; `instance` is the device. Groups of this job whose devices left the inventory are removed
    push_job: String = "lanewatch".to_owned(), { value: "NAME", group: OUTPUT, commands: COLLECTING }

    /// Keep the raw replies as they are, keep them compressed, or drop them
    raw: RawReplies = RawReplies::Keep, { value: "CHOICE", group: OUTPUT, commands: COLLECTING }

    /// The number of delivered runs of this runner whose folders are kept. A run whose rows did not reach the lake is kept beside them
    keep_runs: usize = 10, { value: "N", group: OUTPUT, commands: COLLECTING }

    /// Remove folders of delivered runs that are older than this, even if `keep_runs` would keep them
    keep_runs_for: Option<Age> = None, { value: "AGE", group: OUTPUT, commands: COLLECTING, otherwise: Some("as long as `keep_runs` says") }

    /// Remove folders of delivered runs, the oldest first, while those of this runner are larger together than this
    keep_runs_size: Option<Limit> = None, { value: "SIZE", group: OUTPUT, commands: COLLECTING, otherwise: Some("any size") }

    /// The space that must stay free on the disk; with less, no run and no device begins
    min_free_space: Size = Size::megabytes(512), { value: "SIZE", group: OUTPUT, commands: &["collect", "serve", "record", "lake write", "lake compact"] }

    /// The time from the begin of one pass to that of the next. A pass that takes longer has the next ones skipped
    every: Duration = Duration::from_secs(60), { value: "TIME", group: DAEMON, commands: SERVING }

    /// The address and port of the scrape endpoint. The default is reached from this host alone
    listen: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9830), { value: "ADDRESS", group: DAEMON, commands: SERVING }

    /// `/probe` answers with series that are younger than this, and collects the device where they are older
    probe_cache: Duration = Duration::from_secs(55), { value: "TIME", group: DAEMON, commands: SERVING }

    /// The folder of the daemon's lock and of its probes while they last; no two daemons share one
    state_dir: PathBuf = PathBuf::from("state"), { value: "FOLDER", group: DAEMON, commands: SERVING }

    /// TLS, client certificates, users and headers of the endpoint, in the format of Prometheus' exporter-toolkit; read anew when it changes
    web_config_file: Option<PathBuf> = None, { value: "FILE", group: DAEMON, commands: SERVING, otherwise: Some("no TLS, no users") }

    /// A file with a bearer token: whoever sends it is let in, and nobody else but the users of `web_config_file`
    web_token_file: Option<PathBuf> = None, { value: "FILE", group: DAEMON, commands: SERVING, otherwise: Some("no token") }

    /// Sync the lake to this remote after a run: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder
    sync_to: Option<String> = None, { value: "URL", group: REMOTE_LAKE, commands: COLLECTING, otherwise: Some("nowhere") }

    /// The time for the sync after a run; the next sync uploads the rest
    sync_timeout: Duration = Duration::from_secs(300), { value: "TIME", group: REMOTE_LAKE, commands: COLLECTING }

    /// The number of files to upload, or to compare with the remote, at once
    sync_parallel: Concurrency = Concurrency::of(16), { value: "N", group: REMOTE_LAKE, commands: REMOTE }

    /// Remove local partitions older than this, once each file is verified at the remote
    prune_after: Option<Age> = None, { value: "AGE", group: REMOTE_LAKE, commands: &["lake sync"], otherwise: Some("never") }

    /// The profile of the AWS configuration
    s3_profile: Option<String> = None, { value: "NAME", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("AWS_PROFILE, else `default`") }

    /// The variables of the inventory that hold the AWS keys: of the key id, of the secret key and, if there is one, of the session token
    s3_key_variables: Option<String> = None, { value: "NAMES", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("the keys are not in the inventory") }

    /// The region of the bucket
    s3_region: Option<String> = None, { value: "REGION", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("AWS_REGION, else the profile's") }

    /// The URL of an S3 server other than Amazon's
    s3_endpoint: Option<String> = None, { value: "URL", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("AWS_ENDPOINT_URL, else the profile's") }

    /// Server-side encryption of what is uploaded: with keys of S3, or of AWS KMS in one layer or in two
    s3_encryption: Option<S3Encryption> = None, { value: "KIND", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("the bucket's default") }

    /// The key of AWS KMS to encrypt with: an id, an ARN or an alias
    s3_kms_key: Option<String> = None, { value: "KEY", group: REMOTE_LAKE, commands: REMOTE, otherwise: Some("the account's key for S3") }

    /// Pay for the requests to a bucket whose owner does not (requester pays)
    s3_requester_pays: bool = false, { value: "BOOL", group: REMOTE_LAKE, commands: REMOTE }

    /// The checksum that each upload carries; `off` for a server that refuses the header. The signature covers the content all the same
    s3_checksum: S3Checksum = S3Checksum::Sha256, { value: "KIND", group: REMOTE_LAKE, commands: REMOTE }

    /// Log the steps of the work on standard error: -v logs `info`, -vv `debug`, -vvv `trace`
    verbose: Verbosity = Verbosity::NONE, { value: "N", short: Some('v'), group: MESSAGES, commands: LOGGING }

    /// Print errors and what was asked for only: no progress, no warnings, no summary. A log that is asked for stays
    quiet: bool = false, { value: "BOOL", short: Some('q'), group: MESSAGES, commands: LOGGING }

    /// Colour verdicts and severities: on a terminal unless `NO_COLOR` is set, always, or never
    color: ColorChoice = ColorChoice::Auto, { value: "WHEN", group: MESSAGES, commands: SHOWING }

    /// Log the events that pass this filter: a level for Lanewatch itself, or module=level with commas (`debug,russh=trace`)
    log: Option<LogFilter> = None, { value: "FILTER", group: MESSAGES, commands: LOGGING, otherwise: Some("nothing"), also: Some("RUST_LOG") }

    /// The form of a log line
    log_format: LogFormat = LogFormat::Text, { value: "FORMAT", group: MESSAGES, commands: LOGGING }
}

impl Settings {
    /// How to get into the remote lake. The inventory is read where it holds the keys.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with keys that the inventory was to hold.
    pub(crate) fn access(&self) -> Result<sinks::lake::sync::AwsOptions, Problems> {
        let names = self.s3_key_variables.as_deref();
        Ok(sinks::lake::sync::AwsOptions {
            profile: self.s3_profile.clone(),
            keys: names
                .map(|names| aws_keys(&self.sources(), names))
                .transpose()?,
            region: self.s3_region.clone(),
            endpoint: self.s3_endpoint.clone(),
            encryption: self.s3_encryption,
            kms_key: self.s3_kms_key.clone(),
            requester_pays: self.s3_requester_pays,
            checksum: self.s3_checksum,
        })
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
                port: self.port.map(Port::get),
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
                concurrency: self.concurrency.get(),
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
                    interval: self.collection_interval,
                }),
                push: self.push_to().map(|address| PushOptions {
                    address: SecretString::from(address),
                    job: self.push_job.clone(),
                    names: self.metric_names,
                    detail: self.metrics_detail,
                    interval: self.collection_interval,
                    timeout: self.push_timeout,
                }),
                scrape: None,
                earlier_runs: None,
                raw: self.raw,
                retention: Retention {
                    runs: self.keep_runs,
                    seconds: self.keep_runs_for.map(Age::seconds),
                    bytes: self
                        .keep_runs_size
                        .and_then(|size| u64::try_from(size.bytes()).ok()),
                },
                min_free_space_bytes: self.min_free_space.bytes(),
                cluster_name: self.cluster_name.clone(),
            },
        }
    }

    /// The address of the Pushgateway that devices are pushed to.
    pub(crate) fn push_to(&self) -> Option<&str> {
        self.push_to.as_deref().filter(|address| *address != "none")
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
            max_reply_bytes: self.max_reply_size.bytes(),
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
            let is_whole = [row.value, row.group].iter().all(|text| !text.is_empty());
            assert!(is_whole && !row.commands.is_empty(), "{}", row.name);
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
