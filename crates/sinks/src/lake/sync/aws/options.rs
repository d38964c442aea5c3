//! Resolves how to get into a bucket: settings first, then the environment, then a profile of the AWS configuration files.

use super::super::address::check_endpoint;
use super::environment::Environment;
use super::shared_config::{Section, SharedConfig};
use super::source::{self, AwsKeys, Source};
use crate::{Error, Result};

/// How to get into a bucket, where the environment does not say it.
#[derive(Debug, Clone, Default)]
pub struct AwsOptions {
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// Keys that are taken whatever environment and profile say.
    pub keys: Option<AwsKeys>,
    /// The bucket's region.
    pub region: Option<String>,
    /// Another server than Amazon's: `http://127.0.0.1:9000`.
    pub endpoint: Option<String>,
    /// How the store encrypts what it is given; none leaves it to the bucket.
    pub encryption: Option<S3Encryption>,
    /// The key of AWS KMS that it encrypts with; none is the account's own.
    pub kms_key: Option<String>,
    /// Whether the requester pays, where the bucket's owner does not.
    pub requester_pays: bool,
    /// What each upload carries for the store to check it by.
    pub checksum: S3Checksum,
}

/// Server-side encryption, by the values of the header `x-amz-server-side-encryption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Encryption {
    /// With keys of S3: `AES256`.
    S3,
    /// With a key of AWS KMS: `aws:kms`.
    Kms,
    /// The same in two layers: `aws:kms:dsse`.
    KmsTwice,
}

impl S3Encryption {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "AES256",
            Self::Kms => "aws:kms",
            Self::KmsTwice => "aws:kms:dsse",
        }
    }
}

/// The checksum of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum S3Checksum {
    /// `x-amz-checksum-sha256`.
    #[default]
    Sha256,
    /// None, for a server that knows no such header. The request's signature covers the content all the same.
    Off,
}

/// What was found.
pub(in crate::lake::sync) struct S3Access {
    /// Where credentials come from.
    pub(in crate::lake::sync) source: Source,
    /// The bucket's region.
    pub(in crate::lake::sync) region: Option<String>,
    /// The store's address, if it is not Amazon's.
    pub(in crate::lake::sync) endpoint: Option<String>,
    /// The address of STS, if it is not Amazon's.
    pub(super) sts_endpoint: Option<String>,
    /// Where an instance's role is asked for, if not at the usual address.
    pub(super) metadata_endpoint: Option<String>,
    /// Whether the bucket is part of the host's name.
    pub(in crate::lake::sync) is_virtual_hosted: bool,
    pub(super) environment: Environment,
}

/// What requests to a bucket carry.
#[derive(Debug, Clone, Default)]
pub(in crate::lake::sync) struct BucketOptions {
    pub(in crate::lake::sync) encryption: Option<S3Encryption>,
    pub(in crate::lake::sync) kms_key: Option<String>,
    pub(in crate::lake::sync) requester_pays: bool,
    pub(in crate::lake::sync) checksum: S3Checksum,
}

impl AwsOptions {
    /// What requests carry.
    ///
    /// # Errors
    ///
    /// A key without the encryption that uses it.
    pub(in crate::lake::sync) fn bucket_options(&self) -> Result<BucketOptions> {
        let uses_kms = matches!(
            self.encryption,
            Some(S3Encryption::Kms | S3Encryption::KmsTwice)
        );
        if self.kms_key.is_some() && !uses_kms {
            return Err(Error::AwsConfiguration(
                "`s3_kms_key` names a key, and `s3_encryption` is not `aws:kms` or `aws:kms:dsse`"
                    .to_owned(),
            ));
        }
        Ok(BucketOptions {
            encryption: self.encryption,
            kms_key: self.kms_key.clone(),
            requester_pays: self.requester_pays,
            checksum: self.checksum,
        })
    }

    /// Reads the environment and the configuration files. Nothing is contacted and no program is run.
    pub(in crate::lake::sync) fn resolve(&self) -> Result<S3Access> {
        let environment = Environment::of_process();
        let config = SharedConfig::read(&environment);
        let found = self.resolve_from(&environment, &config)?;
        for (what, endpoint) in [
            ("the store", &found.endpoint),
            ("STS", &found.sts_endpoint),
            ("the metadata service", &found.metadata_endpoint),
        ] {
            if let Some(endpoint) = endpoint {
                check_endpoint(what, endpoint)?;
            }
        }
        Ok(found)
    }

    pub(super) fn resolve_from(
        &self,
        environment: &Environment,
        config: &SharedConfig,
    ) -> Result<S3Access> {
        let asked = self.profile.as_deref();
        let empty = Section::new();
        let named = source::profile_name(asked, environment);
        let profile = match config.profile(named.as_deref().unwrap_or("default")) {
            Some(profile) => profile,
            None => match &named {
                None => &empty,
                Some(name) => {
                    return Err(Error::AwsConfiguration(format!(
                        "there is no profile `{name}` in the AWS configuration files (~/.aws/config, ~/.aws/credentials)"
                    )));
                }
            },
        };
        // The rule of the AWS SDKs: a service's own address before one for all, the environment before a profile.
        let of_profile = |service| match environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        {
            true => None,
            false => config.endpoint(profile, service),
        };
        let style = ["s3.addressing_style", "addressing_style"];
        let style = style.iter().find_map(|key| profile.get(*key));
        Ok(S3Access {
            source: match &self.keys {
                Some(keys) => Source::Keys(keys.clone()),
                None => Source::choose(asked, environment, config)?,
            },
            region: self
                .region
                .clone()
                .or_else(|| environment.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
                .or_else(|| profile.get("region").cloned()),
            endpoint: self
                .endpoint
                .clone()
                .or_else(|| {
                    environment.first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"])
                })
                .or_else(|| of_profile("s3")),
            sts_endpoint: environment
                .first(&["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"])
                .or_else(|| of_profile("sts")),
            // As the AWS tools name it, and as object_store does.
            metadata_endpoint: environment
                .first(&["AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_METADATA_ENDPOINT"])
                .map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            // Path style is what every server understands; who must have the other says so.
            is_virtual_hosted: style.is_some_and(|style| style == "virtual"),
            environment: environment.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = us-east-1\nservices = lab\nendpoint_url = http://all\n\
                          [services lab]\ns3 =\n  endpoint_url = http://127.0.0.1:5055\n\
                          [profile styled]\ns3 =\n  addressing_style = virtual\n[profile flat]\naddressing_style = virtual\n";

    fn resolve(options: &AwsOptions, variables: &[(&str, &str)]) -> Result<S3Access> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = Environment::of(variables.iter().map(owned));
        options.resolve_from(&environment, &SharedConfig::of(CONFIG, ""))
    }

    #[test]
    fn an_address_is_taken_from_the_nearest_place_that_names_one() {
        let own = AwsOptions {
            endpoint: Some("http://own".to_owned()),
            ..AwsOptions::default()
        };
        let default = AwsOptions::default();
        let all = ("AWS_ENDPOINT_URL", "http://env");
        let s3 = ("AWS_ENDPOINT_URL_S3", "http://env-s3");
        let off = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        for (options, variables, s3, sts) in [
            (&own, &[all][..], "http://own", "http://env"),
            (&default, &[all, s3], "http://env-s3", "http://env"),
            (&default, &[all], "http://env", "http://env"),
            (&default, &[], "http://127.0.0.1:5055", "http://all"),
            (&default, &[off], "", ""),
        ] {
            let found = resolve(options, variables).unwrap();
            assert_eq!(found.endpoint.unwrap_or_default(), s3);
            assert_eq!(found.sts_endpoint.unwrap_or_default(), sts);
            assert_eq!(found.region.as_deref(), Some("us-east-1"));
        }
    }

    #[test]
    fn a_profile_says_how_a_bucket_is_named_and_must_be_there_if_it_was_asked_for() {
        for (name, is_virtual_hosted) in [("styled", true), ("flat", true), ("default", false)] {
            let variables = [("AWS_PROFILE", name)];
            let found = resolve(&AwsOptions::default(), &variables).unwrap();
            assert_eq!(found.is_virtual_hosted, is_virtual_hosted, "{name}");
        }
        let error = resolve(&AwsOptions::default(), &[("AWS_PROFILE", "nobody")]).err();
        assert!(error.unwrap().to_string().contains("no profile `nobody`"));
    }
}
