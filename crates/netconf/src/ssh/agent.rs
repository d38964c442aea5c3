//! Lists the keys of an SSH agent and signs with them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use russh::keys::agent::client::AgentClient;
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use russh::keys::{HashAlg, PublicKey, load_public_key};
use tokio::net::UnixStream;

/// A connection to an agent, and its keys that have not been tried.
pub(super) struct Agent {
    client: AgentClient<UnixStream>,
    /// The name in messages, and the key.
    keys: VecDeque<(String, PublicKey)>,
}

impl Agent {
    /// Asks the agent which keys it has. The error is a sentence.
    pub(super) async fn connect(
        socket: Option<&Path>,
        only: &[PathBuf],
        binding: Option<&AgentSessionBinding>,
    ) -> Result<Self, String> {
        let socket = match socket {
            Some(socket) => socket.to_owned(),
            None => std::env::var_os("SSH_AUTH_SOCK")
                .filter(|socket| !socket.is_empty())
                .map(PathBuf::from)
                .ok_or("SSH_AUTH_SOCK is not set: no agent is running")?,
        };
        let error_text = |error: &dyn std::fmt::Display| format!("{}: {error}", socket.display());
        let client = AgentClient::connect_uds(&socket).await;
        let mut client = client.map_err(|error| error_text(&error))?;
        if let Some(binding) = binding {
            // Keys that are bound to certain hosts need it; agents that do not know it say so and go on.
            drop(client.bind_session(binding, false).await);
        }
        let identities = client.request_identities().await;
        let identities = identities.map_err(|error| error_text(&error))?;
        let wanted = read_public_keys(only).await;
        let mut keys = VecDeque::new();
        for identity in identities {
            // Certificates are signed over to a key that the agent lists by itself too.
            if let AgentIdentity::PublicKey { key, comment } = identity {
                let is_wanted = |wanted: &PublicKey| wanted.key_data() == key.key_data();
                if only.is_empty() || wanted.iter().any(is_wanted) {
                    let fingerprint = key.fingerprint(HashAlg::Sha256);
                    keys.push_back((format!("agent key {fingerprint} ({comment})"), key));
                }
            }
        }
        if keys.is_empty() {
            return Err(if only.is_empty() {
                error_text(&"the agent holds no key")
            } else {
                error_text(&"the agent holds none of the keys named")
            });
        }
        Ok(Self { client, keys })
    }

    /// The next key to try, with its name in messages.
    pub(super) fn next_key(&mut self) -> Option<(String, PublicKey)> {
        self.keys.pop_front()
    }

    /// The signer.
    pub(super) fn signer(&mut self) -> &mut AgentClient<UnixStream> {
        &mut self.client
    }
}

/// The public keys of these files, or of the `.pub` beside them. Those that cannot be read match nothing.
async fn read_public_keys(files: &[PathBuf]) -> Vec<PublicKey> {
    let files = files.to_vec();
    let task = tokio::task::spawn_blocking(move || {
        let read = |file: &PathBuf| {
            let mut beside = file.clone().into_os_string();
            beside.push(".pub");
            load_public_key(file)
                .or_else(|_| load_public_key(Path::new(&beside)))
                .ok()
        };
        files.iter().filter_map(read).collect()
    });
    task.await.unwrap_or_default()
}
