//! Profiles of the AWS configuration files, which object_store does not read.
//!
//! `~/.aws/config` (or `AWS_CONFIG_FILE`) and `~/.aws/credentials` (or `AWS_SHARED_CREDENTIALS_FILE`): keys, session token,
//! region, endpoint, addressing style, and `credential_process`. What needs a call to STS or a browser (`role_arn`, SSO) is
//! left to the AWS tools: `credential_process = aws configure export-credentials --profile NAME` brings it here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use super::access::variable;
use crate::{Error, Result};

/// The settings of one profile, from both files.
#[derive(Clone, Default)]
pub(super) struct Profile {
    name: String,
    settings: BTreeMap<String, String>,
}

/// What a request is signed with.
pub(super) struct Keys {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
}

impl Profile {
    /// The profile that was asked for, else that of `AWS_PROFILE`, else `default`, which need not be there.
    pub(super) fn find(asked: Option<&str>) -> Result<Self> {
        let named = asked
            .map(str::to_owned)
            .or_else(|| variable("AWS_PROFILE"))
            .or_else(|| variable("AWS_DEFAULT_PROFILE"));
        let file = |name: &str, usual: &str| {
            variable(name).map(PathBuf::from).or_else(|| {
                variable("HOME").map(|home| PathBuf::from(home).join(".aws").join(usual))
            })
        };
        let read = |path: Option<PathBuf>| {
            path.and_then(|path| std::fs::read_to_string(path).ok())
                .unwrap_or_default()
        };
        let config = read(file("AWS_CONFIG_FILE", "config"));
        let credentials = read(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        match Self::of(&name, &config, &credentials) {
            Some(profile) => Ok(profile),
            None if named.is_none() => Ok(Self::default()),
            None => Err(Error::Remote(format!(
                "there is no profile `{name}` in the AWS configuration files (~/.aws/config, ~/.aws/credentials)"
            ))),
        }
    }

    fn of(name: &str, config: &str, credentials: &str) -> Option<Self> {
        let in_config = section(config, &[&format!("profile {name}"), name]);
        let in_credentials = section(credentials, &[name]);
        if in_config.is_none() && in_credentials.is_none() {
            return None;
        }
        let mut settings = in_config.unwrap_or_default();
        settings.extend(in_credentials.unwrap_or_default());
        Some(Self {
            name: name.to_owned(),
            settings,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.settings.get(key).cloned()
    }

    /// The profile's keys, if it has any.
    pub(super) fn keys(&self) -> Result<Option<Keys>> {
        if let (Some(access_key_id), Some(secret_access_key)) = (
            self.get("aws_access_key_id"),
            self.get("aws_secret_access_key"),
        ) {
            return Ok(Some(Keys {
                access_key_id,
                secret_access_key,
                session_token: self.get("aws_session_token"),
            }));
        }
        if let Some(command) = self.get("credential_process") {
            return self.ask_process(&command).map(Some);
        }
        let beyond = ["role_arn", "sso_session", "sso_start_url"];
        match beyond.iter().find(|key| self.settings.contains_key(**key)) {
            Some(key) => Err(Error::Remote(format!(
                "the AWS profile `{0}` uses `{key}`, which is the AWS tools' business: give it the line `credential_process = aws configure export-credentials --profile {0}` under another name",
                self.name
            ))),
            None => Ok(None),
        }
    }

    /// Keys that a program prints, in the form that the AWS tools have agreed on.
    fn ask_process(&self, command: &str) -> Result<Keys> {
        let failed = |why: &str| {
            Error::Remote(format!(
                "the `credential_process` of the AWS profile `{}` {why}",
                self.name
            ))
        };
        let ran = Command::new("/bin/sh")
            .args(["-c", command])
            .output()
            .map_err(|error| failed(&format!("cannot be run: {error}")))?;
        if !ran.status.success() {
            return Err(failed(&format!("ended with {}", ran.status)));
        }
        // What it printed is secret, and is not repeated.
        let printed: serde_json::Value = serde_json::from_slice(&ran.stdout)
            .map_err(|_| failed("printed something else than JSON"))?;
        let text = |key: &str| {
            printed
                .get(key)
                .and_then(|value| value.as_str())
                .map(str::to_owned)
        };
        match (text("AccessKeyId"), text("SecretAccessKey")) {
            (Some(access_key_id), Some(secret_access_key)) => Ok(Keys {
                access_key_id,
                secret_access_key,
                session_token: text("SessionToken"),
            }),
            _ => Err(failed("printed no AccessKeyId and SecretAccessKey")),
        }
    }
}

/// The settings of the first section with one of these names. Settings nested below `s3 =` count as the profile's own.
fn section(text: &str, names: &[&str]) -> Option<BTreeMap<String, String>> {
    let (mut inside, mut settings) = (false, None);
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            inside = names.contains(&name.trim()) && settings.is_none();
            if inside {
                settings = Some(BTreeMap::new());
            }
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && let Some(settings) = &mut settings
        {
            settings.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\n\n[profile lake]\nregion=eu-central-1\nendpoint_url = http://s3.example:9000\ns3 =\n    addressing_style = virtual\n";
    const CREDENTIALS: &str = "# keys\n[lake]\naws_access_key_id = AK\naws_secret_access_key = a=b/c\n[other]\naws_access_key_id = X\n";

    #[test]
    fn a_profile_is_put_together_from_both_files() {
        let profile = Profile::of("lake", CONFIG, CREDENTIALS).unwrap();
        assert_eq!(profile.get("region").as_deref(), Some("eu-central-1"));
        assert_eq!(profile.get("addressing_style").as_deref(), Some("virtual"));
        let keys = profile.keys().unwrap().unwrap();
        assert_eq!(
            (keys.access_key_id.as_str(), keys.secret_access_key.as_str()),
            ("AK", "a=b/c")
        );
        assert!(
            Profile::of("default", CONFIG, CREDENTIALS)
                .unwrap()
                .keys()
                .unwrap()
                .is_none()
        );
        assert!(Profile::of("nobody", CONFIG, CREDENTIALS).is_none());
    }

    #[test]
    fn a_program_can_bring_the_keys_and_its_output_is_never_shown() {
        let of = |command: &str| {
            Profile::of("p", &format!("[p]\ncredential_process = {command}"), "").unwrap()
        };
        let keys = of(
            "printf '{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s3cret\",\"SessionToken\":\"t\"}'",
        );
        let keys = keys.keys().unwrap().unwrap();
        assert_eq!(keys.session_token.as_deref(), Some("t"));
        for command in [
            "printf s3cret",
            "printf '{\"SecretAccessKey\":\"s3cret\"}'",
            "false",
        ] {
            let error = of(command).keys().err().unwrap().to_string();
            assert!(
                error.contains("`p`") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_the_aws_tools_business_is_told_with_the_way_out() {
        let profile =
            Profile::of("p", "[profile p]\nrole_arn = arn:x\nsource_profile = q", "").unwrap();
        let error = profile.keys().err().unwrap().to_string();
        assert!(error.contains("export-credentials --profile p"), "{error}");
    }
}
