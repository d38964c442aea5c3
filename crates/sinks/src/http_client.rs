//! What all senders over HTTP have in common: an address with its login, the client, an answer's beginning, and an error's words.

#[cfg(test)]
mod received_request;

use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::SecretString;

use crate::{Error, Result};

#[cfg(test)]
pub(crate) use received_request::received_request;

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Of an answer's text, as much is read and as much is told: it may be a page, or have no end.
const MOST_READ: usize = 4096;
const MOST_TOLD: usize = 300;

/// Where to send to, and as whom.
#[derive(Debug)]
pub(crate) struct Address {
    /// Without user and password: what messages show.
    pub(crate) url: Url,
    pub(crate) login: Option<(String, SecretString)>,
}

impl Address {
    /// Reads an address; without a scheme it is one of `http://`. The error is the end of a sentence, without user and password.
    pub(crate) fn read(address: &str, example: &str) -> std::result::Result<Self, String> {
        let address = address.trim();
        let with_scheme = match address.contains("://") {
            true => address.to_owned(),
            false => format!("http://{address}"),
        };
        let mut url = Url::parse(&with_scheme)
            .map_err(|error| format!("cannot be read: {error}; expected `{example}`"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("must begin with `http://` or `https://`".to_owned());
        }
        let user = decoded(url.username());
        let password = decoded(url.password().unwrap_or_default());
        let login = (!user.is_empty()).then(|| (user, SecretString::from(password)));
        // Of a URL with a host these cannot fail.
        let is_clean = url.set_username("").and_then(|()| url.set_password(None));
        is_clean.map_err(|()| "cannot be read".to_owned())?;
        Ok(Self { url, login })
    }
}

/// A client that follows no redirect: a POST that follows one becomes a GET that stores nothing.
pub(crate) fn client() -> Result<Client> {
    let client = Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .redirect(Policy::none())
        .build();
    client.map_err(|error| {
        Error::Defect(format!(
            "the HTTP client cannot be made: {}",
            causes(&error)
        ))
    })
}

/// An answer, with the beginning of its text.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Reply {
    /// Reads the beginning of the answer. A text that breaks off changes nothing of the status.
    pub(crate) async fn read(mut response: Response) -> Self {
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (location, seconds) = (header(LOCATION), header(RETRY_AFTER));
        let status = response.status();
        let mut bytes = Vec::new();
        while bytes.len() < MOST_READ && !status.is_success() {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                _ => break,
            }
        }
        Self {
            status,
            retry_after: seconds
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
            location,
            text: told(&String::from_utf8_lossy(&bytes)),
        }
    }

    /// Whether another attempt may succeed.
    pub(crate) fn passes(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 425 | 429) || self.status.is_server_error()
    }

    /// The answer's text behind a colon, if there is any.
    pub(crate) fn words(&self) -> String {
        match self.text.as_str() {
            "" => String::new(),
            text => format!(": {text}"),
        }
    }
}

/// The beginning of a text on one line, without control characters.
pub(crate) fn told(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST_TOLD) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A part of a URL without its escapes.
fn decoded(part: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(part);
    decoded.decode_utf8_lossy().into_owned()
}

/// An error with all that is behind it: the operating system's words are at the end.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text += &format!(": {words}");
        }
        source = cause.source();
    }
    text
}
