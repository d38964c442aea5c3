//! Files, requests and programs for `reqsign`: object_store's HTTP client, and a shell that is ended when nobody waits for it.
//!
//! `reqsign` drops the cause of some errors, so each failure is kept here as a sentence. What a request carried as a secret is taken
//! out of it.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use object_store::client::{HttpClient, HttpErrorKind, HttpRequest};
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::{
    CommandExecute, CommandOutput, Context, Error as SignError, FileRead, HttpSend,
    Result as SignResult, SignRequest,
};
use tokio::io::AsyncReadExt as _;

use super::super::store_error::innermost;
use super::super::store_words::code_and_message;
use super::environment::Environment;

/// Bytes of an answer or of a program's output that are read. Credentials are a few hundred.
const MOST_BYTES: u64 = 256 * 1024;
/// Characters of a server's sentence that are repeated.
const MOST_CHARACTERS: usize = 300;
/// Headers whose values are never repeated.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "x-amz-security-token",
    "x-amz-sso_bearer_token",
    "x-aws-ec2-metadata-token",
];
/// Parameters of a request to STS whose values are never repeated.
const SECRET_PARAMETERS: &[&str] = &["WebIdentityToken"];

/// Why no credentials came.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) text: String,
    /// Whether another attempt may go better.
    pub(super) is_passing: bool,
}

/// What one fetch of credentials uses.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    client: HttpClient,
    environment: Environment,
    sts_endpoint: Option<String>,
    command: Option<String>,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

impl Transport {
    pub(super) fn new(client: HttpClient, environment: Environment) -> Self {
        Self {
            client,
            environment,
            sts_endpoint: None,
            command: None,
            trouble: Arc::default(),
        }
    }

    /// Requests to STS go to this address.
    pub(super) fn with_sts_endpoint(mut self, endpoint: Option<&str>) -> Self {
        self.sts_endpoint = endpoint.map(str::to_owned);
        self
    }

    /// The command line that is run, whatever `reqsign` makes of its words: it knows no quotes.
    pub(super) fn with_command(mut self, command: &str) -> Self {
        self.command = Some(command.to_owned());
        self
    }

    pub(super) fn context(&self) -> Context {
        Context::new()
            .with_env(self.environment.clone())
            .with_file_read(self.clone())
            .with_http_send(self.clone())
            .with_command_execute(self.clone())
    }

    /// What went wrong last.
    pub(super) fn take_trouble(&self) -> Option<Trouble> {
        let mut kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take()
    }

    fn fail<T>(&self, text: String, is_passing: bool) -> SignResult<T> {
        let error = SignError::unexpected(text.clone()).set_retryable(is_passing);
        let mut kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Trouble { text, is_passing });
        Err(error)
    }
}

impl FileRead for Transport {
    async fn file_read(&self, path: &str) -> SignResult<Vec<u8>> {
        let owned = path.to_owned();
        let read = tokio::task::spawn_blocking(move || std::fs::read(owned)).await;
        match read.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(bytes) => Ok(bytes),
            Err(error) => self.fail(format!("cannot read {path}: {error}"), false),
        }
    }
}

impl HttpSend for Transport {
    async fn http_send(&self, request: Request<Bytes>) -> SignResult<Response<Bytes>> {
        let secrets = secrets_of(&request);
        let (mut parts, body) = request.into_parts();
        // What is signed has the address already.
        if let Some(endpoint) = &self.sts_endpoint
            && is_of_amazon(&parts.uri)
        {
            parts.uri = at(endpoint, &parts.uri)?;
        }
        let request = HttpRequest::from_parts(parts, body.into());
        let answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(error) => {
                let is_passing = !matches!(error.kind(), HttpErrorKind::Decode);
                return self.fail(innermost(&error), is_passing);
            }
        };
        let (parts, body) = answer.into_parts();
        let body = match body.bytes().await {
            Ok(body) => body,
            Err(error) => return self.fail(innermost(&error), true),
        };
        if !parts.status.is_success() {
            let text = String::from_utf8_lossy(&body);
            let said = code_and_message(&text)
                .unwrap_or_else(|| format!("the answer is {}", parts.status));
            let is_passing = parts.status.is_server_error() || parts.status.as_u16() == 429;
            return self.fail(without(&said, &secrets), is_passing);
        }
        Ok(Response::from_parts(parts, body))
    }
}

impl CommandExecute for Transport {
    async fn command_execute<'a>(
        &'a self,
        _program: &'a str,
        _arguments: &'a [&'a str],
    ) -> SignResult<CommandOutput> {
        let command = self.command.as_deref().unwrap_or_default();
        let spawned = tokio::process::Command::new("/bin/sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return self.fail(format!("cannot be run: {error}"), false),
        };
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout.take()
            && let Err(error) = stdout.take(MOST_BYTES).read_to_end(&mut printed).await
        {
            return self.fail(format!("cannot be heard: {error}"), false);
        }
        match child.wait().await {
            Ok(status) if status.success() => Ok(CommandOutput {
                status: 0,
                stdout: printed,
                stderr: Vec::new(),
            }),
            Ok(status) => self.fail(format!("ended with {status}"), false),
            Err(error) => self.fail(format!("cannot be waited for: {error}"), false),
        }
    }
}

/// Signs requests for an STS at another address: the signature holds the address, so it is set before.
#[derive(Debug)]
pub(super) struct StsSigner {
    pub(super) signer: RequestSigner,
    pub(super) endpoint: Option<String>,
}

impl SignRequest for StsSigner {
    type Credential = Credential;

    async fn sign_request(
        &self,
        context: &Context,
        request: &mut http::request::Parts,
        credential: Option<&Credential>,
        expires_in: Option<Duration>,
    ) -> SignResult<()> {
        if let Some(endpoint) = &self.endpoint {
            request.uri = at(endpoint, &request.uri)?;
        }
        self.signer
            .sign_request(context, request, credential, expires_in)
            .await
    }
}

/// The same request at another address.
fn at(endpoint: &str, uri: &Uri) -> SignResult<Uri> {
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    let whole = format!("{}{rest}", endpoint.trim_end_matches('/'));
    whole
        .parse()
        .map_err(|_| SignError::config_invalid("the address of STS is not valid"))
}

fn is_of_amazon(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| host.starts_with("sts."))
}

fn secrets_of(request: &Request<Bytes>) -> Vec<String> {
    let headers = SECRET_HEADERS.iter();
    let headers = headers.filter_map(|name| request.headers().get(*name)?.to_str().ok());
    let parameters = url::form_urlencoded::parse(request.body());
    let parameters = parameters
        .filter(|(name, _)| SECRET_PARAMETERS.contains(&name.as_ref()))
        .map(|(_, value)| value.into_owned());
    let secrets = headers.map(str::to_owned).chain(parameters);
    secrets.filter(|secret| !secret.is_empty()).collect()
}

/// The first line of a server's sentence, without secrets.
fn without(said: &str, secrets: &[String]) -> String {
    let said = said.lines().next().unwrap_or_default();
    let mut said = said.to_owned();
    for secret in secrets {
        said = said.replace(secret, "(withheld)");
    }
    said.chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_server_repeats_is_withheld() {
        let request = Request::builder()
            .uri("https://sts.us-east-1.amazonaws.com/")
            .header("Authorization", "pod-token")
            .body(Bytes::from_static(b"Action=X&WebIdentityToken=a%2Fb"))
            .unwrap();
        let secrets = secrets_of(&request);
        let said = without("no a/b, no pod-token\nand more", &secrets);
        assert_eq!(said, "no (withheld), no (withheld)");
    }

    #[test]
    fn a_request_to_sts_keeps_its_path_at_another_address() {
        let uri: Uri = "https://sts.us-east-1.amazonaws.com/?Action=X"
            .parse()
            .unwrap();
        assert!(is_of_amazon(&uri));
        let moved = at("https://sts.example:8443/", &uri).unwrap();
        assert_eq!(moved, "https://sts.example:8443/?Action=X");
        assert!(at("no address", &uri).is_err());
    }
}
