//! A receiver of remote write: its address, what lets us in, and what its answers mean.

use std::path::PathBuf;
use std::time::Duration;

use metrics::encode::remote_write::HEADERS;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::http_client::{Address, Reply, causes, client};
use crate::{Error, Result};

/// What is sent beside the requests.
#[derive(Debug, Default)]
pub struct Access {
    /// A file with a bearer token. It is read for each request, so that it may be renewed.
    pub bearer_file: Option<PathBuf>,
    /// More headers, such as `X-Scope-OrgID` for a tenant. Their values are not shown.
    pub headers: Vec<(String, SecretString)>,
}

/// A receiver of remote write 1.0.
#[derive(Debug)]
pub struct Receiver {
    address: Address,
    bearer_file: Option<PathBuf>,
    headers: HeaderMap,
    client: Client,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken,
    /// It would be refused again: the status, and the receiver's words.
    Refused(u16, String),
    /// The receiver takes nothing from us: each request would end so.
    Closed(String),
    /// Another attempt may succeed; after this pause, if the receiver names one.
    Later(String, Option<Duration>),
}

impl Receiver {
    /// Reads the address: `http://host:9090/api/v1/write`, `https://user:password@host/api/v1/push`. Nothing is contacted.
    ///
    /// # Errors
    ///
    /// An address that is none of HTTP, or a header that cannot be sent. The error shows no secret.
    pub fn at(address: &str, access: Access) -> Result<Self> {
        let wrong = |why: &str| {
            Error::RemoteWriteAddress(format!("the address of the remote-write receiver {why}"))
        };
        let example = "http://host:9090/api/v1/write";
        let address = Address::read(address, example).map_err(|why| wrong(&why))?;
        if address.url.fragment().is_some() {
            return Err(wrong("must end before its `#`"));
        }
        if address.login.is_some() && access.bearer_file.is_some() {
            return Err(wrong(
                "has a user, and there is a bearer token as well: give one of them",
            ));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in &access.headers {
            let unusable = |why: &str| {
                let name: String = name.escape_default().collect();
                Error::RemoteWriteAddress(format!("the header `{name}` of remote write {why}"))
            };
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| unusable("is no name of a header"))?;
            if headers.contains_key(&name) || name == "authorization" {
                return Err(unusable("is set already, or by other means"));
            }
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| unusable("has a value that no header can have"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Self {
            address,
            bearer_file: access.bearer_file,
            headers,
            client: client()?,
        })
    }

    /// The address as messages show it: without user, password and query.
    pub fn address(&self) -> String {
        let mut url: Url = self.address.url.clone();
        url.set_query(None);
        url.into()
    }

    /// Sends a request once.
    pub(super) async fn post(&self, body: bytes::Bytes, within: Duration) -> Answer {
        let mut request = self
            .client
            .post(self.address.url.clone())
            .headers(self.headers.clone())
            .body(body);
        if let Some((user, password)) = &self.address.login {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        if let Some(file) = &self.bearer_file {
            match tokio::fs::read_to_string(file).await {
                Ok(token) => {
                    let token = SecretString::from(token);
                    request = request.bearer_auth(token.expose_secret().trim());
                }
                Err(error) => {
                    let file = file.display();
                    return Answer::Closed(format!("cannot read the bearer token {file}: {error}"));
                }
            }
        }
        let answered = tokio::time::timeout(within, async {
            let response = request.send().await?;
            Ok::<_, reqwest::Error>(Reply::read(response).await)
        });
        match answered.await {
            Err(_) => Answer::Later(
                format!("no answer within {:.1} s", within.as_secs_f64()),
                None,
            ),
            Ok(Err(error)) if error.is_builder() => Answer::Closed(causes(&error.without_url())),
            Ok(Err(error)) => Answer::Later(causes(&error.without_url()), None),
            Ok(Ok(reply)) => judged(&reply),
        }
    }
}

fn judged(reply: &Reply) -> Answer {
    let (number, words) = (reply.status.as_u16(), reply.words());
    if reply.status.is_success() {
        return Answer::Taken;
    }
    if reply.passes() {
        return Answer::Later(format!("it answers {number}{words}"), reply.retry_after);
    }
    match number {
        300..=399 => Answer::Closed(format!(
            "it redirects ({number}) to {}; name that address",
            reply.location.as_deref().unwrap_or("nowhere")
        )),
        401 | 403 => Answer::Closed(format!("it does not let us in ({number}){words}")),
        404 | 405 => Answer::Closed(format!(
            "it takes no remote write there ({number}){words}; Prometheus takes it at /api/v1/write, \
             with --web.enable-remote-write-receiver"
        )),
        _ => Answer::Refused(number, format!("it answers {number}{words}")),
    }
}
