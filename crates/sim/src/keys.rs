//! The fleet's SSH keys: one host key for each device and one user key, all Ed25519 and derived from the seed.
//!
//! Anyone can compute these keys, so they protect nothing. They are for loopback, and give a restarted fleet the same host keys.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use russh::keys::{
    PrivateKey,
    ssh_key::{
        self, LineEnding,
        private::{Ed25519Keypair, KeypairData},
    },
};

use crate::{error::Error, seed::Seed};

/// The key of `owner` in a fleet of this seed.
pub(crate) fn key(fleet_seed: u64, owner: &str) -> Result<PrivateKey, Error> {
    let seed = Seed::new(fleet_seed).named("ssh key").named(owner);
    let mut bytes = [0; 32];
    for (index, part) in bytes.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&seed.numbered(index as u64).bits().to_be_bytes());
    }
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&bytes));
    PrivateKey::new(pair, owner).map_err(|source| of(owner, source))
}

/// Writes a private key in OpenSSH's format, readable by its owner alone.
pub(crate) fn write_private(key: &PrivateKey, owner: &str, path: &Path) -> Result<(), Error> {
    let text = key
        .to_openssh(LineEnding::LF)
        .map_err(|source| of(owner, source))?;
    replace_private(path, text.as_bytes()).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

/// The line of known_hosts for a device.
pub(crate) fn known_host(
    address: SocketAddr,
    key: &PrivateKey,
    owner: &str,
) -> Result<String, Error> {
    let mut public = key.public_key().clone();
    public.set_comment("");
    let public = public.to_openssh().map_err(|source| of(owner, source))?;
    let host = match address.port() {
        22 => address.ip().to_string(),
        port => format!("[{}]:{port}", address.ip()),
    };
    Ok(format!("{host} {}\n", public.trim()))
}

fn of(owner: &str, source: ssh_key::Error) -> Error {
    Error::Key {
        owner: owner.to_owned(),
        source,
    }
}

/// Removes an old file first, so that its permissions do not apply to the new one.
fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_each_time_and_different_for_each_owner() {
        let key_of = |owner| key(1, owner).unwrap().public_key().to_openssh().unwrap();
        assert_eq!(key_of("a"), key_of("a"));
        assert_ne!(key_of("a"), key_of("b"));
    }

    #[test]
    fn a_known_host_has_its_port_and_no_comment() {
        let line = known_host(
            "127.0.0.1:830".parse().unwrap(),
            &key(1, "box").unwrap(),
            "box",
        )
        .unwrap();
        assert!(
            line.starts_with("[127.0.0.1]:830 ssh-ed25519 AAAA"),
            "{line}"
        );
        assert_eq!(line.split_whitespace().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn the_users_key_is_private_even_where_it_was_not_before() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        fs::write(&path, "old").unwrap();
        write_private(&key(1, "user").unwrap(), "user", &path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(russh::keys::load_secret_key(&path, None).is_ok());
    }
}
