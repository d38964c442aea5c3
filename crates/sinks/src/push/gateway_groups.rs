//! What a gateway holds, as it tells itself: groups, who pushed them, and the times of last success in them.
//!
//! `GET {gateway}/api/v1/metrics` answers with every series of every group. The answer is read as it comes, and of it stays what is asked
//! for, so that memory does not grow with the number of series.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, BufReader, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use metrics::{PUSH_INFO_FAMILY, is_recalled};
use reqwest::{Method, Response};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tokio::sync::mpsc;

use super::{Gateway, no_answer};
use crate::http_client::{Reply, causes};
use crate::{Error, Result};

/// Pieces of an answer that may wait for their reader.
const WAITING_PIECES: usize = 8;
/// As much of the text about the gateway itself is read.
const LONGEST_STATUS: usize = 1 << 20;

/// The groups of one job that have job and instance alone as their key, by instance.
#[derive(Debug, Clone, Default)]
pub struct GatewayGroups {
    /// Each group, by its instance.
    pub groups: BTreeMap<String, GatewayGroup>,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayGroup {
    /// The runner that pushed it, where its series say so.
    pub runner: Option<String>,
    /// The shard of that runner.
    pub shard: Option<String>,
    /// Its times of last success, as text for [`metrics::Exposition::recall`].
    pub times: String,
}

impl Gateway {
    /// Asks the gateway what it holds of a job.
    ///
    /// # Errors
    ///
    /// It does not answer in time, or not with a list of groups.
    pub async fn held(&self, job: &str, within: Duration) -> Result<GatewayGroups> {
        let asked = async {
            let mut response = self.ask("metrics").await?;
            let (pieces, receiver) = mpsc::channel(WAITING_PIECES);
            let job = job.to_owned();
            let reading = tokio::task::spawn_blocking(move || {
                read(BufReader::new(Pieces::new(receiver)), &job)
            });
            let mut cut = None;
            loop {
                match response.chunk().await {
                    Ok(Some(piece)) => match pieces.send(piece).await {
                        Ok(()) => {}
                        Err(_) => break, // the reader has seen enough, and says what is wrong
                    },
                    Ok(None) => break,
                    Err(error) => {
                        cut = Some(causes(&error.without_url()));
                        break;
                    }
                }
            }
            drop(pieces);
            let held = reading.await.map_err(|error| error.to_string())?;
            match (held, cut) {
                (_, Some(cut)) => Err(cut),
                (held, None) => held.map_err(|error| format!("its answer cannot be read: {error}")),
            }
        };
        self.in_time(asked, within).await
    }

    /// Whether the gateway checks each push against all that it holds, which makes pushes slower with each group. None: it does not say.
    ///
    /// # Errors
    ///
    /// It does not answer in time.
    pub async fn checks_consistency(&self, within: Duration) -> Result<Option<bool>> {
        let asked = async {
            let mut response = self.ask("status").await?;
            let mut text = Vec::new();
            while text.len() < LONGEST_STATUS {
                match response.chunk().await {
                    Ok(Some(piece)) => text.extend_from_slice(&piece),
                    Ok(None) => break,
                    Err(error) => return Err(causes(&error.without_url())),
                }
            }
            let status = serde_json::from_slice::<serde_json::Value>(&text);
            let status = status.map_err(|error| format!("its answer cannot be read: {error}"))?;
            let flag = status.pointer("/data/flags/push.disable-consistency-check");
            Ok(flag
                .and_then(|flag| flag.as_str())
                .map(|flag| flag != "true"))
        };
        self.in_time(asked, within).await
    }

    /// Asks for a page of the gateway's own; the text of a refusal is the error.
    async fn ask(&self, page: &str) -> std::result::Result<Response, String> {
        let mut url = self.base.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}/api/v1/{page}"));
        let response = self.request(Method::GET, url).send().await;
        let response = response.map_err(|error| causes(&error.without_url()))?;
        match response.status().is_success() {
            true => Ok(response),
            false => {
                let reply = Reply::read(response).await;
                let number = reply.status.as_u16();
                Err(format!("it answers {number}{}", reply.words()))
            }
        }
    }

    async fn in_time<T>(
        &self,
        asked: impl Future<Output = std::result::Result<T, String>>,
        within: Duration,
    ) -> Result<T> {
        let asked = tokio::time::timeout(within, asked).await;
        let answer = asked.unwrap_or_else(|_| Err(no_answer(within)));
        answer.map_err(|why| {
            Error::PushUnreached(format!(
                "the Pushgateway {} does not say what it holds: {why}",
                self.address()
            ))
        })
    }
}

/// The pieces of an answer as one text. Blocks until a piece comes.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Pieces {
    fn new(receiver: mpsc::Receiver<Bytes>) -> Self {
        Self {
            receiver,
            piece: Bytes::new(),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// Reads the list of groups.
fn read(text: impl Read, job: &str) -> serde_json::Result<GatewayGroups> {
    let mut held = GatewayGroups::default();
    let mut json = serde_json::Deserializer::from_reader(text);
    Answer(job, &mut held).deserialize(&mut json)?;
    json.end()?;
    Ok(held)
}

/// The whole answer: its `data` is the list.
struct Answer<'h>(&'h str, &'h mut GatewayGroups);

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer of a Pushgateway")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut answer: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = answer.next_key::<String>()? {
            match key.as_str() {
                "data" => answer.next_value_seed(List(self.0, self.1))?,
                _ => _ = answer.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// The groups, of which those of the job are kept.
struct List<'h>(&'h str, &'h mut GatewayGroups);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of groups")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut groups: A) -> std::result::Result<(), A::Error> {
        while let Some(group) = groups.next_element::<RawGroup>()? {
            if group.key.len() == 2
                && group.key.get("job").is_some_and(|job| job == self.0)
                && let Some(instance) = group.key.get("instance")
            {
                self.1.groups.insert(instance.clone(), group.held);
            }
        }
        Ok(())
    }
}

/// A group with its key.
#[derive(Default)]
struct RawGroup {
    key: BTreeMap<String, String>,
    held: GatewayGroup,
}

#[derive(Deserialize)]
struct RawFamily {
    #[serde(default)]
    metrics: Vec<RawSample>,
}

#[derive(Deserialize)]
struct RawSample {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Histograms have none.
    value: Option<String>,
}

impl<'de> Deserialize<'de> for RawGroup {
    fn deserialize<D: Deserializer<'de>>(json: D) -> std::result::Result<Self, D::Error> {
        json.deserialize_map(OneGroup)
    }
}

struct OneGroup;

impl<'de> Visitor<'de> for OneGroup {
    type Value = RawGroup;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a group")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut group: A) -> std::result::Result<RawGroup, A::Error> {
        let mut read = RawGroup::default();
        while let Some(name) = group.next_key::<String>()? {
            match name.as_str() {
                // Somebody's family may have this name: such a group is none of ours.
                "labels" => {
                    let labels = group.next_value::<serde_json::Value>()?;
                    read.key = serde_json::from_value(labels).unwrap_or_default();
                }
                PUSH_INFO_FAMILY => {
                    let family = group.next_value::<RawFamily>()?;
                    for mut sample in family.metrics {
                        read.held.runner = sample.labels.remove("runner");
                        read.held.shard = sample.labels.remove("shard");
                    }
                }
                name if is_recalled(name) => {
                    let family = group.next_value::<RawFamily>()?;
                    for sample in &family.metrics {
                        read.held.add_time(name, sample);
                    }
                }
                _ => _ = group.next_value::<IgnoredAny>()?,
            }
        }
        Ok(read)
    }
}

impl GatewayGroup {
    /// Writes a time down as the text format has it, the device first.
    fn add_time(&mut self, family: &str, sample: &RawSample) {
        let (Some(device), Some(value)) = (sample.labels.get("device"), &sample.value) else {
            return;
        };
        let escaped = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            text.replace('\n', "\\n")
        };
        let rpc = sample.labels.get("rpc");
        let rpc = rpc.map_or_else(String::new, |rpc| format!(",rpc=\"{}\"", escaped(rpc)));
        // Writing to a string does not fail.
        writeln!(
            self.times,
            "{family}{{device=\"{}\"{rpc}}} {value}",
            escaped(device)
        )
        .ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_stay_the_groups_of_the_job_with_who_pushed_them_and_their_times() {
        let time = |device: &str, value: &str| {
            format!(
                r#"{{"type":"GAUGE","metrics":[{{"labels":{{"device":"{device}","instance":"x","job":"lanewatch"}},"value":"{value}"}}]}}"#
            )
        };
        let group = |labels: &str, more: &str| {
            format!(r#"{{"labels":{labels},"last_push_successful":true{more}}}"#)
        };
        let ours = format!(
            r#","junos_up":{},"junos_last_success_timestamp_seconds":{},"lanewatch_push_info":{{"metrics":[{{"labels":{{"runner":"r","shard":"lab 1/2"}},"value":"1"}}]}}"#,
            time("a", "1"),
            time(r#"a\"b\\c\nd"#, "1.764597123e+09")
        );
        let text = format!(
            r#"{{"status":"success","data":[{},{},{},{}]}}"#,
            group(r#"{"instance":"a/b","job":"lanewatch"}"#, &ours),
            group(r#"{"instance":"a","job":"other"}"#, &ours),
            group(r#"{"instance":"a","job":"lanewatch","team":"x"}"#, &ours),
            group(r#"{"type":"GAUGE","metrics":[]}"#, ""),
        );
        let held = read(text.as_bytes(), "lanewatch").unwrap();
        let names: Vec<_> = held.groups.keys().map(String::as_str).collect();
        assert_eq!(names, ["a/b"]);
        let group = &held.groups["a/b"];
        assert_eq!(group.runner.as_deref(), Some("r"));
        assert_eq!(group.shard.as_deref(), Some("lab 1/2"));
        let times = r#"junos_last_success_timestamp_seconds{device="a\"b\\c\nd"} 1.764597123e+09"#;
        assert_eq!(group.times, format!("{times}\n"));
        assert!(
            read(&text.as_bytes()[..text.len() - 9], "lanewatch").is_err(),
            "it was cut"
        );
    }
}
