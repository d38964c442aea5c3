//! The ways to log in, in the order in which they are tried.

use std::path::PathBuf;

use inventory::expand_home;
use netconf::ssh::Method;
use secrecy::SecretString;

use super::super::ssh_config::{HostOptions, IdentityAgent, expand_path};

/// Keys that are tried, as OpenSSH does, where nothing names a way in.
const DEFAULT_KEYS: &[&str] = &["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

/// One way to log in, as the order of them names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Agent,
    Password,
    KeyboardInteractive,
}

/// The order where nobody gives another.
const DEFAULT_ORDER: [Kind; 4] = [
    Kind::Key,
    Kind::Agent,
    Kind::Password,
    Kind::KeyboardInteractive,
];

/// What there is to log in with.
#[derive(Default)]
pub(crate) struct Means {
    pub(crate) keys: Vec<PathBuf>,
    /// Whether somebody named these keys, or they are only where keys usually are.
    pub(crate) keys_are_named: bool,
    pub(crate) passphrase: Option<SecretString>,
    pub(crate) password: Option<SecretString>,
}

/// The methods in their order. Without an order, an agent is asked only where nothing else is named: each of its keys is an
/// attempt, and devices count attempts.
pub(crate) fn methods(
    means: Means,
    order: Option<Vec<Kind>>,
    options: &HostOptions,
    name: &str,
    user: &str,
) -> Vec<Method> {
    let is_asked = order.is_some();
    let order = order.or_else(|| options.preferred_authentications.as_deref().map(preferred));
    let is_alone = !means.keys_are_named && means.password.is_none();
    let mut keys = means.keys;
    if keys.is_empty() && (is_alone || is_asked) {
        keys = existing(DEFAULT_KEYS.iter().map(|path| expand_home(path)).collect());
    }
    let has_socket = std::env::var_os("SSH_AUTH_SOCK").is_some_and(|socket| !socket.is_empty());
    let agent = match &options.identity_agent {
        Some(IdentityAgent::None) => None,
        Some(IdentityAgent::Socket(socket)) => Some(Some(expand_path(socket, name, user))),
        Some(IdentityAgent::Environment) => Some(None),
        None if is_asked || (is_alone && has_socket) => Some(None),
        None => None,
    };
    let allows = |kind: Kind| match kind {
        Kind::Key | Kind::Agent => options.public_keys != Some(false),
        Kind::Password => options.passwords != Some(false),
        Kind::KeyboardInteractive => options.keyboard_interactive != Some(false),
    };
    let mut methods = Vec::new();
    for kind in order.unwrap_or_else(|| DEFAULT_ORDER.to_vec()) {
        if !allows(kind) {
            continue;
        }
        match kind {
            Kind::Key => methods.extend(keys.iter().map(|path| Method::KeyFile {
                path: path.clone(),
                passphrase: means.passphrase.clone(),
            })),
            Kind::Agent => methods.extend(agent.iter().map(|socket| Method::Agent {
                socket: socket.clone(),
                only: match options.identities_only {
                    Some(true) => options.identity_paths(name, user),
                    _ => Vec::new(),
                },
            })),
            Kind::Password => methods.extend(means.password.clone().map(Method::Password)),
            Kind::KeyboardInteractive => {
                methods.extend(means.password.clone().map(Method::KeyboardInteractive));
            }
        }
    }
    methods
}

/// `key,agent,password`: those that are named, in this order.
pub(crate) fn parse_order(text: &str) -> Result<Vec<Kind>, String> {
    let kinds = text.split(',').map(|name| match name.trim() {
        "key" | "publickey" => Ok(Kind::Key),
        "agent" => Ok(Kind::Agent),
        "password" => Ok(Kind::Password),
        "keyboard-interactive" => Ok(Kind::KeyboardInteractive),
        other => Err(format!(
            "expected `key`, `agent`, `password` and `keyboard-interactive` with commas between; found `{other}`"
        )),
    });
    kinds.collect()
}

/// OpenSSH's names, those that are not ours left out.
fn preferred(names: &[String]) -> Vec<Kind> {
    let kinds = names.iter().flat_map(|name| match name.as_str() {
        "publickey" => vec![Kind::Key, Kind::Agent],
        "password" => vec![Kind::Password],
        "keyboard-interactive" => vec![Kind::KeyboardInteractive],
        _ => Vec::new(),
    });
    kinds.collect()
}

/// OpenSSH passes over identity files that are not there.
pub(crate) fn existing(files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.into_iter().filter(|file| file.is_file()).collect()
}
