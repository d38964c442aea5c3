//! Chooses where an S3 store's credentials come from: nothing is contacted and no program is run.
//!
//! In the order of the AWS tools: the environment's keys, the profile (a role, a web identity, SSO, keys, a program), then the
//! environment's web identity, a container's role, an instance's role. A profile that a setting names comes before the
//! environment's keys.

use std::fmt;

use super::environment::Environment;
use super::shared_config::{Section, SharedConfig};
use crate::{Error, Result};

/// Keys that do not end. They do not print themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: String,
    /// What temporary keys have besides.
    pub session_token: Option<String>,
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lake::sync) enum Source {
    /// Written in the environment or in a profile, or given with the options.
    Keys(AwsKeys),
    /// A program prints them.
    Process {
        /// The profile that names it.
        profile: String,
        /// For the shell.
        command: String,
    },
    /// IAM Identity Center gives them for the token that `aws sso login` keeps.
    Sso(Sso),
    /// STS gives them for other credentials.
    Role(Role),
    /// STS gives them for a token in a file.
    WebIdentity(WebIdentity),
    /// The agent of a container (ECS) or of a pod (EKS) gives them.
    Container,
    /// The metadata service of an instance gives them.
    Instance,
}

/// An account and role of IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lake::sync) struct Sso {
    pub(super) profile: String,
    pub(super) account_id: String,
    pub(super) role_name: String,
    pub(super) region: String,
    /// What the file of the token is named after: the session, or the start URL where there is none.
    pub(super) token_name: String,
}

/// A role that other credentials may assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lake::sync) struct Role {
    pub(super) profile: String,
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration_seconds: Option<u32>,
    /// Of the credentials that assume it.
    pub(super) source: Box<Source>,
}

/// A role that a token in a file may assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lake::sync) struct WebIdentity {
    /// `None` where the environment names it.
    pub(super) profile: Option<String>,
    pub(super) role_arn: String,
    pub(super) token_file: String,
    pub(super) session_name: Option<String>,
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AwsKeys(withheld)")
    }
}

/// The profile that is asked for, by a setting or by a variable.
pub(super) fn profile_name(asked: Option<&str>, environment: &Environment) -> Option<String> {
    asked
        .map(str::to_owned)
        .or_else(|| environment.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]))
}

impl Source {
    /// The source for a profile that a setting names, or none.
    ///
    /// # Errors
    ///
    /// [`Error::AwsConfiguration`] if what would be used is incomplete.
    pub(super) fn choose(
        asked: Option<&str>,
        environment: &Environment,
        config: &SharedConfig,
    ) -> Result<Self> {
        let name = profile_name(asked, environment).unwrap_or_else(|| "default".to_owned());
        let of_profile = || Self::of_profile(&name, environment, config, &mut Vec::new());
        // What is not used is not looked at: exported keys help beside a profile that needs a login.
        let found = match asked {
            Some(_) => match of_profile()? {
                Some(found) => Some(found),
                None => Self::of_environment(environment)?,
            },
            None => match Self::of_environment(environment)? {
                Some(found) => Some(found),
                None => of_profile()?,
            },
        };
        Ok(found.unwrap_or_else(|| Self::of_machine(environment)))
    }

    /// Whether the profile gives them, and not the environment or the machine.
    pub(super) fn is_of_environment(&self) -> bool {
        match self {
            Self::Container | Self::Instance => true,
            Self::WebIdentity(identity) => identity.profile.is_none(),
            Self::Keys(_) | Self::Process { .. } | Self::Sso(_) | Self::Role(_) => false,
        }
    }

    fn of_environment(environment: &Environment) -> Result<Option<Self>> {
        let Some(access_key_id) = environment.get("AWS_ACCESS_KEY_ID") else {
            return Ok(None);
        };
        let secret = environment.get("AWS_SECRET_ACCESS_KEY").ok_or_else(|| {
            Error::AwsConfiguration(
                "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not".to_owned(),
            )
        })?;
        Ok(Some(Self::Keys(AwsKeys {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret.to_owned(),
            session_token: environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
        })))
    }

    /// What is left where nobody has written anything down.
    fn of_machine(environment: &Environment) -> Self {
        let has = |name| environment.get(name).is_some();
        if let (Some(token_file), Some(role_arn)) = (
            environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"),
            environment.get("AWS_ROLE_ARN"),
        ) {
            return Self::WebIdentity(WebIdentity {
                profile: None,
                role_arn: role_arn.to_owned(),
                token_file: token_file.to_owned(),
                session_name: environment.first(&["AWS_ROLE_SESSION_NAME"]),
            });
        }
        if has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        {
            return Self::Container;
        }
        Self::Instance
    }

    /// What a profile says; `None` if it says nothing. `seen` are the profiles whose source this one is.
    fn of_profile(
        name: &str,
        environment: &Environment,
        config: &SharedConfig,
        seen: &mut Vec<String>,
    ) -> Result<Option<Self>> {
        let Some(profile) = config.profile(name) else {
            return Ok(None);
        };
        let of = |key: &str| profile.get(key).filter(|value| !value.is_empty());
        let wrong =
            |why: String| Error::AwsConfiguration(format!("the AWS profile `{name}` {why}"));
        let is_source_of_itself = seen.iter().any(|earlier| earlier == name);
        if let (Some(arn), false) = (of("role_arn"), is_source_of_itself) {
            if let Some(token_file) = of("web_identity_token_file") {
                return Ok(Some(Self::WebIdentity(WebIdentity {
                    profile: Some(name.to_owned()),
                    role_arn: arn.clone(),
                    token_file: token_file.clone(),
                    session_name: of("role_session_name").cloned(),
                })));
            }
            if of("mfa_serial").is_some() {
                return Err(wrong(format!(
                    "needs a code of a device (`mfa_serial`), which only a person has: give the line `credential_process = aws configure export-credentials --profile {name}` to a profile of another name, and name that one"
                )));
            }
            let duration_seconds = of("duration_seconds").map(|text| text.parse()).transpose();
            let duration_seconds = duration_seconds
                .map_err(|_| wrong("has a `duration_seconds` that is no number".to_owned()))?;
            seen.push(name.to_owned());
            let source = match (of("source_profile"), of("credential_source")) {
                (Some(source), _) => Self::of_profile(source, environment, config, seen)?
                    .ok_or_else(|| {
                        wrong(format!(
                            "takes its role with the profile `{source}` (`source_profile`), which has no credentials"
                        ))
                    })?,
                (None, Some(source)) => Self::named(source, environment)?.ok_or_else(|| {
                    wrong(format!(
                        "has the `credential_source` {source}; Environment, Ec2InstanceMetadata or EcsContainer was expected, and what it needs in the environment"
                    ))
                })?,
                (None, None) => {
                    return Err(wrong(
                        "has a `role_arn`, and neither `source_profile` nor `credential_source` nor `web_identity_token_file`".to_owned(),
                    ));
                }
            };
            return Ok(Some(Self::Role(Role {
                profile: name.to_owned(),
                arn: arn.clone(),
                session_name: of("role_session_name").cloned(),
                external_id: of("external_id").cloned(),
                duration_seconds,
                source: Box::new(source),
            })));
        }
        if of("sso_session").is_some() || of("sso_start_url").is_some() {
            return Self::of_sso(name, profile, config).map(Some);
        }
        if let (Some(id), Some(secret)) = (of("aws_access_key_id"), of("aws_secret_access_key")) {
            return Ok(Some(Self::Keys(AwsKeys {
                access_key_id: id.clone(),
                secret_access_key: secret.clone(),
                session_token: of("aws_session_token").cloned(),
            })));
        }
        if let Some(command) = of("credential_process") {
            return Ok(Some(Self::Process {
                profile: name.to_owned(),
                command: command.clone(),
            }));
        }
        if is_source_of_itself {
            return Err(wrong(
                "is its own `source_profile`, directly or through others, and has no keys"
                    .to_owned(),
            ));
        }
        Ok(None)
    }

    /// What `credential_source` names, if it can be had.
    fn named(source: &str, environment: &Environment) -> Result<Option<Self>> {
        Ok(match source {
            "Environment" => Self::of_environment(environment)?,
            "Ec2InstanceMetadata" => Some(Self::Instance),
            "EcsContainer" => Some(Self::Container),
            _ => None,
        })
    }

    fn of_sso(name: &str, profile: &Section, config: &SharedConfig) -> Result<Self> {
        let session_name = profile.get("sso_session");
        let session = session_name.and_then(|session| config.sso_session(session));
        let needed = |key: &str| {
            let found = profile
                .get(key)
                .or_else(|| session.and_then(|session| session.get(key)));
            found.cloned().ok_or_else(|| {
                Error::AwsConfiguration(format!(
                    "the AWS profile `{name}` uses SSO without `{key}`: `aws configure sso --profile {name}` writes it"
                ))
            })
        };
        Ok(Self::Sso(Sso {
            profile: name.to_owned(),
            account_id: needed("sso_account_id")?,
            role_name: needed("sso_role_name")?,
            region: needed("sso_region")?,
            token_name: match session_name {
                Some(session_name) => session_name.clone(),
                None => needed("sso_start_url")?,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(id: &str) -> Source {
        Source::Keys(AwsKeys {
            access_key_id: id.to_owned(),
            secret_access_key: "SK".to_owned(),
            session_token: None,
        })
    }

    fn choose(asked: Option<&str>, variables: &[(&str, &str)], config: &str) -> Result<Source> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = Environment::of(variables.iter().map(owned));
        Source::choose(asked, &environment, &SharedConfig::of(config, ""))
    }

    const EXPORTED: &[(&str, &str)] = &[
        ("AWS_ACCESS_KEY_ID", "OF-ENV"),
        ("AWS_SECRET_ACCESS_KEY", "SK"),
    ];
    const BASE: &str = "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = SK\n";

    #[test]
    fn keys_of_the_environment_win_beside_whatever_the_default_profile_uses() {
        for default in [
            "sso_session = corp",
            "sso_start_url = https://x",
            "role_arn = arn:aws:iam::1:role/x\nsource_profile = nobody",
            "role_arn = arn:aws:iam::1:role/x",
            "credential_process = exit 1",
            "aws_access_key_id = OTHER\naws_secret_access_key = SK",
        ] {
            let config = format!("[default]\n{default}\n");
            let chosen = choose(None, EXPORTED, &config).unwrap();
            assert_eq!(chosen, keys("OF-ENV"), "{default}");
            let named = [EXPORTED, &[("AWS_PROFILE", "default")]].concat();
            assert_eq!(choose(None, &named, &config).unwrap(), keys("OF-ENV"));
        }
        // A setting is nearer than the environment.
        assert_eq!(choose(Some("base"), EXPORTED, BASE).unwrap(), keys("BASE"));
        assert_eq!(
            choose(Some("empty"), EXPORTED, "[profile empty]\n").unwrap(),
            keys("OF-ENV")
        );
    }

    #[test]
    fn a_role_is_assumed_with_another_profile_with_its_own_keys_or_through_a_chain() {
        let config = format!(
            "{BASE}[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = middle\nexternal_id = e\nduration_seconds = 900\n\
             [profile middle]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = base\n\
             [profile own]\nrole_arn = arn:aws:iam::1:role/c\nsource_profile = own\naws_access_key_id = OWN\naws_secret_access_key = SK\n"
        );
        let Source::Role(role) = choose(None, &[], &config).unwrap() else {
            panic!("no role");
        };
        assert_eq!(
            (role.arn.as_str(), role.duration_seconds),
            ("arn:aws:iam::1:role/a", Some(900))
        );
        assert_eq!(role.external_id.as_deref(), Some("e"));
        let Source::Role(middle) = *role.source else {
            panic!("no chain");
        };
        assert_eq!(*middle.source, keys("BASE"));
        let Source::Role(own) = choose(Some("own"), &[], &config).unwrap() else {
            panic!("no role");
        };
        assert_eq!(*own.source, keys("OWN"));
    }

    #[test]
    fn credential_source_names_the_environment_the_container_or_the_instance() {
        let config = |source| {
            format!("[p]\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = {source}\n")
        };
        for (source, expected) in [
            ("Environment", keys("OF-ENV")),
            ("Ec2InstanceMetadata", Source::Instance),
            ("EcsContainer", Source::Container),
        ] {
            let Source::Role(role) = choose(Some("p"), EXPORTED, &config(source)).unwrap() else {
                panic!("no role");
            };
            assert_eq!(*role.source, expected);
        }
        assert!(choose(Some("p"), &[], &config("Environment")).is_err());
    }

    #[test]
    fn sso_is_found_with_a_session_and_without() {
        let session = "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = R\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x\n";
        let legacy = "[default]\nsso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = R\n";
        for (config, token_name) in [(session, "corp"), (legacy, "https://x")] {
            let Source::Sso(sso) = choose(None, &[], config).unwrap() else {
                panic!("no SSO");
            };
            assert_eq!(sso.token_name, token_name);
            assert_eq!(
                (sso.region.as_str(), sso.account_id.as_str()),
                ("us-east-1", "1")
            );
        }
    }

    #[test]
    fn what_is_incomplete_is_told_with_its_profile() {
        for (config, told) in [
            (
                "role_arn = arn:x",
                "`default` has a `role_arn`, and neither",
            ),
            ("role_arn = arn:x\nsource_profile = nobody", "`nobody`"),
            (
                "role_arn = arn:x\nsource_profile = default",
                "its own `source_profile`",
            ),
            (
                "role_arn = arn:x\nsource_profile = default\nmfa_serial = arn:m",
                "export-credentials --profile default",
            ),
            ("role_arn = arn:x\ncredential_source = Moon", "Moon"),
            ("sso_session = corp", "without `sso_account_id`"),
        ] {
            let error = choose(None, &[], &format!("[default]\n{config}\n")).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
        }
        let error = choose(None, &[("AWS_ACCESS_KEY_ID", "AK")], "").unwrap_err();
        assert!(
            error.to_string().contains("AWS_SECRET_ACCESS_KEY"),
            "{error}"
        );
    }

    #[test]
    fn without_keys_the_machine_is_asked() {
        let web = [("AWS_WEB_IDENTITY_TOKEN_FILE", "t"), ("AWS_ROLE_ARN", "r")];
        assert!(matches!(
            choose(None, &web, "").unwrap(),
            Source::WebIdentity(_)
        ));
        let pod = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://x")];
        assert_eq!(choose(None, &pod, "").unwrap(), Source::Container);
        assert_eq!(choose(None, &[], "").unwrap(), Source::Instance);
        let config = "[default]\nrole_arn = r\nweb_identity_token_file = t\n";
        let Source::WebIdentity(identity) = choose(None, &[], config).unwrap() else {
            panic!("no web identity");
        };
        assert_eq!(identity.profile.as_deref(), Some("default"));
    }
}
