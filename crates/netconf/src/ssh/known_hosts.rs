//! Reads OpenSSH's `known_hosts` files, finds the lines about a host, and appends lines.
//!
//! A file is read once for all connections of a run, and its lines are indexed by name: two thousand devices with two thousand
//! lines would otherwise be four million lines to read. A file is read again after a line was appended, and before a key is
//! reported as unknown.
//!
//! `*` and `?`, negation, ports, markers and hashed names follow `sshd(8)`. Lines that cannot be read are skipped, since a file may
//! hold keys of unsupported types. The SSH library matches hashed names. It is not used for the rest: it takes an unreadable file
//! for an empty one, miscounts lines after comments, and knows neither wildcards nor markers.
//!
//! Appended names are not hashed.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::known_hosts::known_host_keys_path;
use russh::keys::{PublicKey, parse_public_key_base64};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use wildmatch::WildMatch;

use super::host_key_error::{HostKeyError, file_error};

/// A line of the file that names the host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostKeyEntry {
    pub(super) file: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) marker: HostKeyMarker,
    /// Whether the entry names this port, rather than the host as a whole.
    pub(super) is_exact: bool,
    /// Absent for certificate authorities.
    pub(super) key: Option<PublicKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostKeyMarker {
    /// The key is the host's.
    None,
    /// `@revoked`: the key must not be accepted.
    Revoked,
    /// `@cert-authority`: the key signs the keys of hosts.
    CertAuthority,
}

/// The files read so far.
#[derive(Debug, Default)]
pub(super) struct KnownHostsCache {
    files: Mutex<HashMap<PathBuf, Arc<OnceCell<Arc<KnownHostsFile>>>>>,
    /// Held by the connection that adds a host.
    pub(super) append_lock: AsyncMutex<()>,
}

impl KnownHostsCache {
    /// All entries of these files about `host`, or about `name`, which includes the port. Files are read and hashes computed on
    /// blocking threads.
    pub(super) async fn find(
        &self,
        files: &[PathBuf],
        host: &str,
        name: &str,
        port: u16,
    ) -> Result<Vec<HostKeyEntry>, HostKeyError> {
        let mut entries = Vec::new();
        for file in files {
            let record = self.record(file).await?;
            if record.has_hashed {
                let (host, name) = (host.to_owned(), name.to_owned());
                let found = run_blocking(file, move || record.find(&host, &name, port));
                entries.extend(found.await?);
            } else {
                entries.extend(record.find(host, name, port)?);
            }
        }
        // They are kept as long as the connection, because a new key exchange shows the key again.
        entries.shrink_to_fit();
        Ok(entries)
    }

    /// A file that could not be read is read again by the next call.
    async fn record(&self, file: &Path) -> Result<Arc<KnownHostsFile>, HostKeyError> {
        let cell = {
            let mut records = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            records.entry(file.to_owned()).or_default().clone()
        };
        let read = cell.get_or_try_init(|| {
            let name = file.to_owned();
            run_blocking(file, move || KnownHostsFile::read(name).map(Arc::new))
        });
        read.await.cloned()
    }

    /// Appends a key under a name.
    pub(super) async fn append(
        &self,
        file: &Path,
        name: &str,
        key: &PublicKey,
    ) -> Result<(), HostKeyError> {
        let entry = line(name, key)?;
        let path = file.to_owned();
        let appended = run_blocking(file, move || append_line(&path, &entry)).await;
        self.forget(&[file.to_owned()]);
        appended
    }

    /// Drops these files from the cache.
    pub(super) fn forget(&self, files: &[PathBuf]) {
        let mut records = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files {
            records.remove(file);
        }
    }
}

/// Runs `task` on a blocking thread.
async fn run_blocking<T: Send + 'static>(
    file: &Path,
    task: impl FnOnce() -> Result<T, HostKeyError> + Send + 'static,
) -> Result<T, HostKeyError> {
    let task = tokio::task::spawn_blocking(task);
    task.await.unwrap_or_else(|error| {
        Err(HostKeyError::File {
            file: file.to_owned(),
            reason: error.to_string(),
        })
    })
}

/// One file.
#[derive(Debug)]
struct KnownHostsFile {
    file: PathBuf,
    lines: Vec<KnownHostsLine>,
    /// The indices of lines with plain names, by name in lower case.
    by_name: HashMap<String, Vec<usize>>,
    /// The indices of lines with patterns or hashed names, which may be about any host.
    by_pattern: Vec<usize>,
    has_hashed: bool,
}

impl KnownHostsFile {
    fn read(file: PathBuf) -> Result<Self, HostKeyError> {
        match std::fs::read(&file) {
            Ok(text) => Ok(Self::parse(file, &text)),
            // A missing file counts as empty, as for OpenSSH: the error that follows includes the fingerprint.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::parse(file, b"")),
            Err(error) => Err(file_error(&file, &error)),
        }
    }

    fn parse(file: PathBuf, text: &[u8]) -> Self {
        let mut record = Self {
            file,
            lines: Vec::new(),
            by_name: HashMap::new(),
            by_pattern: Vec::new(),
            has_hashed: false,
        };
        // A byte in a comment that is not UTF-8 must not hide the keys.
        let text = String::from_utf8_lossy(text);
        for (index, line) in text.lines().enumerate() {
            let Some(line) = KnownHostsLine::parse(index + 1, line) else {
                continue;
            };
            let at = record.lines.len();
            record.has_hashed |= line.is_hashed();
            if line.is_hashed() || line.names.contains(['*', '?', '!']) {
                record.by_pattern.push(at);
            } else {
                for name in line.names.split(',') {
                    let name = name.to_ascii_lowercase();
                    record.by_name.entry(name).or_default().push(at);
                }
            }
            record.lines.push(line);
        }
        record
    }

    /// The lines about `host` or `name`, in the order of the file, with hashed names last.
    fn find(&self, host: &str, name: &str, port: u16) -> Result<Vec<HostKeyEntry>, HostKeyError> {
        let of = |name| self.by_name.get(name).into_iter().flatten();
        let mut candidates: Vec<usize> = of(host).chain(of(name)).copied().collect();
        candidates.extend(&self.by_pattern);
        candidates.sort_unstable();
        candidates.dedup();
        let lines = candidates.iter().filter_map(|at| self.lines.get(*at));
        let mut entries = Vec::new();
        let mut hashed = Vec::new();
        for line in lines.filter(|line| line.is_for(host, name)) {
            if line.marker == HostKeyMarker::CertAuthority {
                entries.push(line.entry(&self.file, true, None));
            } else if line.is_hashed() {
                hashed.push(line);
            } else if let Some(key) = line.key() {
                let is_exact = matches_list(&line.names, name);
                entries.push(line.entry(&self.file, is_exact, Some(key)));
            }
        }
        if !hashed.is_empty() {
            for (port, is_exact) in [(port, true), (22, port == 22)] {
                // The library reads the file again and returns keys; the line of each key is found here.
                let keys = known_host_keys_path(host, port, &self.file);
                let keys = keys.map_err(|error| HostKeyError::File {
                    file: self.file.clone(),
                    reason: format!("a hashed line for this host cannot be read: {error}"),
                })?;
                for (_, key) in keys {
                    let holds_it = |line: &&&KnownHostsLine| {
                        line.key()
                            .is_some_and(|other| other.key_data() == key.key_data())
                    };
                    if let Some(line) = hashed.iter().find(holds_it) {
                        entries.push(line.entry(&self.file, is_exact, Some(key)));
                    }
                }
            }
        }
        Ok(entries)
    }
}

/// `[@marker] names type key [comment]`
#[derive(Debug)]
struct KnownHostsLine {
    number: usize,
    marker: HostKeyMarker,
    names: Box<str>,
    key: Box<str>,
}

impl KnownHostsLine {
    /// `None` for blank lines, comments, unknown markers, and lines without a key.
    fn parse(number: usize, line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = match words.peek()? {
            word if word.starts_with('#') => return None,
            &"@revoked" => HostKeyMarker::Revoked,
            &"@cert-authority" => HostKeyMarker::CertAuthority,
            word if word.starts_with('@') => return None,
            _ => HostKeyMarker::None,
        };
        if marker != HostKeyMarker::None {
            words.next();
        }
        let names = words.next()?;
        let _algorithm = words.next()?;
        let key = words.next()?;
        Some(Self {
            number,
            marker,
            names: names.into(),
            key: key.into(),
        })
    }

    fn is_hashed(&self) -> bool {
        self.names.starts_with("|1|")
    }

    /// Whether the line may be about the host; for hashed names the caller has to check.
    fn is_for(&self, host: &str, name: &str) -> bool {
        self.is_hashed() || matches_list(&self.names, host) || matches_list(&self.names, name)
    }

    /// `None` for key types that are not supported, which no device can show.
    fn key(&self) -> Option<PublicKey> {
        parse_public_key_base64(&self.key).ok()
    }

    fn entry(&self, file: &Path, is_exact: bool, key: Option<PublicKey>) -> HostKeyEntry {
        HostKeyEntry {
            file: file.to_owned(),
            line: self.number,
            marker: self.marker,
            is_exact,
            key,
        }
    }
}

/// For fuzzing: the lines of a `known_hosts` file that may be about a host, by number from 1, and whether the type of their key is
/// supported.
#[doc(hidden)]
pub fn known_hosts_lines(text: &[u8], host: &str, port: u16) -> Vec<(usize, bool)> {
    let name = format!("[{host}]:{port}");
    let file = KnownHostsFile::parse(PathBuf::new(), text);
    let lines = file.lines.iter().filter(|line| line.is_for(host, &name));
    lines
        .map(|line| (line.number, line.key().is_some()))
        .collect()
}

/// Whether a list such as `r1,*.lab,!bad.lab` names `name`: some pattern does, and none after `!` does.
fn matches_list(patterns: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches_pattern(pattern, name) => return false,
            Some(_) => {}
            None => found |= matches_pattern(pattern, name),
        }
    }
    found
}

/// Whether a host pattern matches `name`: `*` stands for any characters, `?` for one, and case does not matter.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    WildMatch::new_case_insensitive(pattern).matches(name)
}

/// The line for a key under a name.
pub(super) fn line(name: &str, key: &PublicKey) -> Result<String, HostKeyError> {
    let key = key.to_openssh().map_err(|error| HostKeyError::File {
        file: PathBuf::new(),
        reason: error.to_string(),
    })?;
    Ok(format!("{name} {}", key.trim()))
}

/// Appends a line in one write, so that concurrent connections do not mix their lines.
pub(super) fn append_line(file: &Path, entry: &str) -> Result<(), HostKeyError> {
    let failed = |error: &io::Error| file_error(file, error);
    let ends_in_mid_line = match std::fs::read(file) {
        Ok(text) => text.last().is_some_and(|last| *last != b'\n'),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(&error)),
    };
    let start = if ends_in_mid_line { "\n" } else { "" };
    let line = format!("{start}{entry}\n");
    if let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| failed(&error))?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    /// Whether a line with these names is found for a host on a port.
    fn is_found(names: &str, host: &str, port: u16) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        let text = format!("# comment\n\n{names} {KEY} lab\n");
        std::fs::write(&file, &text).unwrap();
        let name = match port {
            22 => host.to_owned(),
            port => format!("[{host}]:{port}"),
        };
        let record = KnownHostsFile::parse(file, text.as_bytes());
        let entries = record.find(host, &name, port).unwrap();
        assert!(entries.iter().all(|entry| entry.line == 3));
        !entries.is_empty()
    }

    #[test]
    fn names_match_as_openssh_matches_them() {
        let known = [
            ("r1", "r1", 22),
            ("r0,R1,r2", "r1", 22),
            ("[r1]:830", "r1", 830),
            ("r1", "r1", 830),
            ("*.lab,!bad.lab", "r1.lab", 22),
            ("r?", "r1", 22),
            ("[*.lab]:830", "r1.lab", 830),
            ("[2001:db8::1]:830", "2001:db8::1", 830),
            // HMAC-SHA1 as ssh-keygen -H makes it, with the salt 00 to 13, of "[r1]:830" and of "r1".
            (
                "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|GfLspnXSu5Ji18Mi38F2uixJLlQ=",
                "r1",
                830,
            ),
            (
                "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|6x1Fnrpl4OQompHVStX8zwGlXIA=",
                "r1",
                830,
            ),
            (
                "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|6x1Fnrpl4OQompHVStX8zwGlXIA=",
                "r1",
                22,
            ),
        ];
        for (names, host, port) in known {
            assert!(is_found(names, host, port), "{names}");
        }
        let unknown = [
            ("r1", "r11", 22),
            ("[r1]:830", "r1", 22),
            ("[r1]:830", "r1", 2830),
            ("*.lab,!bad.lab", "bad.lab", 22),
            (
                "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|GfLspnXSu5Ji18Mi38F2uixJLlQ=",
                "r1",
                22,
            ),
        ];
        for (names, host, port) in unknown {
            assert!(!is_found(names, host, port), "{names}");
        }
    }

    #[tokio::test]
    async fn a_file_is_read_once_and_again_after_a_line_was_added() {
        let folder = tempfile::tempdir().unwrap();
        let files = [folder.path().join("known_hosts")];
        let [file] = &files;
        std::fs::write(file, format!("r1 {KEY}\n")).unwrap();
        let records = KnownHostsCache::default();
        let known = async |host: &str| {
            let entries = records.find(&files, host, host, 22).await.unwrap();
            entries.iter().map(|entry| entry.line).collect::<Vec<_>>()
        };
        assert_eq!(known("r1").await, [1]);
        std::fs::write(file, format!("# by somebody else\nr1 {KEY}\n")).unwrap();
        assert_eq!(known("r1").await, [1]);
        let key = PublicKey::from_openssh(KEY).unwrap();
        records.append(file, "r2", &key).await.unwrap();
        assert_eq!((known("r1").await, known("r2").await), (vec![2], vec![3]));
    }

    #[test]
    fn lines_by_name_and_by_pattern_come_in_the_order_of_the_file() {
        let text = format!("r1 {KEY}\n* {KEY}\n[R1]:830,r1 {KEY}\nr2 {KEY}\n!r1,r? {KEY}\n");
        let record = KnownHostsFile::parse(PathBuf::new(), text.as_bytes());
        let entries = record.find("r1", "[r1]:830", 830).unwrap();
        let lines: Vec<_> = entries.iter().map(|e| (e.line, e.is_exact)).collect();
        assert_eq!(lines, [(1, false), (2, true), (3, true)]);
    }

    #[test]
    fn patterns_match_as_openssh_matches_them() {
        let matching = [
            ("*", "r1"),
            ("*", ""),
            ("", ""),
            ("R?.LAB", "r1.lab"),
            ("*.lab.*", "a.lab.b.lab.c"),
            ("**1", "r1"),
            ("r[1]", "r[1]"),
            ("[::1]:8?0", "[::1]:830"),
            ("ä*", "Ärger"),
        ];
        for (pattern, name) in matching {
            assert!(matches_pattern(pattern, name), "{pattern} {name}");
        }
        let others = [
            ("?", ""),
            ("", "r1"),
            ("r?", "r"),
            ("r?", "r12"),
            ("*.lab", "r1.lab.example"),
            ("r[12]", "r1"),
            (r"r\*", "r1"),
        ];
        for (pattern, name) in others {
            assert!(!matches_pattern(pattern, name), "{pattern} {name}");
        }
        // Time is at most the product of the lengths.
        assert!(!matches_pattern(&"*a".repeat(500), &"b".repeat(5000)));
    }

    #[tokio::test]
    async fn a_line_is_added_after_a_last_line_without_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, "# no line end").unwrap();
        let key = PublicKey::from_openssh(KEY).unwrap();
        let records = KnownHostsCache::default();
        records.append(&file, "r1", &key).await.unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("# no line end\nr1 {KEY}\n"));
    }
}
