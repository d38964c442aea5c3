//! Logging in: each method once, in the order given, until one is accepted.
//!
//! A key file that cannot be used does not stop the methods after it, but it is never passed over in silence: if
//! nobody lets us in, the error lists what became of each.
//!
//! Left out: agents and keyboard-interactive; RSA signatures with SHA-1.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::MethodKind;
use russh::client::{AuthResult, Handle, Handler};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, load_secret_key};
use secrecy::{ExposeSecret, SecretString};

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name on the device.
    pub user: String,
    /// Tried in this order, each once.
    pub methods: Vec<Method>,
}

/// One way to prove who one is. Secrets do not show in `Debug` output.
#[derive(Debug, Clone)]
pub enum Method {
    /// A password, sent over the encrypted connection.
    Password(SecretString),
    /// A private key (Ed25519, ECDSA or RSA) in a file, in the format of OpenSSH, PKCS#8, PKCS#1 or SEC1.
    KeyFile {
        /// Where it is.
        path: PathBuf,
        /// What it is encrypted with, if it is.
        passphrase: Option<SecretString>,
    },
}

/// What became of one [`Method`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The method, for people: `password`, or the key file's path.
    pub method: String,
    /// What happened.
    pub outcome: AttemptOutcome,
}

/// See [`Attempt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The device said no.
    Refused,
    /// The device accepted it but wants a further method.
    NotEnough,
    /// It was not offered to the device, for this reason.
    NotTried(String),
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.method)?;
        match &self.outcome {
            AttemptOutcome::Refused => f.write_str(" was refused"),
            AttemptOutcome::NotEnough => f.write_str(" was accepted, but the device wants more"),
            AttemptOutcome::NotTried(reason) => write!(f, " cannot be used: {reason}"),
        }
    }
}

/// How an attempt to log in ended, apart from errors of the connection.
#[derive(Debug)]
pub(super) enum Login {
    Accepted,
    /// The connection ended while the device was being asked.
    Disconnected,
    Refused {
        attempts: Vec<Attempt>,
        accepts: Vec<String>,
    },
}

/// Tries each method in turn.
pub(super) async fn log_in<H: Handler>(
    handle: &mut Handle<H>,
    credentials: &Credentials,
) -> Result<Login, russh::Error> {
    let mut attempts = Vec::new();
    let mut accepts = Vec::new();
    for method in &credentials.methods {
        let outcome = match attempt(handle, &credentials.user, method).await? {
            Ok(AuthResult::Success) => return Ok(Login::Accepted),
            Ok(AuthResult::Failure {
                remaining_methods,
                partial_success,
            }) => {
                // The SSH library reports a connection that ended as a refusal with nothing left to try.
                if remaining_methods.is_empty() && handle.is_closed() {
                    return Ok(Login::Disconnected);
                }
                accepts = remaining_methods.iter().map(name).collect();
                if partial_success {
                    AttemptOutcome::NotEnough
                } else {
                    AttemptOutcome::Refused
                }
            }
            Err(reason) => AttemptOutcome::NotTried(reason),
        };
        let method = match method {
            Method::Password(_) => "password".to_owned(),
            Method::KeyFile { path, .. } => format!("key file {}", path.display()),
        };
        attempts.push(Attempt { method, outcome });
    }
    Ok(Login::Refused { attempts, accepts })
}

/// The inner error is a reason why nothing could be offered.
async fn attempt<H: Handler>(
    handle: &mut Handle<H>,
    user: &str,
    method: &Method,
) -> Result<Result<AuthResult, String>, russh::Error> {
    match method {
        Method::Password(password) => {
            let answer = handle.authenticate_password(user, password.expose_secret());
            answer.await.map(Ok)
        }
        Method::KeyFile { path, passphrase } => {
            let key = match load_key(path.clone(), passphrase.clone()).await {
                Ok(key) => key,
                Err(reason) => return Ok(Err(reason)),
            };
            let mut hash = None;
            if key.algorithm().is_rsa() {
                hash = match handle.best_supported_rsa_hash().await? {
                    Some(Some(hash)) => Some(hash),
                    // Servers that say nothing know both SHA-2 variants or neither.
                    None => Some(HashAlg::Sha512),
                    Some(None) => {
                        let reason = "the device takes RSA keys with SHA-1 signatures only; \
                                      use an Ed25519 or ECDSA key";
                        return Ok(Err(reason.to_owned()));
                    }
                };
            }
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
            handle.authenticate_publickey(user, key).await.map(Ok)
        }
    }
}

/// Reads a private key. Away from the async threads: decrypting one takes long on purpose.
async fn load_key(path: PathBuf, passphrase: Option<SecretString>) -> Result<PrivateKey, String> {
    let task = tokio::task::spawn_blocking(move || {
        let secret = passphrase.as_ref().map(SecretString::expose_secret);
        load_secret_key(&path, secret).map_err(|error| explain(&error, &path, secret.is_some()))
    });
    task.await.map_err(|error| error.to_string())?
}

fn explain(error: &russh::keys::Error, path: &Path, has_passphrase: bool) -> String {
    use russh::keys::Error;
    match error {
        Error::KeyIsEncrypted => "it is encrypted and no passphrase is given".to_owned(),
        Error::IO(error) => error.to_string(),
        _ if has_passphrase => {
            format!("the passphrase is wrong, or this is no private key ({error})")
        }
        _ if path.extension().is_some_and(|extension| extension == "pub") => {
            "it is a public key: name the private one".to_owned()
        }
        _ => format!("this is no private key that can be read ({error})"),
    }
}

fn name(method: &MethodKind) -> String {
    String::from(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reason(path: PathBuf, passphrase: Option<&str>) -> String {
        let passphrase = passphrase.map(SecretString::from);
        load_key(path, passphrase).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_key_file_that_cannot_be_used_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let missing = reason(folder.path().join("none"), None).await;
        assert!(missing.contains("No such file"), "{missing}");

        let garbage = folder.path().join("garbage");
        std::fs::write(&garbage, "hello").unwrap();
        let garbage = reason(garbage, None).await;
        assert!(garbage.contains("no private key"), "{garbage}");

        let public = folder.path().join("id.pub");
        std::fs::write(&public, "ssh-ed25519 AAAA").unwrap();
        let public = reason(public, None).await;
        assert!(public.contains("name the private one"), "{public}");
    }

    #[tokio::test]
    async fn an_encrypted_key_needs_its_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id_ed25519");
        let mut random = russh::keys::key::safe_rng();
        let key = PrivateKey::random(&mut random, russh::keys::Algorithm::Ed25519).unwrap();
        let locked = key.encrypt(&mut random, "sesame").unwrap();
        let text = locked.to_openssh(Default::default()).unwrap();
        std::fs::write(&path, text.as_bytes()).unwrap();

        let none = reason(path.clone(), None).await;
        assert!(none.contains("no passphrase is given"), "{none}");
        let wrong = reason(path.clone(), Some("wrong")).await;
        assert!(wrong.contains("the passphrase is wrong"), "{wrong}");
        let read = load_key(path, Some(SecretString::from("sesame"))).await;
        assert_eq!(read.unwrap().public_key(), key.public_key());
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let credentials = Credentials {
            user: "lab".to_owned(),
            methods: vec![Method::Password(SecretString::from("hunter2"))],
        };
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
