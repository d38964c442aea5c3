//! An S3 of a dialect of its own: objects in memory, no signatures, and one oddity.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request, as far as oddities look at it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// In small letters.
    pub(crate) head: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn has(&self, header: &str) -> bool {
        self.head.contains(&format!("\r\n{header}:"))
    }

    pub(crate) fn is_listing(&self) -> bool {
        self.method == "GET" && self.path.contains("list-type=")
    }
}

/// Status, further headers and body.
pub(crate) type Answer = (u16, &'static str, String);

/// What the store answers in its own way; the rest it answers as every S3.
pub(crate) type Oddity = fn(&Request) -> Option<Answer>;

/// An error as S3 words it.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Option<Answer> {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Some((status, "", body))
}

/// The store, at work until the test ends.
#[derive(Debug)]
pub(crate) struct OddStore {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

type Objects = Arc<Mutex<BTreeMap<String, (Vec<u8>, String)>>>;

impl OddStore {
    pub(crate) fn start(oddity: Oddity) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (kept, objects) = (Arc::clone(&requests), Objects::default());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, objects) = (Arc::clone(&kept), Arc::clone(&objects));
                thread::spawn(move || serve(stream, oddity, &kept, &objects));
            }
        });
        Self { endpoint, requests }
    }

    /// How many requests were of this kind.
    pub(crate) fn count(&self, is: impl Fn(&Request) -> bool) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|request| is(request)).count()
    }
}

fn serve(mut stream: TcpStream, oddity: Oddity, kept: &Mutex<Vec<Request>>, objects: &Objects) {
    let mut bytes = Vec::new();
    while let Some(request) = next(&mut stream, &mut bytes) {
        let answer = oddity(&request).unwrap_or_else(|| usual(&request, objects));
        let is_head = request.method == "HEAD";
        kept.lock().unwrap().push(Request {
            body: Vec::new(),
            ..request
        });
        let (status, headers, body) = answer;
        let length = match headers.contains("Content-Length") {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        let body = if is_head { "" } else { &body };
        let text = format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n{body}");
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request; what comes behind it stays in `bytes`.
fn next(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request> {
    let mut buffer = vec![0; 64 * 1024];
    let mut more = |bytes: &mut Vec<u8>| match stream.read(&mut buffer) {
        Ok(length @ 1..) => {
            bytes.extend_from_slice(&buffer[..length]);
            Some(())
        }
        _ => None,
    };
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        more(bytes)?;
    };
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut words = text.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let head = text.to_lowercase();
    let length = head
        .split_once("\r\ncontent-length: ")
        .map_or(0, |(_, after)| {
            after.split("\r\n").next().unwrap().parse().unwrap()
        });
    while bytes.len() < end + length {
        more(bytes)?;
    }
    let rest = bytes.split_off(end + length);
    let body = bytes.split_off(end);
    *bytes = rest;
    Some(Request {
        method,
        path,
        head,
        body,
    })
}

fn usual(request: &Request, objects: &Objects) -> Answer {
    let mut objects = objects.lock().unwrap();
    let path = request.path.split('?').next().unwrap().to_owned();
    if request.is_listing() {
        let empty =
            "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>";
        return (200, "Content-Type: application/xml\r\n", empty.to_owned());
    }
    let found = objects.get(&path).cloned();
    match request.method.as_str() {
        "PUT" if found.is_some() && request.has("if-none-match") => {
            refusal(412, "PreconditionFailed", "it is there").unwrap()
        }
        "PUT" => {
            let meta = request.head.split("\r\n");
            let meta = meta
                .filter(|line| line.starts_with("x-amz-meta-"))
                .map(|line| format!("{line}\r\n"))
                .collect();
            objects.insert(path, (request.body.clone(), meta));
            (200, "ETag: \"1\"\r\n", String::new())
        }
        "HEAD" | "GET" => match found {
            None => refusal(404, "NoSuchKey", "no").unwrap(),
            Some((body, meta)) => {
                let is_first_byte = request.head.contains("\r\nrange: bytes=0-0");
                let fixed = "ETag: \"1\"\r\nLast-Modified: Tue, 03 Feb 2026 15:30:45 GMT\r\n";
                let (status, length) = match is_first_byte {
                    true => (
                        206,
                        format!(
                            "Content-Range: bytes 0-0/{}\r\nContent-Length: 1\r\n",
                            body.len()
                        ),
                    ),
                    false => (200, format!("Content-Length: {}\r\n", body.len())),
                };
                let headers = format!("{fixed}{meta}{length}");
                // Tests read no more than the first byte back, which is that of every Parquet file.
                (status, headers.leak(), "P".to_owned())
            }
        },
        _ => (200, "", String::new()),
    }
}
