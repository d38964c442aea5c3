//! The credentials for an SSH server, and the outcome of each authentication method.

use std::fmt;
use std::path::PathBuf;

use russh::MethodKind;
use secrecy::SecretString;

use crate::text::excerpt;

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name on the device.
    pub user: String,
    /// Tried in this order, each once.
    pub methods: Vec<Method>,
}

/// One authentication method. Secrets do not show in `Debug` output.
#[derive(Debug, Clone)]
pub enum Method {
    /// A password, sent over the encrypted connection.
    Password(SecretString),
    /// The answer to the server's one question for a password or passcode, as PAM, RADIUS and TACACS+ ask it. A question for
    /// the user's name is answered with that. Other questions, such as for an option or a new password, are not answered. A
    /// password that was refused as [`Method::Password`] is not tried again like this: it is the same password.
    KeyboardInteractive(SecretString),
    /// A private key (Ed25519, ECDSA or RSA) in a file, in the format of OpenSSH, PKCS#8, PKCS#1 or SEC1.
    KeyFile {
        /// The path of the file.
        path: PathBuf,
        /// The passphrase, if the key is encrypted.
        passphrase: Option<SecretString>,
    },
    /// The keys that an SSH agent holds, in its order.
    Agent {
        /// The agent's socket; the environment's `SSH_AUTH_SOCK` if not given.
        socket: Option<PathBuf>,
        /// If not empty, only the keys of these files: a private key's name, its `.pub` beside it, or a public key.
        only: Vec<PathBuf>,
    },
}

impl Method {
    pub(super) fn kind(&self) -> MethodKind {
        match self {
            Self::Password(_) => MethodKind::Password,
            Self::KeyboardInteractive(_) => MethodKind::KeyboardInteractive,
            Self::KeyFile { .. } | Self::Agent { .. } => MethodKind::PublicKey,
        }
    }

    pub(super) fn is_key(&self) -> bool {
        self.kind() == MethodKind::PublicKey
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(_) => f.write_str("password"),
            Self::KeyboardInteractive(_) => f.write_str("keyboard-interactive"),
            Self::KeyFile { path, .. } => write!(f, "key file {}", path.display()),
            Self::Agent { .. } => f.write_str("agent"),
        }
    }
}

/// The outcome of one [`Method`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The method's name in messages: `password`, the key file's path, a key of the agent.
    pub method: String,
    /// What happened.
    pub outcome: AttemptOutcome,
    /// The device's own text about it: questions, instructions, and banners that came after the credential was sent.
    pub message: Option<Box<str>>,
}

/// See [`Attempt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The device refused it.
    Refused,
    /// The device closed the connection when it was tried, with this message if there was one.
    HungUp(Option<Box<str>>),
    /// The device refused the same credential earlier in this run, maybe the same password with another method, so it
    /// was not tried again.
    RefusedBefore,
    /// The device accepted it but wants a further method.
    NotEnough,
    /// The device took the answer and then asked for something else, such as a new password or a second factor. That was not
    /// answered, and the credential is not remembered as refused.
    MoreAsked,
    /// It was not offered to the device, for this reason.
    NotTried(String),
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.method)?;
        match &self.outcome {
            AttemptOutcome::Refused => f.write_str(" was refused"),
            AttemptOutcome::HungUp(None) => f.write_str(" made the device hang up"),
            AttemptOutcome::HungUp(Some(words)) => {
                let words = excerpt(words.as_bytes());
                write!(f, " made the device hang up: \"{words}\"")
            }
            AttemptOutcome::RefusedBefore => {
                f.write_str(" was not tried: the same credential was refused before in this run")
            }
            AttemptOutcome::NotEnough => f.write_str(" was accepted, but the device wants more"),
            AttemptOutcome::MoreAsked => {
                f.write_str(" was answered, but the device asks for more than a password")
            }
            AttemptOutcome::NotTried(reason) => write!(f, " cannot be used: {reason}"),
        }?;
        match &self.message {
            Some(message) => write!(f, ": \"{}\"", excerpt(message.as_bytes())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let secret = || SecretString::from("hunter2");
        let credentials = Credentials {
            user: "lab".to_owned(),
            methods: vec![
                Method::Password(secret()),
                Method::KeyboardInteractive(secret()),
                Method::KeyFile {
                    path: "id".into(),
                    passphrase: Some(secret()),
                },
            ],
        };
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
