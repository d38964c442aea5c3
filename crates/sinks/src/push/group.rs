//! The grouping key of pushed series, as a path of the gateway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;

/// Job and instance: what the gateway keeps series apart by, and what it labels them with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The job; not empty.
    pub job: String,
    /// The instance; may be empty.
    pub instance: String,
}

impl Group {
    /// The address of the group below the gateway's.
    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        let path = format!(
            "{}/metrics{}{}",
            base.path().trim_end_matches('/'),
            part("job", &self.job),
            part("instance", &self.instance)
        );
        url.set_path(&path);
        url
    }
}

/// `/name/value`; in base64 where the value would not come through a path as it is.
fn part(name: &str, value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let is_dots = value.bytes().all(|byte| byte == b'.');
    if !is_dots && value.bytes().all(is_plain) {
        return format!("/{name}/{value}");
    }
    // An empty value is one `=`, for there is no empty part of a path.
    let encoded = match value {
        "" => "=".to_owned(),
        value => URL_SAFE_NO_PAD.encode(value),
    };
    format!("/{name}@base64/{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_cannot_hold_goes_in_base64() {
        let url = |base: &str, job: &str, instance: &str| {
            let group = Group {
                job: job.to_owned(),
                instance: instance.to_owned(),
            };
            group.url(&Url::parse(base).unwrap()).to_string()
        };
        for (job, instance, path) in [
            (
                "junos",
                "leaf-01.lab:830",
                "job/junos/instance/leaf-01.lab:830",
            ),
            ("junos", "", "job/junos/instance@base64/="),
            ("a/b", "x", "job@base64/YS9i/instance/x"),
            ("junos", "..", "job/junos/instance@base64/Li4"),
            ("junos", "größe", "job/junos/instance@base64/Z3LDtsOfZQ"),
            ("junos", "a b%2F?#", "job/junos/instance@base64/YSBiJTJGPyM"),
        ] {
            assert_eq!(
                url("http://h:9091", job, instance),
                format!("http://h:9091/metrics/{path}")
            );
            let below = url("https://h/push/", job, instance);
            assert_eq!(below, format!("https://h/push/metrics/{path}"));
        }
    }
}
