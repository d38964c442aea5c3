//! Reads the keys of the remote lake from variables of the inventory, as a playbook that uploads to S3 has them in its `group_vars`.

use inventory::yaml::Value;
use inventory::{Host, Inventory, InventorySources, Problem, Problems};
use secrecy::ExposeSecret as _;
use sinks::lake::sync::AwsKeys;

/// How the setting is called in messages.
const SETTING: &str = "`s3_key_variables`";

/// The keys that the variables hold, which are named with commas between them. Hosts may lack them; those that have them agree.
///
/// # Errors
///
/// The setting names too few or too many variables, the inventory cannot be read, no host has the variables, a host has a part of them,
/// or two hosts have different keys. The values are in no message.
pub(super) fn aws_keys(sources: &InventorySources, names: &str) -> Result<AwsKeys, Problems> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let is_named = names.iter().all(|name| !name.is_empty());
    if !is_named || !matches!(names.len(), 2 | 3) {
        return Err(refused(format!(
            "{SETTING} must name two variables or three, with commas between them: of the key id, of the secret key, of the session token; found `{}`",
            names.join(",")
        )));
    }
    if sources.inventories.is_empty() {
        return Err(refused(format!(
            "{SETTING} names variables of an inventory, and none is given: set `inventory` in lanewatch.toml, or the variable LANEWATCH_INVENTORY"
        )));
    }
    let inventory = Inventory::read(sources)?;
    let mut found: Option<(&str, AwsKeys)> = None;
    for host in inventory.hosts() {
        let Some(keys) = of_host(host, &names).map_err(|problem| Problems(vec![problem]))? else {
            continue;
        };
        match &found {
            None => found = Some((host.name(), keys)),
            Some((first, of_first)) if *of_first != keys => {
                return Err(refused(format!(
                    "{SETTING}: the hosts {first} and {} have different keys in `{}`; one remote takes one pair (`limit` can choose the hosts)",
                    host.name(),
                    names.join("`, `")
                )));
            }
            Some(_) => {}
        }
    }
    found.map(|(_, keys)| keys).ok_or_else(|| {
        refused(format!(
            "{SETTING}: none of the inventory's {} hosts has the variable `{}`",
            inventory.hosts().len(),
            names.first().copied().unwrap_or_default()
        ))
    })
}

/// The keys of one host; none if it has none of the variables.
fn of_host(host: Host<'_>, names: &[&str]) -> Result<Option<AwsKeys>, Problem> {
    let values = names.iter().map(|name| text(host, name));
    let values = values.collect::<Result<Vec<_>, Problem>>()?;
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut values = values.into_iter();
    let mut required = |name: &str| {
        let value = values.next().flatten();
        value.ok_or_else(|| {
            let (file, line) = host.named_at();
            let message = format!(
                "`{name}` is not set, and it is one of the variables of the AWS keys ({SETTING})"
            );
            Problem::at(file, line, message).of_host(host.name())
        })
    };
    let [id, secret, ..] = names else {
        return Ok(None);
    };
    let (access_key_id, secret_access_key) = (required(id)?, required(secret)?);
    Ok(Some(AwsKeys {
        access_key_id,
        secret_access_key,
        session_token: values.next().flatten(),
    }))
}

/// The text of a variable. Blanks around a key are no part of it; an empty text is how one says that there is none.
fn text(host: Host<'_>, name: &str) -> Result<Option<String>, Problem> {
    let Some(resolved) = host.resolve(name)? else {
        return Ok(None);
    };
    let is_text = !matches!(
        resolved.value,
        Value::Integer(_) | Value::Float(_) | Value::Bool(_)
    );
    let secret = match resolved.value {
        Value::Null => return Ok(None),
        _ => resolved.secret().filter(|_| is_text),
    };
    let Some(secret) = secret else {
        let (file, line) = match host.variable(name) {
            Some(variable) => (&*variable.file, variable.line),
            None => host.named_at(),
        };
        let advice = if is_text { "" } else { "; put it in quotes" };
        let message = format!(
            "`{name}` must be a text to be a part of the AWS keys; found {}{advice}",
            resolved.kind()
        );
        return Err(Problem::at(file, line, message).of_host(host.name()));
    };
    let text = secret.expose_secret().trim().to_owned();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn refused(message: String) -> Problems {
    Problems(vec![Problem::new(message)])
}

#[cfg(test)]
mod tests {
    use inventory::vault::{Password, VaultSources, encrypt};

    use super::*;

    /// The keys of an inventory of hosts `a` and `b`, below `group_vars/all.yml` with this text.
    fn keys_of(group_vars: &str, hosts: &str, names: &str) -> Result<AwsKeys, String> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, "sesame\n").unwrap();
        let inventory = folder.path().join("inventory.yaml");
        std::fs::write(&inventory, format!("all:\n  hosts:\n{hosts}")).unwrap();
        std::fs::create_dir(folder.path().join("group_vars")).unwrap();
        std::fs::write(folder.path().join("group_vars/all.yml"), group_vars).unwrap();
        let sources = InventorySources {
            inventories: vec![inventory],
            vault: VaultSources {
                password_files: vec![password],
                ..VaultSources::default()
            },
            ..InventorySources::default()
        };
        aws_keys(&sources, names).map_err(|problems| {
            let folder = format!("{}/", folder.path().display());
            problems.to_string().replace(&folder, "")
        })
    }

    const NAMES: &str = "aws_access_key_id, aws_secret_access_key,aws_session_token";
    const BOTH: &str = "    a: {}\n    b: {}\n";

    #[test]
    fn keys_of_group_vars_are_read_through_vault_and_template() {
        let password = Password::given("default", b"sesame".to_vec().into());
        let sealed = encrypt(b"XYZZY\n", &password).unwrap();
        let sealed = sealed.replace('\n', "\n  ");
        let variables = format!(
            "aws_access_key_id: AKLAB\nvault_secret: !vault |\n  {sealed}\naws_secret_access_key: '{{{{ vault_secret }}}}'\n"
        );
        let keys = keys_of(&variables, BOTH, NAMES).unwrap();
        assert_eq!(keys.access_key_id, "AKLAB");
        assert_eq!(keys.secret_access_key, "XYZZY");
        assert_eq!(keys.session_token, None);
        assert!(!format!("{keys:?}").contains("XYZZY"));
    }

    #[test]
    fn what_is_missing_or_contradicts_itself_is_told_without_the_keys() {
        let told = |variables: &str, hosts: &str, names: &str| {
            let message = keys_of(variables, hosts, names).unwrap_err();
            assert!(!message.contains("XYZZY"), "{message}");
            message
        };
        let one = "aws_access_key_id: AKLAB\n";
        let both = "aws_access_key_id: AKLAB\naws_secret_access_key: XYZZY\n";
        let number = "aws_access_key_id: AKLAB\naws_secret_access_key: 12345\n";
        let list = "aws_access_key_id: AKLAB\naws_secret_access_key: [XYZZY]\n";
        let other = "    a: {}\n    b: {aws_secret_access_key: XYZZY2}\n";
        let told = [
            told(one, BOTH, NAMES),
            told(both, other, NAMES),
            told(number, BOTH, NAMES),
            told(list, BOTH, NAMES),
            told(both, BOTH, "id,secret"),
            told(both, BOTH, "aws_access_key_id"),
            told(both, BOTH, "a,,b"),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        inventory.yaml:3: a: `aws_secret_access_key` is not set, and it is one of the variables of the AWS keys (`s3_key_variables`)
        `s3_key_variables`: the hosts a and b have different keys in `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`; one remote takes one pair (`limit` can choose the hosts)
        group_vars/all.yml:2: a: `aws_secret_access_key` must be a text to be a part of the AWS keys; found a number; put it in quotes
        group_vars/all.yml:2: a: `aws_secret_access_key` must be a text to be a part of the AWS keys; found a list
        `s3_key_variables`: none of the inventory's 2 hosts has the variable `id`
        `s3_key_variables` must name two variables or three, with commas between them: of the key id, of the secret key, of the session token; found `aws_access_key_id`
        `s3_key_variables` must name two variables or three, with commas between them: of the key id, of the secret key, of the session token; found `a,,b`
        ");
    }
}
