//! Keys for a while: those that STS, a container's or an instance's role gives.
//!
//! object_store fetches them with the first request and again when they run out. They are asked for once before that, so that what
//! is wrong with them is told as that, within seconds, and not as a store that does not answer.

use std::time::Duration;

use object_store::Error as StoreError;
use object_store::aws::AwsCredentialProvider;

use super::access::variable;
use super::refusal::{self, Failure};

/// How long it may take until keys are given, all attempts of object_store's together.
const GIVEN_WITHIN: Duration = Duration::from_secs(20);

/// What an S3 store signs its requests with.
#[derive(Debug, Clone)]
pub(super) struct SigningKeys {
    provider: AwsCredentialProvider,
    /// `None` where they are written in the environment or a profile.
    giver: Option<Giver>,
}

/// Who gives keys for a while.
#[derive(Debug, Clone, Copy)]
enum Giver {
    WebIdentity,
    Container,
    Instance,
}

impl SigningKeys {
    pub(super) fn of(provider: AwsCredentialProvider, are_written: bool) -> Self {
        let giver = (!are_written).then(Giver::of_environment).flatten();
        Self { provider, giver }
    }

    /// Sees to it that there are keys.
    pub(super) async fn ask(&self) -> Result<(), Failure> {
        let Some(giver) = self.giver else {
            return Ok(());
        };
        let given = tokio::time::timeout(GIVEN_WITHIN, self.provider.get_credential()).await;
        let why = match given {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => why(&error),
            Err(_) => format!("no answer within {} s", GIVEN_WITHIN.as_secs()),
        };
        Err(Failure::of_everything(match giver {
            Giver::Instance => format!(
                "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with a file \
                 ~/.aws/credentials; an instance's role is not to be had here either: {why}"
            ),
            Giver::WebIdentity => format!(
                "STS gives no credentials for the web identity of AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: {why}"
            ),
            Giver::Container => format!(
                "the container's role gives no credentials (AWS_CONTAINER_CREDENTIALS_…): {why}"
            ),
        }))
    }
}

impl Giver {
    /// In the order in which object_store looks for one.
    fn of_environment() -> Option<Self> {
        let has = |name| variable(name).is_some();
        if has("AWS_ACCESS_KEY_ID") {
            return None;
        }
        let is_web_identity = has("AWS_WEB_IDENTITY_TOKEN_FILE") && has("AWS_ROLE_ARN");
        let is_container = has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || (has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                && has("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
        Some(if is_web_identity {
            Self::WebIdentity
        } else if is_container {
            Self::Container
        } else {
            Self::Instance
        })
    }
}

/// What was answered, without what was asked: a web identity's token stands in the request's address.
fn why(error: &StoreError) -> String {
    refusal::code_and_message(error).unwrap_or_else(|| refusal::root(error))
}
