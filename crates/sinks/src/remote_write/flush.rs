//! Sends what the spool holds, in order, until it is empty or the time is up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::receiver::{Answer, Receiver};
use super::spool::{Pending, Spool};
use crate::{Backoff, Result};

/// How long requests are tried.
#[derive(Debug, Clone, Copy)]
pub struct Flush {
    /// The time for everything.
    pub deadline: Duration,
    /// The time for one attempt.
    pub request_timeout: Duration,
    /// Pauses between the attempts of a request.
    pub backoff: Backoff,
    /// Samples that are older are given up: receivers refuse them, some for ever with an answer that asks for another attempt.
    pub max_age: Duration,
}

/// What became of the spool's requests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Samples that the receiver has taken.
    pub sent_samples: u64,
    /// Samples of refused requests, by status.
    pub refused_samples: BTreeMap<u16, u64>,
    /// The receiver's words about the first of them.
    pub first_refusal: Option<String>,
    /// Samples that were too old to be sent.
    pub expired_samples: u64,
    /// What stays in the spool.
    pub pending: Pending,
    /// Why it stays there.
    pub stopped: Option<String>,
}

/// Posts requests one after the other. `now_ms` tells the time in UTC milliseconds.
///
/// A request leaves the spool when the receiver has taken it, refuses it for good, or when it is older than the age limit.
/// Whatever else happens, it stays, and so do those behind it.
///
/// # Errors
///
/// The spool cannot be read, or its position cannot be written.
pub async fn flush(
    spool: &mut Spool,
    receiver: &Receiver,
    how: Flush,
    now_ms: impl Fn() -> i64,
) -> Result<Flushed> {
    let until = Instant::now() + how.deadline;
    let oldest = i64::try_from(how.max_age.as_millis()).unwrap_or(i64::MAX);
    let mut flushed = Flushed::default();
    'requests: while let Some(record) = spool.front()? {
        let samples = u64::from(record.samples);
        let body = Bytes::copy_from_slice(&record.body);
        let mut failures = 0;
        loop {
            if record.timestamp_ms < now_ms().saturating_sub(oldest) {
                flushed.expired_samples += samples;
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                flushed
                    .stopped
                    .get_or_insert_with(|| "the time was up".to_owned());
                break 'requests;
            }
            let answer = receiver
                .post(body.clone(), how.request_timeout.min(left))
                .await;
            match answer {
                Answer::Taken => {
                    flushed.sent_samples += samples;
                    break;
                }
                Answer::Refused(status, why) => {
                    *flushed.refused_samples.entry(status).or_default() += samples;
                    flushed.first_refusal.get_or_insert(why);
                    break;
                }
                Answer::Closed(why) => {
                    flushed.stopped = Some(why);
                    break 'requests;
                }
                Answer::Later(why, asked) => {
                    failures += 1;
                    tracing::info!(failures, "a remote-write request failed: {why}");
                    let drawn = rand::random::<f64>();
                    let pause = asked.unwrap_or_else(|| how.backoff.pause(failures, drawn));
                    if pause >= until.saturating_duration_since(Instant::now()) {
                        flushed.stopped = Some(why);
                        break 'requests;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
        spool.done(&record)?;
    }
    flushed.pending = spool.pending();
    Ok(flushed)
}

#[cfg(test)]
mod tests;
