//! Credentials of an S3 store: fetched when a request needs them, kept, and renewed before they end.
//!
//! Every fetch has a deadline. They are asked for once before the first request, so that what is wrong with them is told as that,
//! within seconds, and not as a store that does not answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use object_store::client::{HttpClient, HttpConnector as _, ReqwestConnector};
use reqsign_aws_v4::{
    AssumeRoleCredentialProvider, AssumeRoleWithWebIdentityCredentialProvider, Credential,
    ECSCredentialProvider, IMDSv2CredentialProvider, ProcessCredentialProvider, RequestSigner,
    SSOCredentialProvider, StaticCredentialProvider,
};
use reqsign_core::time::Timestamp;
use reqsign_core::{ProvideCredential, Signer};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::http_client;
use super::super::store_error::{StoreError, StoreErrorKind};
use super::environment::Environment;
use super::options::{AwsOptions, S3Access};
use super::source::{AwsKeys, Role, Source, Sso, WebIdentity};
use super::transport::{StsSigner, Transport, Trouble};
use crate::backoff::Backoff;
use crate::{Error, Result};

/// How long a fetch may take, all attempts together.
const FETCH_WITHIN: Duration = Duration::from_secs(20);
const ATTEMPTS: u32 = 4;
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(2),
};
/// The metadata services stand on the same machine.
const METADATA_CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// How long before their end credentials are renewed, at most; short-lived ones are after half of their life.
const RENEW_BEFORE_END: Duration = Duration::from_secs(300);
/// How long after a fetch the next one is made at the earliest.
const LEAST_BETWEEN: Duration = Duration::from_millis(200);
/// What a session is called where nobody names it: the AWS account's log shows it.
const SESSION_NAME: &str = "lanewatch";
/// Where STS is asked if no region is known.
const USUAL_REGION: &str = "us-east-1";

/// Gives an S3 store its credentials.
pub(in crate::lake::sync) struct Credentials {
    source: Source,
    client: HttpClient,
    environment: Environment,
    region: String,
    sts_endpoint: Option<String>,
    metadata_endpoint: Option<String>,
    cached: Mutex<Option<CachedCredential>>,
}

/// Credentials that were fetched.
struct CachedCredential {
    credential: Arc<AwsCredential>,
    /// None where they do not end.
    life: Option<Life>,
}

struct Life {
    renew_at: Instant,
    ends_at: Instant,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        self.current()
            .await
            .map_err(|error| object_store::Error::Generic {
                store: "S3",
                source: Box::new(error),
            })
    }
}

impl Credentials {
    pub(in crate::lake::sync) fn new(access: &S3Access) -> Result<Self> {
        // The metadata services, and STS at an address of its own, may be without TLS.
        let mut options = http_client::options()?.with_allow_http(true);
        if matches!(access.source, Source::Container | Source::Instance) {
            options = options.with_connect_timeout(METADATA_CONNECT_WITHIN);
        }
        let client = ReqwestConnector::default().connect(&options);
        let client = client.map_err(|error| Error::AwsConfiguration(error.to_string()))?;
        Ok(Self::with_client(access, client))
    }

    fn with_client(access: &S3Access, client: HttpClient) -> Self {
        let region = access.region.as_deref().unwrap_or(USUAL_REGION);
        Self {
            source: access.source.clone(),
            client,
            environment: access.environment.clone(),
            region: region.to_owned(),
            sts_endpoint: access.sts_endpoint.clone(),
            metadata_endpoint: access.metadata_endpoint.clone(),
            cached: Mutex::new(None),
        }
    }

    /// Makes sure that there are credentials.
    pub(in crate::lake::sync) async fn ask(&self) -> std::result::Result<(), StoreError> {
        self.current().await.map(drop)
    }

    /// The credentials that requests are signed with now.
    async fn current(&self) -> std::result::Result<Arc<AwsCredential>, StoreError> {
        let mut cached = self.cached.lock().await;
        let now = Instant::now();
        if let Some(cached) = cached.as_ref()
            && cached.life.as_ref().is_none_or(|life| now < life.renew_at)
        {
            return Ok(cached.credential.clone());
        }
        match self.fetch().await {
            Ok(fetched) => {
                let new = CachedCredential {
                    life: life(&fetched),
                    credential: Arc::new(AwsCredential {
                        key_id: fetched.access_key_id,
                        secret_key: fetched.secret_access_key,
                        token: fetched.session_token,
                    }),
                };
                let seconds = new.life.as_ref().map(|life| {
                    let left = life.ends_at.saturating_duration_since(Instant::now());
                    left.as_secs()
                });
                tracing::debug!(source = self.source.name(), seconds, "credentials fetched");
                Ok(cached.insert(new).credential.clone())
            }
            Err(error) => {
                let now = Instant::now();
                // Who gives them may be away for a moment, and these are good until they end.
                if let Some(CachedCredential {
                    credential,
                    life: Some(life),
                }) = cached.as_mut()
                    && now < life.ends_at
                {
                    let left = life.ends_at - now;
                    tracing::warn!(
                        source = self.source.name(),
                        seconds = left.as_secs(),
                        error = %error,
                        "credentials not renewed, used until they end"
                    );
                    life.renew_at = now + (left / 2).max(LEAST_BETWEEN);
                    return Ok(credential.clone());
                }
                tracing::warn!(source = self.source.name(), error = %error, "no credentials");
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> std::result::Result<Credential, StoreError> {
        let attempts = async {
            let mut failures = 0;
            loop {
                match self.provide(&self.source).await {
                    Err(trouble) if trouble.is_passing && failures + 1 < ATTEMPTS => {
                        failures += 1;
                        let pause = BACKOFF.pause(failures, rand::random());
                        tokio::time::sleep(pause).await;
                    }
                    ended => return ended,
                }
            }
        };
        let text = match tokio::time::timeout(FETCH_WITHIN, attempts).await {
            Ok(Ok(credential)) => return Ok(credential),
            Ok(Err(trouble)) => trouble.text,
            Err(_) => {
                let seconds = FETCH_WITHIN.as_secs();
                self.source.told(&format!("no answer within {seconds} s"))
            }
        };
        Err(StoreError::new(StoreErrorKind::NoCredentials, text))
    }

    /// Asks a source once. A role's own source is asked before, so this may call itself.
    fn provide<'a>(
        &'a self,
        source: &'a Source,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Credential, Trouble>> + Send + 'a>> {
        Box::pin(async move {
            match source {
                Source::Keys(keys) => Ok(credential_of(keys)),
                Source::Process { command, .. } => {
                    let transport = self.transport().with_command(command);
                    let provider = ProcessCredentialProvider::new().with_command(command);
                    given(source, &transport, provider).await
                }
                Source::Sso(sso) => given(source, &self.transport(), sso_provider(sso)).await,
                Source::Role(role) => {
                    let by = self.provide(&role.source).await?;
                    let transport = self.transport();
                    let provider = self.role_provider(role, by, &transport);
                    given(source, &transport, provider).await
                }
                Source::WebIdentity(identity) => {
                    let transport = self.transport();
                    let transport = transport.with_sts_endpoint(self.sts_endpoint.as_deref());
                    let provider = self.web_identity_provider(identity);
                    given(source, &transport, provider).await
                }
                Source::Container => {
                    given(source, &self.transport(), ECSCredentialProvider::new()).await
                }
                Source::Instance => {
                    let mut provider = IMDSv2CredentialProvider::new();
                    if let Some(endpoint) = &self.metadata_endpoint {
                        provider = provider.with_endpoint(endpoint);
                    }
                    given(source, &self.transport(), provider).await
                }
            }
        })
    }

    fn transport(&self) -> Transport {
        Transport::new(self.client.clone(), self.environment.clone())
    }

    fn role_provider(
        &self,
        role: &Role,
        by: Credential,
        transport: &Transport,
    ) -> AssumeRoleCredentialProvider {
        let mut keys = StaticCredentialProvider::new(&by.access_key_id, &by.secret_access_key);
        if let Some(token) = &by.session_token {
            keys = keys.with_session_token(token);
        }
        let signer = StsSigner {
            signer: RequestSigner::new("sts", &self.region),
            endpoint: self.sts_endpoint.clone(),
        };
        let signer = Signer::new(transport.context(), keys, signer);
        let session_name = role.session_name.as_deref().unwrap_or(SESSION_NAME);
        let mut provider = AssumeRoleCredentialProvider::new(role.arn.clone(), signer)
            .with_role_session_name(session_name.to_owned())
            .with_region(self.region.clone())
            .with_regional_sts_endpoint();
        if let Some(id) = &role.external_id {
            provider = provider.with_external_id(id.clone());
        }
        if let Some(seconds) = role.duration_seconds {
            provider = provider.with_duration_seconds(seconds);
        }
        provider
    }

    fn web_identity_provider(
        &self,
        identity: &WebIdentity,
    ) -> AssumeRoleWithWebIdentityCredentialProvider {
        let session_name = identity.session_name.as_deref().unwrap_or(SESSION_NAME);
        AssumeRoleWithWebIdentityCredentialProvider::with_config(
            identity.role_arn.clone(),
            identity.token_file.clone().into(),
        )
        .with_role_session_name(session_name.to_owned())
        .with_region(self.region.clone())
        .with_regional_sts_endpoint()
    }
}

/// What a provider gives, or what a person is told.
async fn given(
    source: &Source,
    transport: &Transport,
    provider: impl ProvideCredential<Credential = Credential>,
) -> std::result::Result<Credential, Trouble> {
    let why = match provider.provide_credential(&transport.context()).await {
        Ok(Some(credential)) => return Ok(credential),
        // An error in words of the library's may hold what was answered: only what was noted on the way is told.
        Ok(None) | Err(_) => transport.take_trouble(),
    };
    let why = why.unwrap_or_else(|| Trouble {
        text: source.nothing_usable().to_owned(),
        is_passing: false,
    });
    Err(Trouble {
        text: source.told(&why.text),
        is_passing: why.is_passing,
    })
}

fn sso_provider(sso: &Sso) -> SSOCredentialProvider {
    // Of the start URL the provider needs nothing but the name of the token's file.
    SSOCredentialProvider::new()
        .with_account_id(&sso.account_id)
        .with_role_name(&sso.role_name)
        .with_region(&sso.region)
        .with_start_url(&sso.token_name)
}

fn credential_of(keys: &AwsKeys) -> Credential {
    Credential {
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.clone(),
        session_token: keys.session_token.clone(),
        expires_in: None,
    }
}

/// How long credentials last from now on. Their end is told as a time of day, so this is compared with the clock of this machine.
fn life(fetched: &Credential) -> Option<Life> {
    let end = fetched.expires_in?;
    let now = Instant::now();
    let end = end.as_system_time();
    let left = end.duration_since(Timestamp::now().as_system_time());
    let left = left.unwrap_or_default();
    let before_end = RENEW_BEFORE_END.min(left / 2);
    Some(Life {
        renew_at: now + (left - before_end).max(LEAST_BETWEEN),
        ends_at: now + left,
    })
}

impl Source {
    /// What it is called in a log.
    fn name(&self) -> &'static str {
        match self {
            Self::Keys(_) => "keys",
            Self::Process { .. } => "process",
            Self::Sso(_) => "sso",
            Self::Role(_) => "role",
            Self::WebIdentity(_) => "web identity",
            Self::Container => "container",
            Self::Instance => "instance",
        }
    }

    /// That it gives no credentials, and why.
    fn told(&self, why: &str) -> String {
        match self {
            Self::Keys(_) => format!("the keys cannot be used: {why}"),
            Self::Process { profile, .. } => {
                format!("the `credential_process` of the AWS profile `{profile}` {why}")
            }
            Self::Sso(sso) => format!(
                "SSO gives no credentials for the AWS profile `{0}`: {why}; `aws sso login --profile {0}` begins a new session",
                sso.profile
            ),
            Self::Role(role) => format!(
                "STS gives no credentials for the role {} of the AWS profile `{}`: {why}",
                role.arn, role.profile
            ),
            Self::WebIdentity(identity) => match &identity.profile {
                Some(profile) => format!(
                    "STS gives no credentials for the web identity of the AWS profile `{profile}`: {why}"
                ),
                None => format!(
                    "STS gives no credentials for the web identity of AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: {why}"
                ),
            },
            Self::Container => format!(
                "the container's role gives no credentials (AWS_CONTAINER_CREDENTIALS_…): {why}"
            ),
            Self::Instance => format!(
                "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with a file \
                 ~/.aws/credentials; an instance's role is not to be had here either: {why}"
            ),
        }
    }

    /// Why, where everything was answered and nothing of it can be used.
    fn nothing_usable(&self) -> &'static str {
        match self {
            Self::Process { .. } => {
                "printed something else than JSON with `Version` 1, `AccessKeyId` and `SecretAccessKey`"
            }
            Self::Sso(_) => "the session has ended, or the answer has no keys",
            Self::Role(_) => "the role's name is not valid, or the answer has no keys",
            Self::Instance => "the answer has no keys, or AWS_EC2_METADATA_DISABLED is set",
            Self::Keys(_) | Self::WebIdentity(_) | Self::Container => "the answer has no keys",
        }
    }
}

impl AwsOptions {
    /// The same for a program that reads the `AWS_*` variables and no profiles: what to set, or with `None` to remove.
    ///
    /// # Errors
    ///
    /// [`Error::AwsConfiguration`] if a profile cannot be used, [`Error::Credentials`] if its credentials cannot be had.
    pub async fn as_environment(&self) -> Result<Vec<(&'static str, Option<String>)>> {
        let found = self.resolve()?;
        let mut variables = Vec::new();
        if !found.source.is_of_environment() {
            let credentials = Credentials::new(&found)?;
            let keys = credentials.current().await;
            let keys = keys.map_err(|error| Error::Credentials(error.to_string()))?;
            variables.push(("AWS_ACCESS_KEY_ID", Some(keys.key_id.clone())));
            variables.push(("AWS_SECRET_ACCESS_KEY", Some(keys.secret_key.clone())));
            variables.push(("AWS_SESSION_TOKEN", keys.token.clone()));
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

#[cfg(test)]
mod tests;
