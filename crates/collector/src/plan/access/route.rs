//! The way to a device: straight, over jump hosts, or through a command. The first that says something counts, as for all of the access.

use inventory::expand_home;
use netconf::ssh::{Credentials, Endpoint, Hop, Route};

use super::super::host_variables::{HostVariables, Names};
use super::super::ssh_config::{HostOptions, JumpSpec, Proxy};
use super::context::{Access, KEY_FILE, Known, PLUGINS_PROXY_COMMAND, Written, local_user};
use super::login_methods::{Kind, Means, existing, methods};

/// SSH's own port.
const DEFAULT_PORT: u16 = 22;
/// Jump hosts that are behind jump hosts that are behind …: more than this is a circle.
const MOST_HOPS: usize = 8;

const JUMP: Names = &["lanewatch_jump"];
const JUMP_PASSWORD: Names = &["lanewatch_jump_password"];
const PROXY_COMMAND: Names = &["lanewatch_proxy_command"];

/// Whether the host's own variables for the way come out of a vault.
pub(crate) fn is_from_vault(host: &HostVariables<'_>) -> bool {
    [JUMP, PROXY_COMMAND, PLUGINS_PROXY_COMMAND]
        .iter()
        .any(|names| host.is_secret(names))
}

impl Access<'_> {
    pub(crate) fn route(
        &mut self,
        host: &mut HostVariables<'_>,
        written: &Written,
        known: &Known,
    ) -> Route {
        let jump = host.text(JUMP);
        let command = host.text(PROXY_COMMAND);
        let plugins_command = host.text(PLUGINS_PROXY_COMMAND);
        let plugins_command = plugins_command.filter(|command| !command.is_empty());
        let options = self.options;
        let mistakes = &mut self.mistakes;
        let mut set =
            |text: &str, names: Names, host: &mut HostVariables<'_>| match JumpSpec::parse_list(
                text,
            ) {
                _ if text.trim() == "none" => Proxy::None,
                Ok(hops) => Proxy::Jump(hops),
                Err(message) => {
                    match names {
                        [] => {
                            mistakes.insert(format!("the setting `jump` (`--jump`): {message}"));
                        }
                        names => host.unusable_value(names, &message),
                    }
                    Proxy::None
                }
            };
        let proxy = if let Some(text) = jump {
            Some(set(&text, JUMP, host))
        } else if let Some(command) = command {
            Some(Proxy::Command(command))
        } else if known.said.proxy.is_some() {
            known.said.proxy.clone()
        } else if let Some(command) = plugins_command {
            Some(Proxy::Command(command))
        } else if let Some(text) = &options.jump {
            Some(set(text, &[], host))
        } else if let Some(command) = &options.proxy_command {
            Some(Proxy::Command(command.clone()))
        } else {
            known.all.proxy.clone()
        };
        match proxy {
            Some(Proxy::Jump(specs)) => {
                let mut hops = Vec::new();
                for spec in &specs {
                    let depth = hops.is_empty().then_some(0);
                    self.add_hop(host, written, spec, depth, &mut hops);
                }
                Route::Jump(hops)
            }
            Some(Proxy::Command(command)) if command.trim() != "none" => {
                Route::ProxyCommand(command)
            }
            _ => Route::Direct,
        }
    }

    /// Adds a jump host and, if it is the nearest, before it those that it is behind by itself. `depth` counts the latter;
    /// it is `None` for hosts that are reached through others anyway.
    fn add_hop(
        &mut self,
        host: &mut HostVariables<'_>,
        written: &Written,
        spec: &JumpSpec,
        depth: Option<usize>,
        hops: &mut Vec<Hop>,
    ) {
        if hops.len().max(depth.unwrap_or(0)) >= MOST_HOPS {
            let message = format!(
                "there are more than {MOST_HOPS} jump hosts on the way: do they name each other?"
            );
            return host.problem(None, message);
        }
        let mut options = HostOptions::default();
        let user = spec.user.clone().unwrap_or_else(local_user);
        if let Err(error) = self.usual.apply(&spec.host, &user, &mut options) {
            self.mistakes.insert(format!("the ssh_config {error}"));
        }
        self.warnings.extend(options.warnings.drain(..));
        if let Some(depth) = depth {
            match options.proxy.clone() {
                Some(Proxy::Jump(before)) => {
                    for spec in &before {
                        let depth = hops.is_empty().then_some(depth + 1);
                        self.add_hop(host, written, spec, depth, hops);
                    }
                }
                Some(Proxy::Command(_)) => {
                    let message = format!(
                        "the jump host {} is reached by a ProxyCommand, which only devices can be",
                        spec.host
                    );
                    host.problem(None, message);
                }
                _ => {}
            }
        }
        let user = spec.user.clone().or_else(|| options.user.clone());
        let user = user.unwrap_or_else(local_user);
        let mut means = Means {
            passphrase: self.options.private_key_passphrase.clone(),
            password: host.secret(JUMP_PASSWORD),
            keys: existing(options.identity_paths(&spec.host, &user)),
            ..Means::default()
        };
        if means.keys.is_empty() {
            let key = host.text(KEY_FILE).map(|path| expand_home(&path));
            means
                .keys
                .extend(key.or_else(|| self.options.private_key.clone()));
        }
        means.keys_are_named = !means.keys.is_empty();
        let order = (means.password.is_none()).then(|| vec![Kind::Key, Kind::Agent]);
        let known = Known {
            name: spec.host.clone(),
            first: HostOptions::default(),
            said: HostOptions::default(),
            all: options,
        };
        let host_keys = self.host_keys(written, &known, &user);
        let options = known.all;
        hops.push(Hop {
            endpoint: Endpoint {
                host: options.real_name(&spec.host),
                port: spec.port.or(options.port).unwrap_or(DEFAULT_PORT),
            },
            credentials: Credentials {
                methods: methods(means, order, &options, &spec.host, &user),
                user,
            },
            host_keys,
            legacy: options.wants_legacy,
        });
    }
}
