//! What a gateway answers, and what it means.

use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::Failed;
use crate::Error;

/// Of an answer's text, as much is read and as much is told: it may be a page, or have no end.
const MOST_READ: usize = 4096;
const MOST_TOLD: usize = 300;

/// A gateway's answer, with the beginning of its text.
pub(super) struct Reply {
    status: StatusCode,
    retry_after: Option<Duration>,
    location: Option<String>,
    text: String,
}

impl Reply {
    /// Reads the beginning of the answer. A text that breaks off changes nothing of the status.
    pub(super) async fn read(mut response: Response) -> Self {
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

    /// The status with the beginning of the text.
    pub(super) fn words(&self) -> String {
        match self.text.as_str() {
            "" => self.status.as_u16().to_string(),
            text => format!("{}: {text}", self.status.as_u16()),
        }
    }

    /// Whether the series are there, or why not.
    pub(super) fn judged(self, address: &str) -> Result<(), Failed> {
        let Self { status, text, .. } = &self;
        if status.is_success() {
            return Ok(());
        }
        let number = status.as_u16();
        let words = match text.as_str() {
            "" => String::new(),
            text => format!(": {text}"),
        };
        let passes = matches!(number, 408 | 425 | 429) || status.is_server_error();
        if passes {
            return Err(Failed::Passing(
                format!("it answers {number}{words}"),
                self.retry_after,
            ));
        }
        let why = match number {
            300..=399 => format!(
                "the Pushgateway {address} redirects ({number}) to {}; name that address, for a push is not sent on",
                self.location
                    .as_deref()
                    .map_or_else(|| "nowhere".to_owned(), told)
            ),
            401 | 403 => format!(
                "the Pushgateway {address} does not let us in ({number}){words}; give its address as `https://user:password@host`"
            ),
            404 | 405 => format!(
                "{address} takes no pushes ({number}){words}; is it the address of a Pushgateway, without `/metrics`?"
            ),
            413 => format!(
                "the Pushgateway {address}, or a proxy before it, takes no push of this size (413){words}; push less at once, or with a lower `--metrics-detail`"
            ),
            _ => format!("the Pushgateway {address} refuses the series ({number}){words}"),
        };
        Err(Failed::For(Error::PushRefused(why)))
    }
}

/// The beginning of a text on one line, without control characters.
fn told(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST_TOLD) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
