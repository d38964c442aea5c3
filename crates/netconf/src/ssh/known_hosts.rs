//! OpenSSH's `known_hosts` file: finding the lines about a host, and adding one.
//!
//! `*` and `?`, negation, ports, markers and hashed names as in `sshd(8)`; lines that cannot be read are passed over, since
//! a file may hold keys of types that we do not have. Hashed names are matched by the SSH library, which does it right.
//! The rest it does not: it takes an unreadable file for an empty one, miscounts lines after comments, and knows neither
//! wildcards nor markers.
//!
//! Left out: hashing the names that are added.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use russh::keys::known_hosts::known_host_keys_path;
use russh::keys::{PublicKey, parse_public_key_base64};

use super::host_keys::{HostKeyError, file_error};

/// A line of the file that names the host.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) file: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) marker: Marker,
    /// With a port, the entry is about this port; without, about the host.
    pub(super) is_exact: bool,
    /// Absent for certificate authorities, whose keys are no host's.
    pub(super) key: Option<PublicKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// The key is the host's.
    None,
    /// `@revoked`: the key is nobody's any more.
    Revoked,
    /// `@cert-authority`: the key signs the keys of hosts.
    CertAuthority,
}

/// The lines of `text` about `host`, or about `name`, which has the port in it.
pub(super) fn find(
    text: &[u8],
    file: &Path,
    host: &str,
    name: &str,
    port: u16,
) -> Result<Vec<Entry>, HostKeyError> {
    // A stray byte in a comment must not hide the keys.
    let text = String::from_utf8_lossy(text);
    let mut entries = Vec::new();
    let mut hashed = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = Line::parse(index + 1, line);
        let Some(line) = line.filter(|line| line.is_for(host, name)) else {
            continue;
        };
        if line.marker == Marker::CertAuthority {
            entries.push(line.entry(file, true, None));
        } else if line.names.starts_with("|1|") {
            hashed.push(line);
        } else if let Some(key) = line.key() {
            let is_exact = matches_list(line.names, name);
            entries.push(line.entry(file, is_exact, Some(key)));
        }
    }
    if !hashed.is_empty() {
        for (port, is_exact) in [(port, true), (22, port == 22)] {
            // The library opens the file again; it gives keys, and which line holds a key is looked up here.
            let keys = known_host_keys_path(host, port, file);
            let keys = keys.map_err(|error| HostKeyError::File {
                file: file.to_owned(),
                reason: format!("a hashed line for this host cannot be read: {error}"),
            })?;
            for (_, key) in keys {
                let holds_it = |line: &&Line<'_>| {
                    line.key()
                        .is_some_and(|other| other.key_data() == key.key_data())
                };
                if let Some(line) = hashed.iter().find(holds_it) {
                    entries.push(line.entry(file, is_exact, Some(key)));
                }
            }
        }
    }
    Ok(entries)
}

/// `[@marker] names type key [comment]`
struct Line<'l> {
    number: usize,
    marker: Marker,
    names: &'l str,
    key: &'l str,
}

impl<'l> Line<'l> {
    /// `None` for blank lines, comments, markers we have no use for, and lines without a key.
    fn parse(number: usize, line: &'l str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = match words.peek()? {
            word if word.starts_with('#') => return None,
            &"@revoked" => Marker::Revoked,
            &"@cert-authority" => Marker::CertAuthority,
            word if word.starts_with('@') => return None,
            _ => Marker::None,
        };
        if marker != Marker::None {
            words.next();
        }
        let names = words.next()?;
        let _algorithm = words.next()?;
        let key = words.next()?;
        Some(Self {
            number,
            marker,
            names,
            key,
        })
    }

    /// Hashed names may be for anybody; the caller finds out.
    fn is_for(&self, host: &str, name: &str) -> bool {
        self.names.starts_with("|1|")
            || matches_list(self.names, host)
            || matches_list(self.names, name)
    }

    /// A key of a type we cannot read is not one that a device can show us.
    fn key(&self) -> Option<PublicKey> {
        parse_public_key_base64(self.key).ok()
    }

    fn entry(&self, file: &Path, is_exact: bool, key: Option<PublicKey>) -> Entry {
        Entry {
            file: file.to_owned(),
            line: self.number,
            marker: self.marker,
            is_exact,
            key,
        }
    }
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

/// `*` stands for any characters, `?` for one; case does not matter. `name` is in lower case.
pub(super) fn matches_pattern(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern.eq_ignore_ascii_case(name);
    }
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.chars().collect();
    // After a mismatch, the last `*` takes one character more.
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while let Some(character) = name.get(n) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

/// A key as a line that makes it known under a name.
pub(super) fn line(name: &str, key: &PublicKey) -> Result<String, HostKeyError> {
    let key = key.to_openssh().map_err(|error| HostKeyError::File {
        file: PathBuf::new(),
        reason: error.to_string(),
    })?;
    Ok(format!("{name} {}", key.trim()))
}

/// Makes a key known under a name.
pub(super) fn append(file: &Path, name: &str, key: &PublicKey) -> Result<(), HostKeyError> {
    append_line(file, &line(name, key)?)
}

/// Adds a line, in one write so that connections opened at the same time do not mix theirs.
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
        let entries = find(text.as_bytes(), &file, host, &name, port).unwrap();
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

    #[test]
    fn a_line_is_added_after_a_last_line_without_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, "# no line end").unwrap();
        append(&file, "r1", &PublicKey::from_openssh(KEY).unwrap()).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("# no line end\nr1 {KEY}\n"));
    }
}
