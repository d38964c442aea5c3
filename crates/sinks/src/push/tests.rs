//! Pushes to a server that answers as each test says.

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::http_client::received_request;

/// What the server does with a request.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Text(&'static str),
    /// The connection is closed without a word.
    Close,
    /// Nothing comes.
    Silence,
    /// An error whose text has no end.
    Endless,
}

/// A request: its head, and its body uncompressed.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// Answers the requests one after the other, the last answer again and again.
async fn server(answers: &'static [Answer]) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        let mut at = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answers[at.min(answers.len() - 1)];
            at += 1;
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let (head, body) = received_request(&mut stream).await;
                let mut text = String::new();
                GzDecoder::new(body.as_slice())
                    .read_to_string(&mut text)
                    .unwrap();
                seen.lock().unwrap().push((head, text));
                match answer {
                    Answer::Text(text) => {
                        stream.write_all(text.as_bytes()).await.ok();
                    }
                    Answer::Close => {}
                    Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
                    Answer::Endless => {
                        let head = "HTTP/1.1 400 Bad Request\r\n\r\n";
                        stream.write_all(head.as_bytes()).await.ok();
                        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                    }
                }
            });
        }
    });
    (address, requests)
}

const OK: Answer =
    Answer::Text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const BUSY: Answer = Answer::Text(
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy",
);

fn limits() -> RetryLimits {
    RetryLimits {
        deadline: Duration::from_secs(10),
        attempts: 3,
        first_pause: Duration::from_millis(1),
    }
}

async fn push(address: &str, mode: Mode, limits: RetryLimits) -> Result<u32> {
    let body = Body::read(&b"junos_up{device=\"a\"} 1"[..]).unwrap();
    let group = Group {
        job: "junos".to_owned(),
        instance: "a".to_owned(),
    };
    Gateway::at(address)?
        .push(&group, &body, mode, limits)
        .await
}

#[tokio::test]
async fn a_push_is_one_request_with_the_text_compressed() {
    let (address, requests) = server(&[OK]).await;
    assert_eq!(push(&address, Mode::Add, limits()).await.unwrap(), 1);
    assert_eq!(push(&address, Mode::Replace, limits()).await.unwrap(), 1);
    let requests = requests.lock().unwrap();
    let (post, put) = (&requests[0], &requests[1]);
    assert!(
        post.0
            .starts_with("POST /metrics/job/junos/instance/a HTTP/1.1"),
        "{}",
        post.0
    );
    assert!(
        put.0
            .starts_with("PUT /metrics/job/junos/instance/a HTTP/1.1"),
        "{}",
        put.0
    );
    let head = post.0.to_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    assert_eq!(
        post.1, "junos_up{device=\"a\"} 1\n",
        "the last line has an end"
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let (address, requests) = server(&[BUSY, Answer::Close, OK]).await;
    assert_eq!(push(&address, Mode::Add, limits()).await.unwrap(), 3);
    let texts: Vec<String> = requests
        .lock()
        .unwrap()
        .iter()
        .map(|(_, text)| text.clone())
        .collect();
    assert!(
        texts.len() == 3 && texts.iter().all(|text| *text == texts[0]),
        "{texts:?}"
    );
}

#[tokio::test]
async fn attempts_end_and_the_last_failure_is_told() {
    let (address, requests) = server(&[BUSY]).await;
    let error = push(&address, Mode::Add, limits()).await.unwrap_err();
    assert!(matches!(error, Error::PushUnreached(_)));
    assert_eq!(
        error.to_string(),
        format!(
            "the Pushgateway {address} has not taken the series: it answers 503: busy (3 attempts)"
        )
    );
    assert_eq!(requests.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_gateway_that_hangs_or_is_not_there_costs_no_more_than_the_deadline() {
    let (address, _) = server(&[Answer::Silence]).await;
    let limits = RetryLimits {
        deadline: Duration::from_millis(600),
        ..limits()
    };
    let began = Instant::now();
    let error = push(&address, Mode::Add, limits)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("no answer within 0."), "{error}");
    assert!(
        error.contains("attempts)"),
        "time was left for a second attempt: {error}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    let (hangs_once, _) = server(&[Answer::Silence, OK]).await;
    assert_eq!(push(&hangs_once, Mode::Add, limits).await.unwrap(), 2);
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = unused.local_addr().unwrap().to_string();
    drop(unused);
    let error = push(&address, Mode::Add, limits)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("Connection refused"), "{error}");
    assert!(
        error.contains(&format!("http://{address} has not taken")),
        "{error}"
    );
}

#[tokio::test]
async fn a_pause_that_the_gateway_asks_for_counts_and_may_be_too_long() {
    const SOON: Answer = Answer::Text(
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    const LATER: Answer = Answer::Text(
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let (address, _) = server(&[SOON, OK]).await;
    let began = Instant::now();
    assert_eq!(push(&address, Mode::Add, limits()).await.unwrap(), 2);
    assert!(began.elapsed() >= Duration::from_secs(1));
    let (address, requests) = server(&[LATER]).await;
    let began = Instant::now();
    let error = push(&address, Mode::Add, limits())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("it answers 429") && began.elapsed() < Duration::from_secs(5),
        "{error}"
    );
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again_and_the_gateways_words_are_told() {
    let refusals: [(&'static [Answer], &[&str]); 5] = [
        (
            &[Answer::Text(
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 26\r\nConnection: close\r\n\r\ntext format parsing\u{7}\nerror",
            )],
            &["refuses the series (400): text format parsing error"],
        ),
        (
            &[Answer::Text(
                "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )],
            &["does not let us in (401)", "https://user:password@host"],
        ),
        (
            &[Answer::Text(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )],
            &["takes no pushes (404)", "without `/metrics`"],
        ),
        (
            &[Answer::Text(
                "HTTP/1.1 302 Found\r\nLocation: https://other/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )],
            &["redirects (302) to https://other/; name that address"],
        ),
        (&[Answer::Endless], &["refuses the series (400): xxx", "x…"]),
    ];
    for (answers, told) in refusals {
        let (address, requests) = server(answers).await;
        let error = push(&address, Mode::Add, limits()).await.unwrap_err();
        assert!(matches!(error, Error::PushRefused(_)), "{error}");
        for words in told {
            assert!(
                error.to_string().contains(words),
                "no `{words}` in: {error}"
            );
        }
        assert!(error.to_string().len() < 700, "{error}");
        assert_eq!(requests.lock().unwrap().len(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn user_and_password_of_the_address_are_sent_and_never_shown() {
    let (address, requests) = server(&[BUSY, OK]).await;
    let with_login = address.replace("http://", "http://pusher:open%20sesame@");
    let gateway = Gateway::at(&with_login).unwrap();
    assert_eq!(gateway.address(), address);
    assert!(!format!("{gateway:?}").contains("sesame"));
    let error = push(
        &with_login,
        Mode::Add,
        RetryLimits {
            attempts: 1,
            ..limits()
        },
    )
    .await;
    let error = error.unwrap_err().to_string();
    assert!(
        !error.contains("sesame") && !error.contains("pusher"),
        "{error}"
    );
    push(&with_login, Mode::Add, limits()).await.unwrap();
    let requests = requests.lock().unwrap();
    let head = &requests[1].0;
    // The words `pusher:open sesame`.
    assert!(head.contains("Basic cHVzaGVyOm9wZW4gc2VzYW1l"), "{head}");
}

#[test]
fn an_address_that_is_none_is_told_without_its_password() {
    for (address, words) in [
        ("ftp://u:sesame@h", "must begin with `http://`"),
        ("http://u:sesame@h:port", "cannot be read"),
        ("http://u:sesame@h/?x=1", "must end before its `?`"),
        ("", "cannot be read"),
    ] {
        let error = Gateway::at(address).unwrap_err();
        assert!(matches!(error, Error::PushAddress(_)));
        let told = error.to_string();
        assert!(told.contains(words) && !told.contains("sesame"), "{told}");
    }
    assert_eq!(
        Gateway::at(" gateway:9091/ ").unwrap().address(),
        "http://gateway:9091"
    );
}

#[test]
fn a_text_is_compressed_as_it_is_and_ends_its_last_line_once() {
    for (text, expected) in [("a 1\n", "a 1\n"), ("a 1", "a 1\n"), ("", "")] {
        let body = Body::read(text.as_bytes()).unwrap();
        let mut found = String::new();
        GzDecoder::new(&*body.compressed)
            .read_to_string(&mut found)
            .unwrap();
        assert_eq!(
            (found.as_str(), body.text_bytes()),
            (expected, expected.len() as u64)
        );
    }
}
