//! Is the device that answered the one that was called? Its host key against OpenSSH's `known_hosts` files.
//!
//! As OpenSSH does: a line whose key matches settles it, whatever other lines say; `@revoked` keys are refused; an entry
//! without a port also stands for the host on another port, since a device has one set of keys for all of them; a key
//! of a type not on record, where another type is, is not taken for a new host. Unlike OpenSSH, nobody can be asked:
//! what cannot be decided is an error that says how to decide it.
//!
//! Left out: host certificates. A `@cert-authority` line vouches for nobody here, and the error about an unknown host
//! says where it stands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Algorithm, HashAlg, PublicKey};

use super::endpoint::Endpoint;
use super::host_key_error::HostKeyError;
use super::known_hosts::{self, Entry, Marker, Records};
use super::preferences::same_type;

/// Which host keys are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Those on record; a host that is not on record is refused.
    Strict {
        /// Where the record is.
        known_hosts: KnownHosts,
    },
    /// Those on record; a host that is not on record is added to the first file. A changed key is still refused.
    AcceptNew {
        /// Where the record is. The first file is made on first use, readable by its owner only.
        known_hosts: KnownHosts,
    },
    /// Any. Whoever can redirect the connection gets the password.
    Off,
}

/// Files in the format of OpenSSH's `known_hosts`. Files that are not there know nobody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KnownHosts {
    /// All are read; what is learned is written to the first.
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
    /// Makes a host known: adds the `entry` of a [`HostKeyError::Unknown`] to its file, once somebody has compared the fingerprint.
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

/// What is on record about one host.
#[derive(Debug)]
pub(super) struct Verifier {
    policy: HostKeyPolicy,
    records: Arc<Records>,
    host: String,
    port: u16,
    /// As `known_hosts` spells it: `host`, or `[host]:port` for other ports than 22.
    name: String,
    entries: Vec<Entry>,
}

impl Verifier {
    /// Looks the host up.
    pub(super) async fn look_up(
        records: Arc<Records>,
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
        verifier.read().await?;
        Ok(verifier)
    }

    async fn read(&mut self) -> Result<(), HostKeyError> {
        if let Some(KnownHosts { files, .. }) = self.policy.known_hosts() {
            let found = self.records.find(files, &self.host, &self.name, self.port);
            self.entries = found.await?;
        }
        Ok(())
    }

    /// The types of key on record, so that the device can be asked for one of them.
    pub(super) fn known_types(&self) -> Vec<Algorithm> {
        let trusted = self.entries.iter().filter(|e| e.marker == Marker::None);
        let keys = trusted.filter_map(|entry| entry.key.as_ref());
        keys.map(PublicKey::algorithm).collect()
    }

    /// Decides about the key that the device has shown, and has proved to hold. Before it is not trusted, the files are read
    /// once more: somebody may have added it since the run read them.
    pub(super) async fn verify(&mut self, key: &PublicKey) -> Result<(), HostKeyError> {
        if !self.is_trusted(key) {
            if let Some(KnownHosts { files, .. }) = self.policy.known_hosts() {
                self.records.forget(files);
            }
            self.read().await?;
        }
        self.judge(key)
    }

    fn is_trusted(&self, key: &PublicKey) -> bool {
        let mut matching = self.matching(key).peekable();
        self.policy == HostKeyPolicy::Off
            || (matching.peek().is_some() && matching.all(|e| e.marker == Marker::None))
    }

    fn matching(&self, key: &PublicKey) -> impl Iterator<Item = &Entry> {
        let same_key =
            |entry: &&Entry| entry.key.as_ref().map(PublicKey::key_data) == Some(key.key_data());
        self.entries.iter().filter(same_key)
    }

    fn judge(&self, key: &PublicKey) -> Result<(), HostKeyError> {
        let (files, accepts_new) = match &self.policy {
            HostKeyPolicy::Off => return Ok(()),
            HostKeyPolicy::Strict { known_hosts } => (&known_hosts.files, false),
            HostKeyPolicy::AcceptNew { known_hosts } => (&known_hosts.files, true),
        };
        let fingerprint = || key.fingerprint(HashAlg::Sha256).to_string();
        let algorithm = || key.algorithm().as_str().to_owned();
        if let Some(entry) = self.matching(key).find(|e| e.marker == Marker::Revoked) {
            return Err(HostKeyError::Revoked {
                fingerprint: fingerprint(),
                file: entry.file.clone(),
                line: entry.line,
            });
        }
        if self.matching(key).any(|e| e.marker == Marker::None) {
            return Ok(());
        }
        // The line to complain about: one of the same type rather than of another. An entry for the host without the port
        // proves nothing about this port when it does not match.
        let others = self.entries.iter().enumerate();
        let others = others.filter(|(_, e)| e.is_exact && e.marker == Marker::None);
        let others = others.filter_map(|(at, e)| e.key.as_ref().map(|other| (at, e, other)));
        let other = others
            .min_by_key(|(at, _, other)| (!same_type(&other.algorithm(), &key.algorithm()), *at));
        let first = files.first().cloned().unwrap_or_default();
        match other {
            Some((_, entry, other)) => Err(HostKeyError::Changed {
                algorithm: algorithm(),
                fingerprint: fingerprint(),
                file: entry.file.clone(),
                line: entry.line,
                recorded: describe(other),
            }),
            None if accepts_new => self.records.append(&first, &self.name, key),
            None => {
                let mut entries = self.entries.iter();
                let authority = entries.find(|entry| entry.marker == Marker::CertAuthority);
                Err(HostKeyError::Unknown {
                    name: self.name.as_str().into(),
                    algorithm: algorithm(),
                    fingerprint: fingerprint(),
                    entry: known_hosts::line(&self.name, key)?.into(),
                    file: first,
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
    fn look_up(policy: &HostKeyPolicy, endpoint: &Endpoint) -> Result<Verifier, HostKeyError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let looking = Verifier::look_up(Arc::default(), policy, endpoint);
        runtime.unwrap().block_on(looking)
    }

    /// What becomes of a host on `port` that shows [`ED25519`], with this file.
    fn verify(text: &str, host: &str, port: u16) -> Result<(), HostKeyError> {
        let folder = TempDir::new().unwrap();
        let known_hosts = folder.path().join("known_hosts");
        std::fs::write(&known_hosts, text).unwrap();
        let host = host.to_owned();
        let known_hosts = known_hosts.into();
        let policy = HostKeyPolicy::Strict { known_hosts };
        look_up(&policy, &Endpoint { host, port })?.judge(&key(ED25519))
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
        let verifier = look_up(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        assert_eq!(verifier.judge(&key(ED25519)), Ok(()));
        let error = verifier.judge(&key(ANOTHER)).unwrap_err();
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
        let looking = Verifier::look_up(Arc::clone(&records), &strict, &endpoint);
        let mut first = looking.await.unwrap();
        let unknown = first.verify(&key(ED25519)).await.unwrap_err();
        let HostKeyError::Unknown { entry, .. } = unknown else {
            panic!("{unknown}")
        };
        let looking = Verifier::look_up(Arc::clone(&records), &strict, &endpoint);
        let mut second = looking.await.unwrap();
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
        let verifier = look_up(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        assert_eq!(verifier.judge(&key(ED25519)), Ok(()));
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
            let error = look_up(&policy, &endpoint).unwrap_err();
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
        let verifier = look_up(&HostKeyPolicy::Strict { known_hosts }, &endpoint).unwrap();
        let error = verifier.judge(&key(ED25519)).unwrap_err();
        assert!(matches!(error, HostKeyError::Unknown { .. }), "{error}");
    }

    #[test]
    fn a_new_host_is_added_once_and_then_held_to_its_key() {
        let folder = TempDir::new().unwrap();
        let known_hosts = folder.path().join("known_hosts");
        let policy = HostKeyPolicy::AcceptNew {
            known_hosts: known_hosts.clone().into(),
        };
        let endpoint = Endpoint {
            host: "r1".to_owned(),
            port: 830,
        };
        let read = || look_up(&policy, &endpoint).unwrap();
        read().judge(&key(ED25519)).unwrap();
        read().judge(&key(ED25519)).unwrap();
        let text = std::fs::read_to_string(&known_hosts).unwrap();
        assert_eq!(text, format!("[r1]:830 {ED25519}\n"));
        let changed = read().judge(&key(ANOTHER)).unwrap_err();
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
}
