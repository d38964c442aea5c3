//! Recognises secrets by the name of a variable or the shape of a text.
//!
//! Passwords in plain text work, so they must be known for what they are wherever a variable is shown, a template fails, or a line is
//! quoted (`snippet`, which also takes what is almost such a name for one).

/// What stands in place of a secret.
pub const SECRET: &str = "(secret)";

/// What the names of variables, and of keys in them, end in that hold a secret. A digit behind it counts for nothing, and neither does
/// how the words are parted.
const ENDINGS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "_pass",
    "sshpass",
    "_pw",
    "_pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "api_key",
    "apikey",
    "secret_key",
    "access_key",
    "private_key",
    "snmp_community",
];

/// What options end in that take a user and a secret with a colon between them.
const LOGINS: &[&str] = &["auth", "user"];

/// Whether a variable or key of this name holds a secret, as far as a name can say.
pub fn is_secret_name(name: &str) -> bool {
    let name = format!(
        "_{}",
        name.to_ascii_lowercase().replace(['-', '.', ' '], "_")
    );
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a text hands a secret on, as arguments of programs and addresses do: `sshpass -p …`, `--password=…`, `TOKEN=…`, `"token": …`,
/// `//user:…@host`. A template in that place is none.
pub fn tells_secret(text: &str) -> bool {
    let is_plain = |value: &str| {
        let value = value.trim_start_matches(['"', '\'']);
        !value.is_empty() && !value.starts_with("{{")
    };
    let mut words = text.split_whitespace().peekable();
    let mut is_sshpass = false;
    while let Some(word) = words.next() {
        let word = word.trim_start_matches(['"', '\'']);
        let is_followed = words.peek().copied().is_some_and(is_plain);
        let is_assigned = word.match_indices(['=', ':']).any(|(at, _)| {
            let (name, value) = word.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            let name = name.trim_end_matches(['"', '\'']);
            let name = name.rsplit(['=', ':', '"', '\'', ',', '{']).next();
            name.is_some_and(is_secret_name) && (is_plain(value) || value.is_empty() && is_followed)
        });
        is_sshpass |= word.rsplit(['/', '=', '"', '\'']).next() == Some("sshpass");
        let is_option = match word {
            "-p" => is_sshpass,
            word => word.starts_with("--") && is_secret_name(word),
        };
        let (option, joined) = word.split_once('=').unzip();
        let login = joined.or_else(|| words.peek().copied());
        let is_login = takes_login(option.unwrap_or(word))
            && login
                .and_then(|login| login.split_once(':'))
                .is_some_and(|(_, secret)| is_plain(secret));
        if is_assigned
            || is_login
            || is_option && is_followed
            || is_sshpass && word.strip_prefix("-p").is_some_and(is_plain)
            || names_secret_in_address(word)
        {
            return true;
        }
    }
    false
}

/// `curl -u user:secret`, `ncat --proxy-auth user:secret`.
fn takes_login(option: &str) -> bool {
    matches!(option, "-u" | "-U")
        || option.starts_with("--") && LOGINS.iter().any(|end| option.ends_with(end))
}

/// `scheme://user:secret@host`, `user:secret@host`.
fn names_secret_in_address(word: &str) -> bool {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let authority = rest.split('/').next();
    let user = authority.and_then(|authority| authority.rsplit_once('@'));
    let secret = user.and_then(|(user, _)| user.split_once(':'));
    secret.is_some_and(|(_, secret)| !secret.is_empty() && !secret.starts_with("{{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_holds() {
        for name in [
            "ansible_password",
            "ansible_ssh_pass",
            "pass",
            "Password",
            "enable-secret",
            "password_2",
            "authToken",
            "aws_secret_access_key",
            "ansible_ssh_private_key_passphrase",
            "snmp_community",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "ansible_ssh_private_key_file",
            "password_file",
            "password_command",
            "bypass",
            "bgp_community",
            "ansible_user",
            "",
            "tokenring",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_line_that_hands_a_secret_on_is_known() {
        for text in [
            "-o ProxyCommand=\"sshpass -p sesame ssh -W %h:%p gate\"",
            "-o ProxyCommand='/usr/bin/sshpass -psesame ssh gate'",
            "SSHPASS=sesame sshpass -e ssh gate",
            "curl --token sesame https://vault",
            "{\"ansible_password\": \"sesame\"}",
            "{\"a\":1,\"token\":\"sesame\"}",
            "curl --password=sesame https://vault",
            "-o SetEnv=LAB_PASSWORD=c2VzYW1l==",
            "https://telemetry:sesame@192.0.2.1/x",
            "joe:sesame@gate",
            "-J joe@first,joe:sesame@gate:22",
            "ncat --proxy-auth joe:sesame --proxy proxy:3128 %h %p",
            "ncat --proxy-auth=joe:sesame %h %p",
            "curl -u joe:sesame https://vault",
            "-o SetEnv=PW=sesame",
            "sshpass -p sesame ssh {{ gate }}",
        ] {
            assert!(tells_secret(text), "{text}");
        }
        for text in [
            "-o ProxyJump=gate -p 22",
            "sshpass -f ~/.pass ssh gate",
            "sshpass -p {{ vault_gate }} ssh gate",
            "pass show lab/telemetry --password-file x",
            "https://192.0.2.1:8443/a@b",
            "telemetry@gate",
            "joe@gate:22",
            "joe@[2001:db8::1]:22",
            "nc -U /run/proxy.sock",
            "ncat --proxy-auth {{ user }}:{{ password }} %h %p",
            "ControlPath=~/.ssh/%r@%h:%p",
            "{\"ansible_password\": \"{{ vault_password }}\"}",
            "ansible_port: 830",
            "secret",
        ] {
            assert!(!tells_secret(text), "{text}");
        }
    }
}
