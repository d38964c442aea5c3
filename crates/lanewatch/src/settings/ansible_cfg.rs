//! The settings that Ansible's own configuration holds: `ansible.cfg`, found as Ansible finds it, and the variables `ANSIBLE_…`.
//!
//! They stand below every setting of Lanewatch and above the defaults. Only the keys in [`TAKEN`] count; whatever else is in the file
//! is Ansible's matter.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inventory::expand_home;

use super::file::{File, Written, is_world_writable};
use super::row::Row;
use super::table::ROWS;

/// What the file is called.
const NAME: &str = "ansible.cfg";
/// The variable that names the file, or the folder that it is in.
const CONFIG: &str = "ANSIBLE_CONFIG";
/// A setting, the key of `[defaults]` that is read for it, and the variable that wins over the key.
const TAKEN: &[(&str, &str, &str)] = &[
    ("inventory", "inventory", "ANSIBLE_INVENTORY"),
    (
        "vault_password_file",
        "vault_password_file",
        "ANSIBLE_VAULT_PASSWORD_FILE",
    ),
    (
        "vault_id",
        "vault_identity_list",
        "ANSIBLE_VAULT_IDENTITY_LIST",
    ),
    (
        "host_keys",
        "host_key_checking",
        "ANSIBLE_HOST_KEY_CHECKING",
    ),
    ("user", "remote_user", "ANSIBLE_REMOTE_USER"),
    ("port", "remote_port", "ANSIBLE_REMOTE_PORT"),
    (
        "private_key",
        "private_key_file",
        "ANSIBLE_PRIVATE_KEY_FILE",
    ),
    ("connect_timeout", "timeout", "ANSIBLE_TIMEOUT"),
    ("concurrency", "forks", "ANSIBLE_FORKS"),
];
/// Further variables for the same.
const HOST_KEY_CHECKING: &[&str] = &[
    "ANSIBLE_SSH_HOST_KEY_CHECKING",
    "ANSIBLE_NETCONF_HOST_KEY_CHECKING",
    "ANSIBLE_LIBSSH_HOST_KEY_CHECKING",
    "ANSIBLE_PARAMIKO_HOST_KEY_CHECKING",
];

/// The texts of a setting that a variable of Ansible holds, with the variable's name. Vault passwords are left to what reads vaults.
pub(super) fn of_environment(
    row: &Row,
    environment: &BTreeMap<String, String>,
) -> Option<(Vec<String>, String)> {
    let (name, _, variable) = TAKEN.iter().find(|(name, ..)| *name == row.name)?;
    if name.starts_with("vault_") {
        return None;
    }
    let more: &[&str] = match *name {
        "host_keys" => HOST_KEY_CHECKING,
        _ => &[],
    };
    let mut variables = std::iter::once(variable).chain(more);
    let variable = variables.find(|variable| environment.contains_key(**variable))?;
    let text = environment.get(*variable)?;
    Some((texts(row, text, None, environment), (*variable).to_owned()))
}

/// The file that Ansible would read, as settings. What should be known of it goes to `warnings`.
pub(super) fn read(
    environment: &BTreeMap<String, String>,
    warnings: &mut Vec<String>,
) -> Option<File> {
    let path = find(
        environment.get(CONFIG).map(|named| expand_home(named)),
        warnings,
    )?;
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            warnings.push(format!("cannot read {}: {error}", path.display()));
            return None;
        }
    };
    tracing::info!(file = %path.display(), "configuration of Ansible read");
    let mut file = parse(path, &text, environment);
    // The variable wins, and what reads vaults knows it.
    for (name, _, variable) in TAKEN.iter().filter(|(name, ..)| name.starts_with("vault_")) {
        if environment.contains_key(*variable) {
            file.values.remove(*name);
        }
    }
    Some(file)
}

/// `ANSIBLE_CONFIG`, the current folder, the user's home, `/etc/ansible`: the first that is there.
fn find(named: Option<PathBuf>, warnings: &mut Vec<String>) -> Option<PathBuf> {
    if let Some(named) = named {
        let file = match named.is_dir() {
            true => named.join(NAME),
            false => named,
        };
        if file.is_file() {
            return Some(file);
        }
        warnings.push(format!(
            "{CONFIG} names {}, which does not exist",
            file.display()
        ));
    }
    let here = PathBuf::from(NAME);
    if here.is_file() {
        if !is_world_writable(Path::new(".")) {
            return Some(here);
        }
        warnings.push(format!(
            "{NAME} is not read: everybody may write to this folder; name it with {CONFIG} if it is yours"
        ));
    }
    let usual = [
        expand_home("~/.ansible.cfg"),
        Path::new("/etc/ansible").join(NAME),
    ];
    usual.into_iter().find(|file| file.is_file())
}

/// Reads the keys of `[defaults]` that count.
fn parse(path: PathBuf, text: &str, environment: &BTreeMap<String, String>) -> File {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut values = BTreeMap::new();
    for (key, value, line) in defaults(text) {
        let taken = TAKEN.iter().find(|(_, known, _)| *known == key);
        let row = taken.and_then(|(name, ..)| ROWS.iter().find(|row| row.name == *name));
        if let Some(row) = row.filter(|_| !value.is_empty()) {
            let texts = texts(row, &value, folder, environment);
            values.insert(row.name, Written { texts, line });
        }
    }
    File { path, values }
}

/// The keys of `[defaults]` with their values and lines, as Python's `configparser` reads them for Ansible.
fn defaults(text: &str) -> Vec<(String, String, u64)> {
    let mut found: Vec<(String, String, u64)> = Vec::new();
    let (mut is_inside, mut is_key) = (false, false);
    for (at, written) in text.lines().enumerate() {
        let line = written.split(" ;").next().unwrap_or_default();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) && is_key {
            if let Some((_, value, _)) = found.last_mut().filter(|_| is_inside) {
                value.push_str(trimmed);
            }
            continue;
        }
        if let Some(section) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            (is_inside, is_key) = (section == "defaults", false);
            continue;
        }
        if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            is_key = true;
            if is_inside {
                let line = u64::try_from(at + 1).unwrap_or(u64::MAX);
                found.push((key.trim().to_lowercase(), value.trim().to_owned(), line));
            }
        }
    }
    found
}

/// The value of a key as texts of the setting. Paths begin at the folder of the file.
fn texts(
    row: &Row,
    value: &str,
    folder: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Vec<String> {
    let value = value.trim();
    if row.name == "host_keys" {
        let value = unquoted(value);
        let is_off = matches!(
            value.to_ascii_lowercase().as_str(),
            "false" | "no" | "off" | "n" | "f" | "0"
        );
        return vec![if is_off { "off" } else { "strict" }.to_owned()];
    }
    let parts: Vec<&str> = match row.accepts.is_list && row.name != "vault_password_file" {
        true => value.split(',').collect(),
        false => vec![value],
    };
    let parts = parts.into_iter().map(|part| unquoted(part.trim()));
    let parts: Vec<_> = parts
        .filter(|part| !part.is_empty())
        .map(|part| match row.accepts.is_path {
            true => Cow::from(expand_variables(part, environment)),
            false => Cow::from(part),
        })
        .collect();
    let resolved = parts.iter().map(|part| match folder {
        Some(folder) if row.accepts.is_path => folder.join(expand_home(part)).display().to_string(),
        _ if row.accepts.is_path => expand_home(part).display().to_string(),
        _ => part.clone().into_owned(),
    });
    resolved.collect()
}

/// A value without the quotes around it, which Ansible takes off as well.
fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

/// A path with the variables of the environment in it, as `$NAME`, `${NAME}` and Ansible's `{{CWD}}`. A variable that is not set stays.
fn expand_variables(path: &str, environment: &BTreeMap<String, String>) -> String {
    let here = || {
        std::env::current_dir()
            .ok()
            .map(|here| here.display().to_string())
    };
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (mut text, mut rest) = (String::new(), path);
    while let Some(at) = rest.find(['$', '{']) {
        let (before, from) = rest.split_at(at);
        text += before;
        let (found, length) = if let Some(after) = from.strip_prefix("${") {
            let name = after.split('}').next().unwrap_or_default();
            (environment.get(name).cloned(), name.len() + "${}".len())
        } else if let Some(after) = from.strip_prefix('$') {
            let end = after
                .find(|letter| !is_of_name(letter))
                .unwrap_or(after.len());
            let name = after.get(..end).unwrap_or_default();
            (environment.get(name).cloned(), end + "$".len())
        } else if from.starts_with("{{CWD}}") {
            (here(), "{{CWD}}".len())
        } else {
            (None, 1)
        };
        let (written, after) = from.split_at_checked(length).unwrap_or((from, ""));
        text += found.as_deref().unwrap_or(written);
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(file: &File) -> Vec<String> {
        let values = file.values.iter();
        values
            .map(|(name, written)| format!("{name}={} :{}", written.texts.join(" "), written.line))
            .collect()
    }

    #[test]
    fn the_keys_that_count_are_settings_and_all_else_is_passed_over() {
        let file = parse(
            PathBuf::from("etc/ansible.cfg"),
            "[defaults]\n# a comment\ninventory = ./lab, /srv/more\nhost_key_checking: False ; off\nREMOTE_USER=ops\nremote_port = 22\nprivate_key_file = keys/lab\ntimeout=7\nforks = 50\n  \nvault_password_file = vp\nvault_identity_list = lab@a,\n   prod@b\nroles_path = x\nforks\n[inventory]\nenable_plugins = yaml\n[privilege_escalation]\nremote_user = root\n",
            &BTreeMap::new(),
        );
        insta::assert_snapshot!(shown(&file).join("\n"), @r"
        concurrency=50 :9
        connect_timeout=7 :8
        host_keys=off :4
        inventory=etc/./lab /srv/more :3
        port=22 :6
        private_key=etc/keys/lab :7
        user=ops :5
        vault_id=lab@a prod@b :12
        vault_password_file=etc/vp :11
        ");
    }

    #[test]
    fn a_variable_of_ansible_wins_over_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        std::fs::write(
            &path,
            "[defaults]\nremote_user = ops\nvault_password_file = vp\n",
        )
        .unwrap();
        let environment: BTreeMap<_, _> = [
            (CONFIG, folder.path().to_str().unwrap()),
            ("ANSIBLE_VAULT_PASSWORD_FILE", "other"),
            ("ANSIBLE_NETCONF_HOST_KEY_CHECKING", "no"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let mut warnings = Vec::new();
        let file = read(&environment, &mut warnings).unwrap();
        assert_eq!(shown(&file), ["user=ops :2"]);
        let row = ROWS.iter().find(|row| row.name == "host_keys").unwrap();
        let (texts, variable) = of_environment(row, &environment).unwrap();
        assert_eq!(
            (texts.join(" "), variable.as_str()),
            ("off".to_owned(), "ANSIBLE_NETCONF_HOST_KEY_CHECKING")
        );
        assert_eq!(warnings, [""; 0]);
        let gone = [(CONFIG.to_owned(), "/nowhere/ansible.cfg".to_owned())].into();
        read(&gone, &mut warnings);
        assert!(
            warnings[0].contains("/nowhere/ansible.cfg, which does not exist"),
            "{warnings:?}"
        );
    }

    #[test]
    fn quotes_go_and_variables_are_expanded_as_ansible_does_it() {
        let environment = [("LAB".to_owned(), "/srv/lab".to_owned())].into();
        let text = "[defaults]\ninventory = \"$LAB/hosts\", '${LAB}/more', $GONE/x\nremote_user = 'ops'\nhost_key_checking = \"no\"\nprivate_key_file = {{CWD}}/key\n";
        let file = parse(PathBuf::from("ansible.cfg"), text, &environment);
        let here = std::env::current_dir().unwrap().display().to_string();
        assert_eq!(
            shown(&file),
            [
                "host_keys=off :4".to_owned(),
                "inventory=/srv/lab/hosts /srv/lab/more $GONE/x :2".to_owned(),
                format!("private_key={here}/key :5"),
                "user=ops :3".to_owned(),
            ]
        );
        for odd in ["${", "$", "{{CWD", "${A", "{", "$é}"] {
            assert_eq!(expand_variables(odd, &environment), odd);
        }
    }
}
