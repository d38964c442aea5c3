//! How to get into a bucket: settings first, then the environment, then a profile of the AWS configuration files.

use super::profile::{Keys, Profile};
use crate::Result;

/// How to get into a remote lake, where the environment does not say it.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The bucket's region.
    pub region: Option<String>,
    /// Another server than Amazon's: `http://127.0.0.1:9000`.
    pub endpoint: Option<String>,
}

/// What was found. Without keys, those of the environment count, or a web identity, or a container's or an instance's role.
pub(super) struct Found {
    pub(super) keys: Option<Keys>,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    /// Where an instance's role is asked for, if not at the usual address.
    pub(super) metadata_endpoint: Option<String>,
    pub(super) is_virtual_hosted: bool,
}

/// A variable of the environment, unless it is empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Access {
    pub(super) fn find(&self) -> Result<Found> {
        let profile = Profile::find(self.profile.as_deref())?;
        let has_keys = variable("AWS_ACCESS_KEY_ID").is_some();
        let of_profile = self.profile.is_some() || !has_keys;
        Ok(Found {
            // Whole, in place of what the environment has: its session token belongs to other keys.
            keys: profile.keys()?.filter(|_| of_profile),
            region: self.region.clone().or_else(|| {
                let of_environment =
                    variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
                of_environment.or_else(|| profile.get("region"))
            }),
            endpoint: self.endpoint.clone().or_else(|| {
                let of_environment = variable("AWS_ENDPOINT_URL_S3")
                    .or_else(|| variable("AWS_ENDPOINT_URL"))
                    .or_else(|| variable("AWS_ENDPOINT"));
                of_environment.or_else(|| profile.get("endpoint_url"))
            }),
            // As the AWS tools name it, and as object_store does.
            metadata_endpoint: variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                .or_else(|| variable("AWS_METADATA_ENDPOINT"))
                .map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            // Path style is what every server understands; who must have the other says so.
            is_virtual_hosted: profile.get("addressing_style").as_deref() == Some("virtual"),
        })
    }

    /// The same for a program that reads the `AWS_*` variables and no profiles: what to set, or with `None` to remove.
    ///
    /// # Errors
    ///
    /// [`Error::Remote`](crate::Error::Remote) if a profile cannot be used.
    pub fn as_environment(&self) -> Result<Vec<(&'static str, Option<String>)>> {
        let found = self.find()?;
        let mut variables = Vec::new();
        if let Some(keys) = found.keys {
            variables.push(("AWS_ACCESS_KEY_ID", Some(keys.access_key_id)));
            variables.push(("AWS_SECRET_ACCESS_KEY", Some(keys.secret_access_key)));
            variables.push(("AWS_SESSION_TOKEN", keys.session_token));
        }
        if let Some(region) = found.region {
            variables.push(("AWS_REGION", Some(region)));
        }
        if let Some(endpoint) = found.endpoint {
            variables.push(("AWS_ENDPOINT_URL_S3", Some(endpoint)));
        }
        if let Some(endpoint) = found.metadata_endpoint {
            variables.push(("AWS_METADATA_ENDPOINT", Some(endpoint)));
        }
        if found.is_virtual_hosted {
            variables.push(("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", Some("true".to_owned())));
        }
        Ok(variables)
    }
}
