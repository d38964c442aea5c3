//! Checks a device's host key against OpenSSH's `known_hosts` files.
//!
//! The rules are OpenSSH's. A line with the same key accepts it, whatever other lines say. A `@revoked` key is refused. An entry
//! without a port also counts for other ports of the host, since a device has one set of keys. A key of another type than the
//! recorded ones is a changed key, not a new host. Unlike OpenSSH, the check cannot ask anybody: what it cannot decide is an
//! error that says how to decide it.
//!
//! Host certificates are not supported. A `@cert-authority` line accepts no key, and the error about an unknown host names it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Algorithm, HashAlg, PublicKey};
use tracing::debug;

use super::algorithms::same_type;
use super::endpoint::Endpoint;
use super::host_key_error::HostKeyError;
use super::known_hosts::{self, HostKeyEntry, HostKeyMarker, KnownHostsCache};

/// Which host keys are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// The recorded ones; an unknown host is refused.
    Strict {
        /// The files to read.
        known_hosts: KnownHosts,
    },
    /// The recorded ones; an unknown host is added to the first file. A changed key is still refused.
    AcceptNew {
        /// The files to read. The first file is created on first use, readable by its owner only.
        known_hosts: KnownHosts,
    },
    /// All keys, unchecked. Anyone who can redirect the connection gets the password.
    Off,
}

/// Files in the format of OpenSSH's `known_hosts`. A missing file counts as empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KnownHosts {
    /// All are read; new keys are written to the first.
    pub files: Vec<PathBuf>,
    /// Looked up in place of the endpoint's host and port: OpenSSH's `HostKeyAlias`.
    pub alias: Option<String>,
}

impl HostKeyPolicy {
    fn known_hosts(&self) -> Option<&KnownHosts> {
        match self {
            Self::Strict { known_hosts } | Self::AcceptNew { known_hosts } => Some(known_hosts),
            Self::Off => None,
        }
    }
}

impl KnownHosts {
    /// Adds the `entry` of a [`HostKeyError::Unknown`] to its file, after a person has compared the fingerprint.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add(file: &Path, entry: &str) -> Result<(), HostKeyError> {
        known_hosts::append_line(file, entry)
    }
}

impl From<PathBuf> for KnownHosts {
    fn from(file: PathBuf) -> Self {
        let (files, alias) = (vec![file], None);
        Self { files, alias }
    }
}

impl From<&str> for KnownHosts {
    fn from(file: &str) -> Self {
        Self::from(PathBuf::from(file))
    }
}

/// Why a host key is accepted.
#[derive(Debug, PartialEq, Eq)]
enum HostKeyMatch<'e> {
    /// The check is off.
    Unchecked,
    /// This entry has the key.
    Known(&'e HostKeyEntry),
    /// The host is unknown, and unknown hosts are added to this file.
    New { file: &'e Path },
}

fn log_match(found: &HostKeyMatch<'_>, key: &PublicKey) {
    let algorithm = key.algorithm();
    let algorithm = algorithm.as_str();
    match found {
        HostKeyMatch::Unchecked => debug!(algorithm, "host key not checked"),
        HostKeyMatch::Known(entry) => debug!(
            algorithm,
            file = %entry.file.display(),
            line = entry.line,
            "host key accepted"
        ),
        HostKeyMatch::New { file } => {
            debug!(algorithm, file = %file.display(), "host key of a new host added");
        }
    }
}

/// The recorded keys of one host.
#[derive(Debug)]
pub(super) struct HostKeyVerifier {
    policy: HostKeyPolicy,
    records: Arc<KnownHostsCache>,
    host: String,
    port: u16,
    /// The name as in `known_hosts`: `host`, or `[host]:port` for other ports than 22.
    name: String,
    entries: Vec<HostKeyEntry>,
}

impl HostKeyVerifier {
    /// Reads the entries about the host.
    pub(super) async fn read(
        records: Arc<KnownHostsCache>,
        policy: &HostKeyPolicy,
        endpoint: &Endpoint,
    ) -> Result<Self, HostKeyError> {
        let alias = policy.known_hosts().and_then(|known| known.alias.as_ref());
        // An alias stands for the host, whatever its port.
        let (host, port) = match alias {
            Some(alias) => (alias.to_lowercase(), 22),
            None => (endpoint.host.to_lowercase(), endpoint.port),
        };
        let name = match port {
            22 => host.clone(),
            port => format!("[{host}]:{port}"),
        };
        let mut verifier = Self {
            policy: policy.clone(),
            records,
            host,
            port,
            name,
            entries: Vec::new(),
        };
        verifier.find_entries().await?;
        Ok(verifier)
    }

    async fn find_entries(&mut self) -> Result<(), HostKeyError> {
        if let Some(KnownHosts { files, .. }) = self.policy.known_hosts() {
            let found = self.records.find(files, &self.host, &self.name, self.port);
            self.entries = found.await?;
        }
        Ok(())
    }

    /// The types of the recorded keys, so that the device can be asked for one of them.
    pub(super) fn known_types(&self) -> Vec<Algorithm> {
        let trusted = self
            .entries
            .iter()
            .filter(|e| e.marker == HostKeyMarker::None);
        let keys = trusted.filter_map(|entry| entry.key.as_ref());
        keys.map(PublicKey::algorithm).collect()
    }

    /// Checks the key that the device has shown, and has proved to hold. Before a key is refused, the files are read
    /// once more, because it may have been added since.
    pub(super) async fn verify(&mut self, key: &PublicKey) -> Result<(), HostKeyError> {
        if !self.is_trusted(key) {
            self.reread_files().await?;
        }
        if let HostKeyMatch::New { .. } = self.check(key)? {
            // One connection at a time, so that connections opened together add a host once.
            let records = Arc::clone(&self.records);
            let _lock = records.append_lock.lock().await;
            self.reread_files().await?;
            if let HostKeyMatch::New { file } = self.check(key)? {
                records.append(file, &self.name, key).await?;
                log_match(&HostKeyMatch::New { file }, key);
                return Ok(());
            }
        }
        log_match(&self.check(key)?, key);
        Ok(())
    }

    async fn reread_files(&mut self) -> Result<(), HostKeyError> {
        if let Some(KnownHosts { files, .. }) = self.policy.known_hosts() {
            self.records.forget(files);
        }
        self.find_entries().await
    }

    fn is_trusted(&self, key: &PublicKey) -> bool {
        let mut matching = self.matching(key).peekable();
        self.policy == HostKeyPolicy::Off
            || (matching.peek().is_some() && matching.all(|e| e.marker == HostKeyMarker::None))
    }

    fn matching(&self, key: &PublicKey) -> impl Iterator<Item = &HostKeyEntry> {
        let same_key = |entry: &&HostKeyEntry| {
            entry.key.as_ref().map(PublicKey::key_data) == Some(key.key_data())
        };
        self.entries.iter().filter(same_key)
    }

    fn check(&self, key: &PublicKey) -> Result<HostKeyMatch<'_>, HostKeyError> {
        let (files, accepts_new) = match &self.policy {
            HostKeyPolicy::Off => return Ok(HostKeyMatch::Unchecked),
            HostKeyPolicy::Strict { known_hosts } => (&known_hosts.files, false),
            HostKeyPolicy::AcceptNew { known_hosts } => (&known_hosts.files, true),
        };
        let fingerprint = || key.fingerprint(HashAlg::Sha256).to_string();
        let algorithm = || key.algorithm().as_str().to_owned();
        if let Some(entry) = self
            .matching(key)
            .find(|e| e.marker == HostKeyMarker::Revoked)
        {
            return Err(HostKeyError::Revoked {
                fingerprint: fingerprint(),
                file: entry.file.clone(),
                line: entry.line,
            });
        }
        if let Some(entry) = self.matching(key).find(|e| e.marker == HostKeyMarker::None) {
            return Ok(HostKeyMatch::Known(entry));
        }
        // The line to report: preferably one with a key of the same type. An entry for the host without the port
        // proves nothing about this port when it does not match.
        let others = self.entries.iter().enumerate();
        let others = others.filter(|(_, e)| e.is_exact && e.marker == HostKeyMarker::None);
        let others = others.filter_map(|(at, e)| e.key.as_ref().map(|other| (at, e, other)));
        let other = others
            .min_by_key(|(at, _, other)| (!same_type(&other.algorithm(), &key.algorithm()), *at));
        let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
        match other {
            Some((_, entry, other)) => Err(HostKeyError::Changed {
                algorithm: algorithm(),
                fingerprint: fingerprint(),
                file: entry.file.clone(),
                line: entry.line,
                recorded: describe(other),
            }),
            None if accepts_new => Ok(HostKeyMatch::New { file: first }),
            None => {
                let mut entries = self.entries.iter();
                let authority = entries.find(|entry| entry.marker == HostKeyMarker::CertAuthority);
                Err(HostKeyError::Unknown {
                    name: self.name.as_str().into(),
                    algorithm: algorithm(),
                    fingerprint: fingerprint(),
                    entry: known_hosts::line(&self.name, key)?.into(),
                    file: first.to_owned(),
                    authority: authority.map(|entry| {
                        format!("{} line {}", entry.file.display(), entry.line).into()
                    }),
                })
            }
        }
    }
}

fn describe(key: &PublicKey) -> String {
    format!(
        "{} {}",
        key.algorithm().as_str(),
        key.fingerprint(HashAlg::Sha256)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const ANOTHER: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    /// What a run that begins now finds on record.
    fn read_verifier(
        policy: &HostKeyPolicy,
        endpoint: &Endpoint,
    ) -> Result<HostKeyVerifier, HostKeyError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let reading = HostKeyVerifier::read(Arc::default(), policy, endpoint);
        runtime.unwrap().block_on(reading)
    }

    /// What becomes of a host on `port` that shows [`ED25519`], with this file.
    fn verify(text: &str, host: &str, port: u16) -> Result<(), HostKeyError> {
        let folder = TempDir::new().unwrap();
        let known_hosts = folder.path().join("known_hosts");
        std::fs::write(&known_hosts, text).unwrap();
        let host = host.to_owned();
        let known_hosts = known_hosts.into();
        let policy = HostKeyPolicy::Strict { known_hosts };
        read_verifier(&policy, &Endpoint { host, port })?
            .check(&key(ED25519))
            .map(drop)
    }

    #[test]
    fn case_and_port_do_not_hide_a_known_host() {
        for (host, port) in [("R1", 22), ("r1", 22), ("r1", 830)] {
            assert_eq!(verify(&format!("r1 {ED25519}\n"), host, port), Ok(()));
        }
        let error = verify(&format!("[r1]:830 {ED25519}\n"), "r1", 22).unwrap_err();
        assert!(matches!(error, HostKeyError::Unknown { .. }), "{error:?}");
    }

    #[test]
    fn an_unknown_key_is_told_with_its_fingerprint_and_what_to_do() {
        let text = verify("", "r1", 830).unwrap_err().to_string();
        let fingerprint = key(ED25519).fingerprint(HashAlg::Sha256).to_string();
        assert!(
            text.contains(&format!("[r1]:830 (ssh-ed25519 {fingerprint})")),
            "{text}"
        );
        assert!(
            text.contains("known_hosts") && text.contains("add the key"),
            "{text}"
        );
    }

    #[test]
    fn a_changed_key_is_told_with_file_and_line() {
        let file = format!("# one\n\t\n@cert-authority * {ED25519}\nr1 {ECDSA}\nr1\t{ANOTHER}\n");
        let error = verify(&file, "r1", 22).unwrap_err();
        assert!(
            matches!(error, HostKeyError::Changed { line: 5, .. }),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("known_hosts line 5 has ssh-ed25519 SHA256:"),
            "{text}"
        );
    }

    #[test]
    fn all_files_are_read_and_the_one_with_the_other_key_is_named() {
        let folder = TempDir::new().unwrap();
        let [user, global] = ["user", "global"].map(|name| folder.path().join(name));
        std::fs::write(&user, "# nobody yet\n").unwrap();
        std::fs::write(&global, format!("r1 {ED25519}\n")).unwrap();
        let known_hosts = KnownHosts {
            files: vec![user, folder.path().join("none"), global.clone()],
            alias: None,
        };
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 22,
        };
        let verifier = read_verifier(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        assert!(verifier.check(&key(ED25519)).is_ok());
        let error = verifier.check(&key(ANOTHER)).unwrap_err();
        assert!(
            matches!(&error, HostKeyError::Changed { line: 1, file, .. } if *file == global),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn a_key_that_was_added_in_mid_run_is_known() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("r2 {ED25519}\n")).unwrap();
        let known_hosts = KnownHosts::from(file.clone());
        let strict = HostKeyPolicy::Strict { known_hosts };
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 22,
        };
        let records = Arc::default();
        let reading = HostKeyVerifier::read(Arc::clone(&records), &strict, &endpoint);
        let mut first = reading.await.unwrap();
        let unknown = first.verify(&key(ED25519)).await.unwrap_err();
        let HostKeyError::Unknown { entry, .. } = unknown else {
            panic!("{unknown}")
        };
        let reading = HostKeyVerifier::read(Arc::clone(&records), &strict, &endpoint);
        let mut second = reading.await.unwrap();
        KnownHosts::add(&file, &entry).unwrap();
        assert_eq!(second.verify(&key(ED25519)).await, Ok(()));
    }

    #[test]
    fn an_alias_is_looked_up_in_place_of_host_and_port() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("core-1 {ED25519}\n")).unwrap();
        let known_hosts = KnownHosts {
            files: vec![file],
            alias: Some("Core-1".to_owned()),
        };
        let endpoint = Endpoint {
            host: "192.0.2.1".to_owned(),
            port: 830,
        };
        let verifier = read_verifier(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        assert!(verifier.check(&key(ED25519)).is_ok());
    }

    #[test]
    fn a_certificate_authority_vouches_for_nobody_and_is_named() {
        let file = format!("# one\n@cert-authority *.lab {ED25519}\n");
        let text = verify(&file, "r1.lab", 22).unwrap_err().to_string();
        assert!(
            text.contains("known_hosts line 2 names a certificate authority"),
            "{text}"
        );
        let other = verify(&file, "r1", 22).unwrap_err().to_string();
        assert!(!other.contains("authority"), "{other}");
    }

    #[test]
    fn a_matching_line_settles_it_whatever_the_others_say() {
        let file = format!("r1 {ANOTHER}\nr1 ssh-ed25519 garbage\nr1 {ED25519}\n");
        assert_eq!(verify(&file, "r1", 22), Ok(()));
    }

    #[test]
    fn another_type_of_key_than_the_recorded_is_not_taken_for_a_new_host() {
        let error = verify(&format!("r1 {ECDSA}\n"), "r1", 22).unwrap_err();
        assert!(
            matches!(error, HostKeyError::Changed { line: 1, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn a_revoked_key_is_refused_though_it_is_listed() {
        let file = format!("r1 {ED25519}\n@revoked * {ED25519}\n");
        let error = verify(&file, "r1", 22).unwrap_err();
        assert!(
            matches!(error, HostKeyError::Revoked { line: 2, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_empty_file() {
        let folder = TempDir::new().unwrap();
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 22,
        };
        let known_hosts = KnownHosts::from(folder.path().to_owned());
        for policy in [
            HostKeyPolicy::Strict {
                known_hosts: known_hosts.clone(),
            },
            HostKeyPolicy::AcceptNew { known_hosts },
        ] {
            let error = read_verifier(&policy, &endpoint).unwrap_err();
            assert!(error.to_string().contains("Is a directory"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_knows_nobody() {
        let folder = TempDir::new().unwrap();
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 22,
        };
        let known_hosts = folder.path().join("none").into();
        let verifier = read_verifier(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        let error = verifier.check(&key(ED25519)).unwrap_err();
        assert!(matches!(error, HostKeyError::Unknown { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_new_host_is_added_once_and_then_held_to_its_key() {
        let folder = TempDir::new().unwrap();
        let known_hosts = folder.path().join("known_hosts");
        let policy = HostKeyPolicy::AcceptNew {
            known_hosts: known_hosts.clone().into(),
        };
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 830,
        };
        let read = async || HostKeyVerifier::read(Arc::default(), &policy, &endpoint).await;
        read().await.unwrap().verify(&key(ED25519)).await.unwrap();
        read().await.unwrap().verify(&key(ED25519)).await.unwrap();
        let text = std::fs::read_to_string(&known_hosts).unwrap();
        assert_eq!(text, format!("[r1]:830 {ED25519}\n"));
        let changed = read().await.unwrap().verify(&key(ANOTHER)).await;
        let changed = changed.unwrap_err();
        assert!(
            matches!(changed, HostKeyError::Changed { line: 1, .. }),
            "{changed:?}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&known_hosts)
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn connections_opened_together_add_a_new_host_once() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("known_hosts");
        let policy = HostKeyPolicy::AcceptNew {
            known_hosts: file.clone().into(),
        };
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 830,
        };
        let records = Arc::<KnownHostsCache>::default();
        let connect = async |shown: &str| {
            let reading = HostKeyVerifier::read(Arc::clone(&records), &policy, &endpoint);
            let mut verifier = reading.await.unwrap();
            tokio::task::yield_now().await;
            verifier.verify(&key(shown)).await
        };
        let results = tokio::join!(connect(ED25519), connect(ED25519), connect(ANOTHER));
        // Whichever came first is the host's key from then on; which one that is the threads decide.
        let has_won = results.0.is_ok();
        assert_eq!(results.1.is_ok(), has_won, "{results:?}");
        assert_eq!(results.2.is_ok(), !has_won, "{results:?}");
        let (kept, changed) = match has_won {
            true => (ED25519, results.2),
            false => (ANOTHER, results.0),
        };
        assert!(
            matches!(changed, Err(HostKeyError::Changed { line: 1, .. })),
            "{changed:?}"
        );
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("[r1]:830 {kept}\n"));
    }

    #[test]
    fn a_new_host_is_added_on_a_blocking_thread() {
        let folder = TempDir::new().unwrap();
        let fifo = folder.path().join("known_hosts");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let records = KnownHostsCache::default();
        // Opening a pipe that nobody writes to blocks for ever: only a blocking thread lets the deadline pass.
        let key = key(ED25519);
        let appending = records.append(&fifo, "r1", &key);
        let limit = std::time::Duration::from_millis(50);
        let result = runtime.block_on(async { tokio::time::timeout(limit, appending).await });
        assert!(result.is_err(), "{result:?}");
        // Lets the blocking thread go on: it reads the end of the file and then appends.
        let writer = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&fifo);
        runtime.shutdown_background();
        drop(writer);
    }
}
