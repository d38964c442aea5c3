//! `lanewatch serve` as a child process, and what it answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::binary::{program, signal, stop};

/// Longer than any step takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A daemon on a port of its own, killed when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
    said: Arc<Mutex<String>>,
}

impl Daemon {
    /// Starts `lanewatch serve` for an inventory and waits until it listens. A pass begins each `every`.
    pub(crate) fn start(folder: &Path, inventory: &Path, every: &str, arguments: &[&str]) -> Self {
        let mut command = program(folder, &["serve", "--listen", "127.0.0.1:0"]);
        command.arg("-i").arg(inventory).args(["--every", every]);
        let child = command.args(arguments).stdin(Stdio::null());
        let child = child.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let (found, listens) = mpsc::sync_channel(1);
        let all = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let address = line
                    .rsplit_once("://")
                    .map(|(_, rest)| rest.trim_end_matches('/'));
                if let Some(address) = address {
                    found.try_send(address.to_owned()).ok();
                }
                *all.lock().unwrap() += &(line + "\n");
            }
        });
        let address = listens.recv_timeout(LIMIT);
        Self {
            child,
            address: address
                .unwrap_or_else(|_| panic!("it never listened: {}", said.lock().unwrap())),
            said,
        }
    }

    /// The status and the body of an answer.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Waits until the answer is as it should be.
    #[track_caller]
    pub(crate) fn until(&self, path: &str, is_right: impl Fn(u16, &str) -> bool) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let (status, body) = self.get(path);
            if is_right(status, &body) {
                return body;
            }
            assert!(
                Instant::now() < end,
                "{path}: {status} {body}\n{}",
                self.said()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Everything on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Sends a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Its exit status, and how long it took to end.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                return (ended.code(), began.elapsed());
            }
            assert!(began.elapsed() < LIMIT, "it does not end: {}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}
