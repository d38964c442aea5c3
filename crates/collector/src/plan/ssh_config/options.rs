//! What is known of one host, option by option.

use std::path::PathBuf;
use std::time::Duration;

/// Options that are known and have no effect on a NETCONF session.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "addkeystoagent",
    "batchmode",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hashknownhosts",
    "hostbasedauthentication",
    "ignoreunknown",
    "ipqos",
    "localcommand",
    "localforward",
    "loglevel",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "permitlocalcommand",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "setenv",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "usekeychain",
    "visualhostkey",
    "xauthlocation",
];

/// Options that list algorithms.
const ALGORITHMS: &[&str] = &[
    "casignaturealgorithms",
    "ciphers",
    "hostbasedacceptedalgorithms",
    "hostkeyalgorithms",
    "kexalgorithms",
    "macs",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
];

/// Names of algorithms with one of these in them are offered to legacy servers only.
const LEGACY: &[&str] = &["sha1", "ssh-rsa", "ssh-dss", "cbc", "group-exchange"];

/// What OpenSSH has been told about one host. `None` is what nobody has said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HostOptions {
    /// `HostName`: the real name or address; `%h` in it stands for the name given.
    pub host_name: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// `IdentityFile`, all of them, with `~` and tokens as written.
    pub identity_files: Vec<String>,
    /// `IdentitiesOnly`: of an agent's keys, only those of the identity files.
    pub identities_only: Option<bool>,
    /// `IdentityAgent`.
    pub identity_agent: Option<IdentityAgent>,
    /// `ProxyJump` or `ProxyCommand`, whichever is said first.
    pub proxy: Option<Proxy>,
    /// `UserKnownHostsFile`.
    pub user_known_hosts: Option<Vec<String>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<String>>,
    /// `StrictHostKeyChecking`.
    pub host_key_checking: Option<HostKeyChecking>,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `PreferredAuthentications`, as written.
    pub preferred_authentications: Option<Vec<String>>,
    /// `PubkeyAuthentication`.
    pub public_keys: Option<bool>,
    /// `PasswordAuthentication`.
    pub passwords: Option<bool>,
    /// `KbdInteractiveAuthentication`.
    pub keyboard_interactive: Option<bool>,
    /// A list of algorithms asks for some that only old servers need.
    pub wants_legacy: bool,
    /// What has no effect here, as sentences.
    pub warnings: Vec<String>,
}

/// See [`HostOptions::proxy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// `ProxyJump`: the nearest first.
    Jump(Vec<JumpSpec>),
    /// `ProxyCommand`, tokens as written.
    Command(String),
    /// `none`: directly, whatever is said later.
    None,
}

/// One host of `ProxyJump`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JumpSpec {
    /// Who logs in there, if it says so.
    pub user: Option<String>,
    /// A name, which may have options of its own, or an address without brackets.
    pub host: String,
    /// The port, if it says so.
    pub port: Option<u16>,
}

/// See [`HostOptions::identity_agent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdentityAgent {
    /// No agent.
    None,
    /// The one that `SSH_AUTH_SOCK` names.
    Environment,
    /// Its socket, with `~` as written.
    Socket(String),
}

/// See [`HostOptions::host_key_checking`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostKeyChecking {
    /// `yes`, and `ask`, since nobody can be asked.
    Strict,
    /// `accept-new`.
    AcceptNew,
    /// `no` or `off`.
    Off,
}

impl JumpSpec {
    /// Reads `[user@]host[:port]` or an `ssh://` address, each separated from the next by a comma.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',').map(|one| Self::parse(one.trim())).collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("a jump host is [user@]host[:port]; found \"{text}\"");
        let rest = text.strip_prefix("ssh://").unwrap_or(text);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                match after.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if after.is_empty() => (host, None),
                    None => return Err(wrong()),
                }
            }
            // More than one colon: an IPv6 address without brackets has no port.
            None if rest.matches(':').count() > 1 => (rest, None),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = port.map(|port| parse_port(port).map_err(|_| wrong()));
        let has_blank = text.contains(char::is_whitespace);
        if host.is_empty() || user.as_deref() == Some("") || has_blank {
            return Err(wrong());
        }
        Ok(Self {
            user,
            host: host.to_owned(),
            port: port.transpose()?,
        })
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    let port = text.trim().parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("a port is a number from 1 to 65535; found \"{text}\""))
}

impl HostOptions {
    /// The name or address to connect to for the host alias `name`: `HostName` with `%h` replaced by the alias and `%%` by a percent
    /// sign; the alias itself without `HostName`.
    pub(crate) fn real_name(&self, name: &str) -> String {
        let written = self.host_name.as_deref().unwrap_or("%h");
        let parts = written.split("%%").map(|part| part.replace("%h", name));
        parts.collect::<Vec<_>>().join("%")
    }

    /// Takes one option, unless an earlier one has said it. `place` is where it stands, for the warning.
    ///
    /// # Errors
    ///
    /// A sentence without the place.
    pub(crate) fn set(&mut self, keyword: &str, value: &str, place: &str) -> Result<(), String> {
        let name = keyword.to_ascii_lowercase();
        let words = || split_words(value);
        match name.as_str() {
            "hostname" => first(&mut self.host_name, one_word(value)?),
            "port" => first(&mut self.port, parse_port(&one_word(value)?)?),
            "user" => first(&mut self.user, one_word(value)?),
            "identityfile" => {
                let file = one_word(value)?;
                if !file.eq_ignore_ascii_case("none") && !self.identity_files.contains(&file) {
                    self.identity_files.push(file);
                }
            }
            "identitiesonly" => first(&mut self.identities_only, yes_or_no(value)?),
            "identityagent" => first(
                &mut self.identity_agent,
                match one_word(value)?.as_str() {
                    "none" => IdentityAgent::None,
                    "SSH_AUTH_SOCK" | "$SSH_AUTH_SOCK" | "${SSH_AUTH_SOCK}" => {
                        IdentityAgent::Environment
                    }
                    socket => IdentityAgent::Socket(socket.to_owned()),
                },
            ),
            "proxyjump" => {
                let hosts = one_word(value)?;
                let proxy = if hosts.eq_ignore_ascii_case("none") {
                    Proxy::None
                } else {
                    Proxy::Jump(JumpSpec::parse_list(&hosts)?)
                };
                first(&mut self.proxy, proxy);
            }
            "proxycommand" => {
                let command = value.trim();
                let proxy = if command.eq_ignore_ascii_case("none") {
                    Proxy::None
                } else {
                    Proxy::Command(command.to_owned())
                };
                first(&mut self.proxy, proxy);
            }
            "userknownhostsfile" => first(&mut self.user_known_hosts, words()?),
            "globalknownhostsfile" => first(&mut self.global_known_hosts, words()?),
            "stricthostkeychecking" => first(
                &mut self.host_key_checking,
                match one_word(value)?.to_ascii_lowercase().as_str() {
                    "yes" | "true" | "ask" => HostKeyChecking::Strict,
                    "accept-new" => HostKeyChecking::AcceptNew,
                    "no" | "false" | "off" => HostKeyChecking::Off,
                    other => {
                        return Err(format!(
                            "expected yes, accept-new, no or ask; found \"{other}\""
                        ));
                    }
                },
            ),
            "hostkeyalias" => first(&mut self.host_key_alias, one_word(value)?),
            "connecttimeout" => {
                let text = one_word(value)?;
                if !text.eq_ignore_ascii_case("none") {
                    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
                    let seconds = seconds
                        .ok_or_else(|| format!("expected a number of seconds; found \"{text}\""))?;
                    first(&mut self.connect_timeout, Duration::from_secs(seconds));
                }
            }
            "preferredauthentications" => {
                let names = one_word(value)?;
                let names = names.split(',').map(|name| name.trim().to_owned());
                first(&mut self.preferred_authentications, names.collect());
            }
            "pubkeyauthentication" => {
                // OpenSSH has values between yes and no, all of which let keys in.
                let allows = !matches!(
                    one_word(value)?.to_ascii_lowercase().as_str(),
                    "no" | "false"
                );
                first(&mut self.public_keys, allows);
            }
            "passwordauthentication" => first(&mut self.passwords, yes_or_no(value)?),
            "kbdinteractiveauthentication" | "challengeresponseauthentication" => {
                first(&mut self.keyboard_interactive, yes_or_no(value)?);
            }
            list if ALGORITHMS.contains(&list) => {
                let removes = value.trim_start().starts_with('-');
                if !removes && LEGACY.iter().any(|legacy| value.contains(legacy)) {
                    self.wants_legacy = true;
                } else {
                    self.warnings.push(format!(
                        "{place}: `{keyword}` has no effect: algorithms are chosen from a list of our own"
                    ));
                }
            }
            name if WITHOUT_EFFECT.contains(&name) => {}
            _ => self.warnings.push(format!(
                "{place}: `{keyword}` is not known and has no effect"
            )),
        }
        Ok(())
    }

    /// Identity files with `~` and the tokens `%d %h %r %u %%` filled in.
    pub(crate) fn identity_paths(&self, host: &str, user: &str) -> Vec<PathBuf> {
        let files = self.identity_files.iter();
        files.map(|file| expand_path(file, host, user)).collect()
    }
}

/// `~/` and `%d` are the home folder, `%h` the host, `%r` the user there, `%u` the user here.
pub(crate) fn expand_path(path: &str, host: &str, user: &str) -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    let home = home.to_string_lossy();
    let path = match path.strip_prefix("~/") {
        Some(rest) => format!("{home}/{rest}"),
        None => path.to_owned(),
    };
    let mut expanded = String::new();
    let mut rest = path.chars();
    while let Some(character) = rest.next() {
        match character {
            '%' => match rest.next() {
                Some('d') => expanded.push_str(&home),
                Some('h') => expanded.push_str(host),
                Some('r') => expanded.push_str(user),
                Some('u') => expanded.push_str(&std::env::var("USER").unwrap_or_default()),
                Some('%') => expanded.push('%'),
                other => expanded.extend(['%'].into_iter().chain(other)),
            },
            character => expanded.push(character),
        }
    }
    PathBuf::from(expanded)
}

/// What was said first counts.
fn first<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    match one_word(value)?.to_ascii_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        other => Err(format!("expected yes or no; found \"{other}\"")),
    }
}

fn one_word(value: &str) -> Result<String, String> {
    match split_words(value)?.as_slice() {
        [word] if !word.is_empty() => Ok(word.clone()),
        _ => Err(format!(
            "expected one value; found \"{}\"",
            value.escape_debug()
        )),
    }
}

/// Splits as OpenSSH's `argv_split` does: words between blanks, single and double quotes, and a backslash before a quote, a backslash
/// or, outside quotes, a blank. A `#` at the beginning of a word ends the line.
pub(super) fn split_words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('#', None) if word.is_none() => break,
            ('\\', _) => {
                let is_escaped = |next: &char| {
                    matches!(next, '\'' | '"' | '\\') || *next == ' ' && quote.is_none()
                };
                let escaped = characters.next_if(is_escaped);
                word.get_or_insert_default().push(escaped.unwrap_or('\\'));
            }
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is opened and not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right values are those of `ssh -G`.
    #[test]
    fn words_are_split_as_openssh_splits_them() {
        for (text, words) in [
            ("192.0.2.99 # the old one", &["192.0.2.99"][..]),
            ("a#b", &["a#b"]),
            ("\"a #b\" #c", &["a #b"]),
            ("'192.0.2.7'", &["192.0.2.7"]),
            ("'it is' \"so\"", &["it is", "so"]),
            (r"a\ b c\d", &["a b", r"c\d"]),
            (r#""say \"so\"" "#, &[r#"say "so""#]),
            ("# all of it", &[]),
        ] {
            assert_eq!(split_words(text).unwrap(), words, "{text}");
        }
        assert!(split_words("'a").is_err());
    }

    #[test]
    fn a_host_name_stands_for_the_name_given() {
        let named = |written: Option<&str>| {
            let options = HostOptions {
                host_name: written.map(str::to_owned),
                ..HostOptions::default()
            };
            options.real_name("q")
        };
        assert_eq!(named(None), "q");
        assert_eq!(named(Some("%h.lab.example")), "q.lab.example");
        assert_eq!(named(Some("fe80::1%%eth0")), "fe80::1%eth0");
        assert_eq!(named(Some("%%h%h")), "%hq");
    }

    #[test]
    fn jump_hosts_are_read_in_all_their_spellings() {
        let spec = |user: Option<&str>, host: &str, port| JumpSpec {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        };
        let list = "lab@j1:2222, [2001:db8::1]:22,2001:db8::2,ssh://u@j2:8022/,j3";
        assert_eq!(
            JumpSpec::parse_list(list),
            Ok(vec![
                spec(Some("lab"), "j1", Some(2222)),
                spec(None, "2001:db8::1", Some(22)),
                spec(None, "2001:db8::2", None),
                spec(Some("u"), "j2", Some(8022)),
                spec(None, "j3", None),
            ])
        );
        for wrong in ["", "a,,b", "a b", "@j", "j:0", "j:x", "[::1"] {
            assert!(JumpSpec::parse_list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_value_counts_and_unknown_options_are_named() {
        let mut options = HostOptions::default();
        for (keyword, value) in [
            ("Port", "22"),
            ("port", "23"),
            ("ProxyCommand", "nc %h %p"),
            ("ProxyJump", "j"),
            ("ControlMaster", "auto"),
            ("KexAlgorithms", "+diffie-hellman-group14-sha1"),
            ("Ciphers", "-aes128-cbc"),
            ("FancyOption", "yes"),
        ] {
            options.set(keyword, value, "config line 3").unwrap();
        }
        assert_eq!(options.port, Some(22));
        assert_eq!(options.proxy, Some(Proxy::Command("nc %h %p".to_owned())));
        assert!(options.wants_legacy);
        assert_eq!(
            options.warnings,
            [
                "config line 3: `Ciphers` has no effect: algorithms are chosen from a list of our own",
                "config line 3: `FancyOption` is not known and has no effect"
            ]
        );
        let error = options.set("Port", "70000", "x").unwrap_err();
        assert!(error.contains("1 to 65535"), "{error}");
    }
}
