//! Reads the shared AWS configuration files: profiles, SSO sessions and service endpoints.
//!
//! `~/.aws/config` (or `AWS_CONFIG_FILE`) and `~/.aws/credentials` (or `AWS_SHARED_CREDENTIALS_FILE`), in the form that the AWS
//! tools read: `[profile NAME]`, `[sso-session NAME]`, `[services NAME]`, and settings that are nested below a key without a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::environment::Environment;

/// The settings of a section. One that is nested has its parent's name before it: `s3.addressing_style`.
pub(super) type Section = BTreeMap<String, String>;

/// Both files, put together.
#[derive(Clone, Default)]
pub(super) struct SharedConfig {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
}

impl SharedConfig {
    /// Reads the files. One that is not there, or cannot be read, is empty.
    pub(super) fn read(environment: &Environment) -> Self {
        let text = |variable: &str, usual_name: &str| {
            let named = environment.get(variable).map(PathBuf::from);
            let path = named.or_else(|| {
                let home = environment.get("HOME")?;
                Some(PathBuf::from(home).join(".aws").join(usual_name))
            });
            path.and_then(|path| std::fs::read_to_string(path).ok())
                .unwrap_or_default()
        };
        Self::of(
            &text("AWS_CONFIG_FILE", "config"),
            &text("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        )
    }

    /// The content of the files. A profile's settings in the credentials file win.
    pub(super) fn of(config: &str, credentials: &str) -> Self {
        let mut read = Self::default();
        let mut without_prefix = BTreeMap::new();
        for (header, section) in sections(config) {
            let (kind, name) = header
                .split_once(char::is_whitespace)
                .map_or(("", header.as_str()), |(kind, name)| (kind, name.trim()));
            let sections = match kind {
                "profile" => &mut read.profiles,
                "sso-session" => &mut read.sso_sessions,
                "services" => &mut read.services,
                _ => &mut without_prefix,
            };
            sections.entry(name.to_owned()).or_default().extend(section);
        }
        // `[default]` needs no prefix; others are taken without one where there is no section with it.
        for (name, section) in without_prefix {
            read.profiles.entry(name).or_insert(section);
        }
        for (name, section) in sections(credentials) {
            read.profiles.entry(name).or_default().extend(section);
        }
        read
    }

    /// The settings of a profile.
    pub(super) fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// The settings of an SSO session.
    pub(super) fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// The endpoint that a profile's `services` section gives a service, else the one of the profile itself.
    pub(super) fn endpoint(&self, profile: &Section, service: &str) -> Option<String> {
        let services = profile
            .get("services")
            .and_then(|name| self.services.get(name));
        let of_service =
            services.and_then(|section| section.get(&format!("{service}.endpoint_url")));
        let found = of_service.or_else(|| profile.get("endpoint_url"));
        found.filter(|endpoint| !endpoint.is_empty()).cloned()
    }
}

/// The sections of a file, in their order.
fn sections(text: &str) -> Vec<(String, Section)> {
    let mut sections: Vec<(String, Section)> = Vec::new();
    // The key without a value that the indented lines after it belong to.
    let mut parent: Option<String> = None;
    for line in text.lines() {
        let is_indented = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let (header, _) = rest.split_once(']').unwrap_or((rest, ""));
            sections.push((header.trim().to_owned(), Section::new()));
            parent = None;
            continue;
        }
        let (Some((key, value)), Some((_, section))) = (line.split_once('='), sections.last_mut())
        else {
            continue;
        };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match &parent {
            Some(parent) if is_indented => {
                section.insert(format!("{parent}.{key}"), value.to_owned());
            }
            _ => {
                parent = value.is_empty().then(|| key.clone());
                section.insert(key, value.to_owned());
            }
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\n\n[profile lake] ; ours\nregion=eu-central-1\nservices = lab\n\
                          endpoint_url = http://all.example\ns3 =\n    addressing_style = virtual\noutput = json\n\
                          [services lab]\ns3 =\n  endpoint_url = http://s3.example:9000\n\
                          [sso-session corp]\nsso_region = us-east-1\n[bare]\nregion = us-west-2\n";
    const CREDENTIALS: &str = "# keys\n[lake]\naws_access_key_id = AK\naws_secret_access_key = a=b/c\n[other]\naws_access_key_id = X\n";

    #[test]
    fn a_profile_is_put_together_from_both_files() {
        let read = SharedConfig::of(CONFIG, CREDENTIALS);
        let lake = read.profile("lake").unwrap();
        for (key, value) in [
            ("region", "eu-central-1"),
            ("s3.addressing_style", "virtual"),
            ("output", "json"),
            ("aws_access_key_id", "AK"),
            ("aws_secret_access_key", "a=b/c"),
        ] {
            assert_eq!(lake.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(read.profile("default").unwrap()["region"], "eu-west-1");
        assert_eq!(read.profile("bare").unwrap()["region"], "us-west-2");
        assert!(read.profile("nobody").is_none() && read.profile("lab").is_none());
        assert_eq!(read.sso_session("corp").unwrap()["sso_region"], "us-east-1");
    }

    #[test]
    fn a_services_section_gives_the_endpoint_before_the_profile_does() {
        let read = SharedConfig::of(CONFIG, CREDENTIALS);
        let lake = read.profile("lake").unwrap();
        let endpoint = |service| read.endpoint(lake, service);
        assert_eq!(endpoint("s3").as_deref(), Some("http://s3.example:9000"));
        assert_eq!(endpoint("sts").as_deref(), Some("http://all.example"));
        assert_eq!(read.endpoint(read.profile("default").unwrap(), "s3"), None);
    }
}
