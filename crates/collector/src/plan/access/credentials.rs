//! The user and the ways to log in: `ansible_ssh_args` over variables over other arguments over options over OpenSSH's files.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use netconf::ssh::Credentials;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::super::host_variables::{HostVariables, PASSWORDS};
use super::context::{AUTH_ORDER, Access, KEY_FILE, KEY_PASSPHRASE, Known, Written, local_user};
use super::login_methods::{Means, existing, methods, parse_order};

impl Access<'_> {
    pub(crate) fn credentials(
        &mut self,
        host: &mut HostVariables<'_>,
        written: &Written,
        known: &Known,
    ) -> Credentials {
        let user = known
            .first
            .user
            .clone()
            .or_else(|| written.user.clone())
            .or_else(|| known.said.user.clone())
            .or_else(|| self.options.user.clone())
            .or_else(|| known.all.user.clone())
            .unwrap_or_else(local_user);
        let passphrase = host.text(KEY_PASSPHRASE).map(SecretString::from);
        let password = host.password();
        let mut means = Means {
            passphrase: passphrase.or_else(|| self.options.private_key_passphrase.clone()),
            password: password.or_else(|| self.options.password.clone()),
            ..Means::default()
        };
        if let Some(path) = written.key_file.clone().or_else(|| {
            let is_said = !known.said.identity_files.is_empty();
            self.options.private_key.clone().filter(|_| !is_said)
        }) {
            if let Some(reason) = why_no_key(&path) {
                let shown = match host.is_secret(KEY_FILE) {
                    true => "that a vault names".to_owned(),
                    false => path.display().to_string(),
                };
                if written.key_file.is_some() {
                    let message = format!("the private key {shown} {reason}");
                    host.problem(host.first(KEY_FILE), message);
                } else {
                    self.mistakes.insert(format!(
                        "the private key {shown} of the setting `private_key` (`--private-key`, or `private_key_file` in ansible.cfg) {reason}"
                    ));
                }
            }
            means.keys.push(path);
            means.keys_are_named = true;
        } else {
            means.keys = existing(known.all.identity_paths(&known.name, &user));
            means.keys_are_named = !means.keys.is_empty();
        }
        let order = match host.text(AUTH_ORDER).map(|text| parse_order(&text)) {
            None => self.order.clone(),
            Some(Ok(order)) => Some(order),
            Some(Err(message)) => {
                host.unusable_value(AUTH_ORDER, &message);
                None
            }
        };
        let methods = methods(means, order, &known.all, &known.name, &user);
        // Where one is named and cannot be used, that has been said.
        let mut named = PASSWORDS.iter().chain([&KEY_FILE]);
        let is_named = named.any(|names| host.first(names).is_some());
        if methods.is_empty() && !is_named {
            host.problem(
                None,
                "there is no way to log in: set `ansible_ssh_private_key_file` or `ansible_password` in the inventory, give `--private-key` or `--password-file`, or start an SSH agent"
                    .to_owned(),
            );
        }
        Credentials { user, methods }
    }
}

/// The most of a key file that is looked at.
const MOST_BYTES: u64 = 64 * 1024;

/// Why a file cannot be a private key, as the end of a sentence.
fn why_no_key(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut head));
    let head = SecretSlice::from(head);
    match read {
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok(_) if looks_like_key(head.expose_secret()) => None,
        Ok(_) if head.expose_secret().starts_with(b"PuTTY-User-Key-File") => Some(
            "is a key of PuTTY; write it anew with `puttygen KEY -O private-openssh -o NEW`"
                .to_owned(),
        ),
        Ok(_) if is_public(head.expose_secret()) => {
            Some("is a public key: name the private one, which has no `.pub`".to_owned())
        }
        Ok(_) => Some(
            "is no private key: the line `-----BEGIN … PRIVATE KEY-----` is not in it".to_owned(),
        ),
    }
}

fn looks_like_key(text: &[u8]) -> bool {
    let ending = b"PRIVATE KEY-----";
    text.windows(ending.len()).any(|part| part == ending)
}

fn is_public(text: &[u8]) -> bool {
    let kinds: [&[u8]; 5] = [
        b"ssh-",
        b"ecdsa-sha2-",
        b"sk-ssh-",
        b"sk-ecdsa-",
        b"-----BEGIN PUBLIC",
    ];
    kinds.iter().any(|kind| text.starts_with(kind))
}
