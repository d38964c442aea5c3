//! A spool is sent to a receiver that answers as each test says.

use std::sync::{Arc, Mutex};

use metrics::encode::remote_write::Requests;
use metrics::{Exposition, Health, MetricNames};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::super::{Access, Record};
use super::*;
use crate::Error;
use crate::http_client::received_request;

const NOW_MS: i64 = 1_800_000_000_000;
const MINUTE_MS: i64 = 60_000;

/// How the receiver responds to a request: with an answer, by closing the connection, or not at all.
#[derive(Debug, Clone, Copy)]
enum Response {
    Answer(&'static str),
    Close,
    Hang,
}

const TAKEN: Response = Response::Answer("204 No Content\r\n");
const BUSY: Response = Response::Answer("503 Service Unavailable\r\nContent-Length: 0\r\n");

type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Starts a receiver that gives these responses in order and repeats the last one. Returns its address, and the head and body of each
/// request.
async fn receiver(script: &'static [Response]) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
    let requests = Seen::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        let mut at = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let response = script[at.min(script.len() - 1)];
            at += 1;
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let (head, body) = received_request(&mut stream).await;
                seen.lock().unwrap().push((head, body));
                match response {
                    Response::Answer(answer) => {
                        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
                        let head = head.trim_end();
                        let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{text}");
                        stream.write_all(answer.as_bytes()).await.ok();
                    }
                    Response::Close => {}
                    Response::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
                }
            });
        }
    });
    (address, requests)
}

fn record(number: u32, timestamp_ms: i64) -> Record {
    Record {
        body: format!("request {number}").into_bytes(),
        samples: number,
        timestamp_ms,
    }
}

/// A spool with the requests 1, 2 and 3, of now.
fn spool() -> (TempDir, Spool) {
    let folder = TempDir::new().unwrap();
    let mut spool = Spool::open(folder.path(), 1 << 20).unwrap();
    for number in 1..=3 {
        spool.append(&record(number, NOW_MS)).unwrap();
    }
    (folder, spool)
}

fn how() -> Flush {
    Flush {
        deadline: Duration::from_secs(10),
        request_timeout: Duration::from_millis(300),
        backoff: Backoff {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(5),
        },
        max_age: Duration::from_secs(50 * 60),
    }
}

async fn send(spool: &mut Spool, address: &str, how: Flush) -> Flushed {
    let to = Receiver::at(address, Access::default()).unwrap();
    flush(spool, &to, how, || NOW_MS).await.unwrap()
}

fn bodies(requests: &Seen) -> Vec<String> {
    let requests = requests.lock().unwrap();
    let bodies = requests.iter();
    bodies
        .map(|(_, body)| String::from_utf8(body.clone()).unwrap())
        .collect()
}

#[test]
fn rule_1_a_request_has_one_timestamp_a_series() {
    let mut exposition = Exposition::new(MetricNames::Documented);
    exposition.add_health(&Health {
        device: "leaf1".into(),
        is_up: true,
        ..Health::default()
    });
    let mut requests = Requests::new(NOW_MS, 2_000);
    let mut series = 0;
    for _ in 0..2 {
        exposition
            .for_each_series(|one| {
                series += 1;
                requests.add(one, &[]).map(drop)
            })
            .unwrap();
    }
    let request = requests.finish().unwrap().unwrap();
    assert_eq!(
        request.samples * 2,
        series,
        "the second samples are left out"
    );
    assert_eq!(request.timestamp_ms, NOW_MS);
}

#[tokio::test]
async fn rule_1_after_a_lost_answer_the_same_bytes_come_again() {
    let (address, requests) = receiver(&[Response::Close, Response::Hang, BUSY, TAKEN]).await;
    let (_folder, mut spool) = spool();
    let flushed = send(&mut spool, &address, how()).await;
    let first = "request 1";
    let expected = [first, first, first, first, "request 2", "request 3"];
    assert_eq!(bodies(&requests), expected);
    assert_eq!((flushed.sent_samples, flushed.stopped), (6, None));
    let requests = requests.lock().unwrap();
    let head = requests[0].0.to_lowercase();
    for header in [
        "post /api/v1/write ",
        "content-type: application/x-protobuf",
        "content-encoding: snappy",
        "x-prometheus-remote-write-version: 0.1.0",
    ] {
        assert!(head.contains(header), "no `{header}` in {head}");
    }
}

#[tokio::test]
async fn rule_1_a_later_process_goes_on_where_this_one_ended() {
    let (address, requests) = receiver(&[TAKEN, BUSY, BUSY, TAKEN]).await;
    let (folder, mut first) = spool();
    let short = Flush {
        deadline: Duration::from_millis(300),
        backoff: Backoff {
            first: Duration::from_secs(60),
            longest: Duration::from_secs(60),
        },
        ..how()
    };
    let flushed = send(&mut first, &address, short).await;
    assert_eq!((flushed.sent_samples, flushed.pending.samples), (1, 5));
    assert!(flushed.stopped.unwrap().contains("503"));
    drop(first);
    let mut second = Spool::open(folder.path(), 1 << 20).unwrap();
    let flushed = send(&mut second, &address, how()).await;
    assert_eq!((flushed.sent_samples, flushed.pending.samples), (5, 0));
    let bodies = bodies(&requests);
    assert_eq!(bodies[0], "request 1");
    assert!(bodies[1..].iter().all(|body| body != "request 1"));
}

#[tokio::test]
async fn rule_2_one_request_is_under_way_and_they_come_in_order() {
    let (address, requests) = receiver(&[TAKEN]).await;
    let (_folder, mut spool) = spool();
    send(&mut spool, &address, how()).await;
    assert_eq!(bodies(&requests), ["request 1", "request 2", "request 3"]);
}

#[tokio::test]
async fn rule_4_old_samples_are_given_up_and_counted_whatever_the_receiver_says() {
    let (address, requests) = receiver(&[TAKEN]).await;
    let folder = TempDir::new().unwrap();
    let mut spool = Spool::open(folder.path(), 1 << 20).unwrap();
    spool.append(&record(1, NOW_MS - 51 * MINUTE_MS)).unwrap();
    spool.append(&record(2, NOW_MS - 49 * MINUTE_MS)).unwrap();
    let flushed = send(&mut spool, &address, how()).await;
    assert_eq!((flushed.expired_samples, flushed.sent_samples), (1, 2));
    assert_eq!(bodies(&requests), ["request 2"]);

    // A receiver that answers 500 to what is too old for it holds nothing up once the age limit has passed.
    let (address, _) = receiver(&[BUSY]).await;
    spool.append(&record(3, NOW_MS)).unwrap();
    let to = Receiver::at(&address, Access::default()).unwrap();
    let asked = std::cell::Cell::new(0);
    let flushed = flush(&mut spool, &to, how(), || {
        asked.set(asked.get() + 1);
        NOW_MS + 20 * MINUTE_MS * asked.get()
    });
    let flushed = flushed.await.unwrap();
    assert_eq!(
        (flushed.expired_samples, flushed.pending),
        (3, Pending::default())
    );
}

#[tokio::test]
async fn rule_5_a_refused_request_is_dropped_counted_and_told_once() {
    const REFUSED: Response =
        Response::Answer("400 Bad Request\r\nContent-Length: 13\r\n\r\nout of bounds");
    const INVALID: Response = Response::Answer("422 Unprocessable\r\nContent-Length: 0\r\n");
    let (address, requests) = receiver(&[REFUSED, TAKEN, INVALID]).await;
    let (_folder, mut spool) = spool();
    let flushed = send(&mut spool, &address, how()).await;
    assert_eq!(
        requests.lock().unwrap().len(),
        3,
        "no request was sent twice"
    );
    assert_eq!(
        flushed.refused_samples,
        BTreeMap::from([(400, 1), (422, 3)])
    );
    assert_eq!(flushed.sent_samples, 2);
    assert_eq!(
        flushed.first_refusal.unwrap(),
        "it answers 400: out of bounds"
    );
    assert_eq!(flushed.pending, Pending::default());
}

#[tokio::test]
async fn rule_5_retry_after_is_obeyed() {
    const SOON: Response =
        Response::Answer("429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n");
    const LATE: Response =
        Response::Answer("429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n");
    let (address, _) = receiver(&[SOON, TAKEN]).await;
    let (_folder, mut one) = spool();
    let began = Instant::now();
    assert_eq!(send(&mut one, &address, how()).await.sent_samples, 6);
    assert!(began.elapsed() >= Duration::from_secs(1));
    let (address, requests) = receiver(&[LATE]).await;
    let (_folder, mut two) = spool();
    let flushed = send(&mut two, &address, how()).await;
    assert_eq!((flushed.sent_samples, flushed.pending.samples), (0, 6));
    assert!(flushed.stopped.unwrap().contains("429"));
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn rule_5_refused_credentials_hold_the_queue() {
    const CLOSED: Response = Response::Answer("401 Unauthorized\r\nContent-Length: 0\r\n");
    const NOT_HERE: Response = Response::Answer("404 Not Found\r\nContent-Length: 0\r\n");
    for (script, words) in [
        (&[CLOSED] as &'static [Response], "does not let us in (401)"),
        (&[NOT_HERE], "--web.enable-remote-write-receiver"),
    ] {
        let (address, requests) = receiver(script).await;
        let (_folder, mut spool) = spool();
        let flushed = send(&mut spool, &address, how()).await;
        assert_eq!(requests.lock().unwrap().len(), 1);
        assert_eq!(flushed.pending.samples, 6, "nothing is lost");
        let told = flushed.stopped.unwrap();
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_or_is_gone_costs_no_more_than_the_deadline() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}/", unused.local_addr().unwrap());
    drop(unused);
    let (hangs, _) = receiver(&[Response::Hang]).await;
    for address in [gone, hangs] {
        let (_folder, mut spool) = spool();
        let short = Flush {
            deadline: Duration::from_millis(700),
            ..how()
        };
        let began = Instant::now();
        let flushed = send(&mut spool, &address, short).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(flushed.pending.samples, 6);
        assert!(flushed.stopped.is_some());
    }
}

#[tokio::test]
async fn credentials_and_headers_are_sent_and_never_shown() {
    let (address, requests) = receiver(&[TAKEN]).await;
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "sesame-token\n").unwrap();
    let tenant = (
        "X-Scope-OrgID".to_owned(),
        SecretString::from("sesame-tenant"),
    );
    let with_token = Access {
        bearer_file: Some(token),
        headers: vec![tenant],
    };
    let with_login = address.replace("http://", "http://writer:open%20sesame@");
    let receivers = [
        Receiver::at(&address, with_token).unwrap(),
        Receiver::at(&with_login, Access::default()).unwrap(),
    ];
    for to in &receivers {
        assert!(!format!("{to:?}").contains("sesame"), "{to:?}");
        assert_eq!(to.address(), address);
        let (_folder, mut spool) = spool();
        flush(&mut spool, to, how(), || NOW_MS).await.unwrap();
    }
    let requests = requests.lock().unwrap();
    let head = &requests[0].0;
    assert!(head.contains("Bearer sesame-token"), "{head}");
    assert!(head.contains("x-scope-orgid: sesame-tenant"), "{head}");
    // The words `writer:open sesame`.
    assert!(requests[3].0.contains("Basic d3JpdGVyOm9wZW4gc2VzYW1l"));
}

#[test]
fn an_address_or_a_header_that_is_none_is_told_without_secrets() {
    let header = |name: &str, value: &str| Access {
        headers: vec![(name.to_owned(), SecretString::from(value))],
        ..Access::default()
    };
    for (address, access, words) in [
        (
            "ftp://u:sesame@h",
            Access::default(),
            "must begin with `http://`",
        ),
        (
            "http://u:sesame@h:port",
            Access::default(),
            "cannot be read",
        ),
        (
            "http://h",
            header("a b", "sesame"),
            "is no name of a header",
        ),
        (
            "http://h",
            header("a", "sesame\n"),
            "has a value that no header can have",
        ),
        (
            "http://h",
            header("Content-Type", "sesame"),
            "is set already",
        ),
    ] {
        let error = Receiver::at(address, access).unwrap_err();
        assert!(matches!(error, Error::RemoteWriteAddress(_)));
        let told = error.to_string();
        assert!(told.contains(words) && !told.contains("sesame"), "{told}");
    }
}
