//! Caches private key files: each is read and decrypted once.
//!
//! Decryption takes a tenth of a second by design, which would otherwise be spent for each of two thousand devices.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{PrivateKey, load_secret_key};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

/// The key, or the reason why it cannot be used, as a sentence.
type KeyResult = Result<Arc<PrivateKey>, String>;

/// The keys read so far.
#[derive(Debug, Default)]
pub(super) struct KeyFiles {
    hash_key: RandomState,
    read: Mutex<HashMap<u64, Arc<OnceCell<KeyResult>>>>,
}

impl KeyFiles {
    /// The key in this file.
    pub(super) async fn load(&self, path: &Path, passphrase: Option<&SecretString>) -> KeyResult {
        let secret = passphrase.map(SecretString::expose_secret);
        let key = self.hash_key.hash_one((path, secret));
        let cell = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.entry(key).or_default().clone()
        };
        let read = cell.get_or_init(|| read(path.to_owned(), passphrase.cloned()));
        read.await.clone()
    }
}

/// Runs on a blocking thread, because decryption computes.
async fn read(path: PathBuf, passphrase: Option<SecretString>) -> KeyResult {
    let task = tokio::task::spawn_blocking(move || {
        let secret = passphrase.as_ref().map(SecretString::expose_secret);
        let key = load_secret_key(&path, secret);
        let key = key.map_err(|error| explain(&error, &path, secret.is_some()))?;
        Ok(key)
    });
    let read = task.await.map_err(|error| error.to_string())?;
    read.map(Arc::new)
}

fn explain(error: &russh::keys::Error, path: &Path, has_passphrase: bool) -> String {
    use russh::keys::Error;
    match error {
        Error::KeyIsEncrypted => "it is encrypted and no passphrase is given".to_owned(),
        Error::IO(error) => error.to_string(),
        // The SSH library reports it as a damaged key.
        _ if !has_passphrase && is_encrypted_pkcs8(path) => {
            "it is encrypted and no passphrase is given".to_owned()
        }
        _ if has_passphrase => {
            format!("the passphrase is wrong, or this is no private key ({error})")
        }
        _ if path.extension().is_some_and(|extension| extension == "pub") => {
            "it is a public key: name the private one".to_owned()
        }
        _ => format!("this is no private key that can be read ({error})"),
    }
}

/// Whether the first line of the file says so (RFC 7468, section 11).
fn is_encrypted_pkcs8(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).map(SecretString::from);
    text.is_ok_and(|text| {
        let head = text.expose_secret().trim_start();
        head.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn load(path: &Path, passphrase: Option<&str>) -> KeyResult {
        let passphrase = passphrase.map(SecretString::from);
        KeyFiles::default().load(path, passphrase.as_ref()).await
    }

    #[tokio::test]
    async fn a_key_file_that_cannot_be_used_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let missing = load(&folder.path().join("none"), None).await.unwrap_err();
        assert!(missing.contains("No such file"), "{missing}");

        let garbage = folder.path().join("garbage");
        std::fs::write(&garbage, "hello").unwrap();
        let garbage = load(&garbage, None).await.unwrap_err();
        assert!(garbage.contains("no private key"), "{garbage}");

        let locked = folder.path().join("locked");
        let head = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
        std::fs::write(
            &locked,
            format!("{head}\nMAA=\n{}\n", head.replace("BEGIN", "END")),
        )
        .unwrap();
        let none = load(&locked, None).await.unwrap_err();
        assert!(none.contains("no passphrase is given"), "{none}");
        let wrong = load(&locked, Some("sesame")).await.unwrap_err();
        assert!(wrong.contains("the passphrase is wrong"), "{wrong}");

        let public = folder.path().join("id.pub");
        std::fs::write(&public, "ssh-ed25519 AAAA").unwrap();
        let public = load(&public, None).await.unwrap_err();
        assert!(public.contains("name the private one"), "{public}");
    }

    #[tokio::test]
    async fn an_encrypted_key_needs_its_passphrase_and_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id_ed25519");
        let mut random = russh::keys::key::safe_rng();
        let key = PrivateKey::random(&mut random, russh::keys::Algorithm::Ed25519).unwrap();
        let locked = key.encrypt(&mut random, "sesame").unwrap();
        let text = locked.to_openssh(Default::default()).unwrap();
        std::fs::write(&path, text.as_bytes()).unwrap();

        let none = load(&path, None).await.unwrap_err();
        assert!(none.contains("no passphrase is given"), "{none}");
        let wrong = load(&path, Some("wrong")).await.unwrap_err();
        assert!(wrong.contains("the passphrase is wrong"), "{wrong}");

        let files = KeyFiles::default();
        let sesame = SecretString::from("sesame");
        let read = files.load(&path, Some(&sesame)).await.unwrap();
        assert_eq!(read.public_key(), key.public_key());
        std::fs::remove_file(&path).unwrap();
        let again = files.load(&path, Some(&sesame)).await.unwrap();
        assert!(Arc::ptr_eq(&read, &again));
    }
}
