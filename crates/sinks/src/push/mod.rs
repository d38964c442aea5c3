//! Pushes series to a Prometheus Pushgateway: one group of series with one request, again while a failure may pass.
//!
//! ```text
//!  series ─► Body (gzip) ─► Gateway::push ─► POST or PUT {gateway}/metrics/job/{job}/instance/{instance}
//!                             │  ▲
//!                             └──┘ refused connections, timeouts, 429 and 5xx: again after a random pause, within the deadline
//! ```
//!
//! POST replaces the families that are sent and leaves the others of the group. PUT replaces the whole group. Both may be sent again:
//! the last one counts. DELETE removes a group. What a gateway holds it tells itself (`gateway_groups`). A redirect is an error, for a POST that follows one becomes a GET that stores nothing.

mod gateway_groups;
mod group;
mod reply;

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::http_client::{Address, Reply, causes, client};
use crate::{Backoff, Error, Result};

pub use gateway_groups::{GatewayGroup, GatewayGroups};
pub use group::Group;
use reply::judged;

/// The bound of every pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Series as text, compressed, to be sent once or several times.
#[derive(Debug, Clone)]
pub struct Body {
    compressed: Bytes,
    bytes: u64,
}

impl Body {
    /// Compresses what `write` writes: the text format, version 0.0.4, without timestamps.
    ///
    /// # Errors
    ///
    /// Those of `write`.
    pub fn write(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        let mut counted = Counted {
            out: GzEncoder::new(Vec::new(), Compression::fast()),
            bytes: 0,
            last: b'\n',
        };
        write(&mut counted)?;
        // The gateway refuses a text whose last line has no end.
        if counted.last != b'\n' {
            counted.write_all(b"\n")?;
        }
        Ok(Self {
            bytes: counted.bytes,
            compressed: counted.out.finish()?.into(),
        })
    }

    /// Compresses a text as it is. Only the compressed text is in memory.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub fn read(mut text: impl Read) -> io::Result<Self> {
        Self::write(|out| io::copy(&mut text, out).map(drop))
    }

    /// The length of the text, in bytes.
    pub fn text_bytes(&self) -> u64 {
        self.bytes
    }
}

/// Counts what is written and remembers the last byte.
struct Counted<W> {
    out: W,
    bytes: u64,
    last: u8,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        if let Some(last) = bytes.get(..written).and_then(<[u8]>::last) {
            self.last = *last;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What becomes of the series that the group has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Families that are not sent stay: POST.
    Add,
    /// The group has what is sent and nothing else: PUT.
    Replace,
}

/// How long and how often a push is tried.
#[derive(Debug, Clone, Copy)]
pub struct RetryLimits {
    /// The time for all attempts and pauses.
    pub deadline: Duration,
    /// Attempts in all; at least one.
    pub attempts: u32,
    /// The bound of the first pause.
    pub first_pause: Duration,
}

/// A Pushgateway.
#[derive(Debug)]
pub struct Gateway {
    /// The address without user and password: what messages show.
    base: Url,
    login: Option<(String, SecretString)>,
    client: Client,
}

/// How an attempt ended that did not succeed.
enum Failed {
    /// Another attempt may succeed; after this pause, if the gateway names one.
    Passing(String, Option<Duration>),
    /// It would fail again.
    For(Error),
}

impl Gateway {
    /// Reads the address: `http://host:9091`, `https://user:password@host/prefix`, or `host:9091`. Nothing is contacted.
    ///
    /// # Errors
    ///
    /// An address that is none of HTTP. The error does not show its user and password.
    pub fn at(address: &str) -> Result<Self> {
        let wrong = |why: &str| Error::PushAddress(format!("the address of the Pushgateway {why}"));
        let read = Address::read(address, "http://host:9091");
        let Address { url: base, login } = read.map_err(|why| wrong(&why))?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("must end before its `?` or `#`"));
        }
        let client = client()?;
        Ok(Self {
            base,
            login,
            client,
        })
    }

    /// The address as messages show it: without user and password.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Sends the series as one group. Answers with the number of attempts that it took.
    ///
    /// # Errors
    ///
    /// The gateway refuses them ([`Error::PushRefused`]), or was not reached in time ([`Error::PushUnreached`]).
    pub async fn push(
        &self,
        group: &Group,
        body: &Body,
        mode: Mode,
        limits: RetryLimits,
    ) -> Result<u32> {
        let method = match mode {
            Mode::Add => Method::POST,
            Mode::Replace => Method::PUT,
        };
        let request = || {
            self.request(method.clone(), group.url(&self.base))
                .header(CONTENT_TYPE, metrics::encode::text::CONTENT_TYPE)
                .header(CONTENT_ENCODING, "gzip")
                .body(body.compressed.clone())
        };
        self.insist(request, limits).await
    }

    /// Removes a group with all its series. One that is not there is no failure.
    ///
    /// # Errors
    ///
    /// Those of [`Gateway::push`].
    pub async fn delete(&self, group: &Group, limits: RetryLimits) -> Result<u32> {
        let request = || self.request(Method::DELETE, group.url(&self.base));
        self.insist(request, limits).await
    }

    /// Sends a request again and again while its failure may pass.
    async fn insist(
        &self,
        request: impl Fn() -> RequestBuilder + Send,
        limits: RetryLimits,
    ) -> Result<u32> {
        let until = Instant::now() + limits.deadline;
        let attempts = limits.attempts.max(1);
        let backoff = Backoff {
            first: limits.first_pause,
            longest: LONGEST_PAUSE,
        };
        let mut attempt = 1;
        loop {
            // A gateway that hangs leaves time for the attempts that follow.
            let left = until.saturating_duration_since(Instant::now());
            let within = left / (attempts - attempt + 1);
            let (why, pause) = match self.attempt(request(), within).await {
                Ok(()) => return Ok(attempt),
                Err(Failed::For(error)) => return Err(error),
                Err(Failed::Passing(why, pause)) => (why, pause),
            };
            tracing::info!(attempt, "a push failed: {why}");
            let drawn = rand::random::<f64>();
            let pause = pause.unwrap_or_else(|| backoff.pause(attempt, drawn));
            let left = until.saturating_duration_since(Instant::now());
            if attempt >= attempts || pause >= left {
                return Err(self.unreached(&why, attempt));
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    fn unreached(&self, why: &str, attempts: u32) -> Error {
        let times = if attempts == 1 { "attempt" } else { "attempts" };
        let address = self.address();
        Error::PushUnreached(format!(
            "the Pushgateway {address} has not taken the series: {why} ({attempts} {times})"
        ))
    }

    /// A request with the login.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.login {
            Some((user, password)) => request.basic_auth(user, Some(password.expose_secret())),
            None => request,
        }
    }

    async fn attempt(
        &self,
        request: RequestBuilder,
        within: Duration,
    ) -> std::result::Result<(), Failed> {
        let answered = tokio::time::timeout(within, async {
            let response = request.send().await?;
            Ok::<_, reqwest::Error>(Reply::read(response).await)
        });
        match answered.await {
            Err(_) => Err(Failed::Passing(no_answer(within), None)),
            // The URL in the error's own words may hold what is none of a log's business.
            Ok(Err(error)) => Err(Failed::Passing(causes(&error.without_url()), None)),
            Ok(Ok(reply)) => judged(&reply, self.address()),
        }
    }
}

fn no_answer(within: Duration) -> String {
    format!("no answer within {:.1} s", within.as_secs_f64())
}

#[cfg(test)]
mod tests;
