//! A Prometheus that a test starts.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::closed_port;

/// A Prometheus, stopped when dropped. Its data is in `data`, below its folder.
pub(super) struct Prometheus {
    child: Child,
    pub(super) address: String,
}

impl Prometheus {
    pub(super) fn start(folder: &Path, configuration: &str) -> Self {
        let config = folder.join("prometheus.yml");
        fs::write(&config, configuration).unwrap();
        let address = format!("127.0.0.1:{}", closed_port());
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .args([
                "--storage.tsdb.retention.time=3650d",
                "--log.level=error",
                &format!("--web.listen-address={address}"),
            ])
            .stdin(Stdio::null())
            .spawn()
            .expect("prometheus cannot be run");
        let prometheus = Self { child, address };
        let until = Instant::now() + Duration::from_secs(60);
        while !prometheus
            .get("/-/ready")
            .is_some_and(|(status, _)| status.contains(" 200 "))
        {
            assert!(Instant::now() < until, "Prometheus was never ready");
            thread::sleep(Duration::from_millis(50));
        }
        prometheus
    }

    pub(super) fn get(&self, path: &str) -> Option<(String, String)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some((head.lines().next()?.to_owned(), body.to_owned()))
    }

    /// What an expression gives at a UTC second, or every minute of the hour before it.
    #[track_caller]
    pub(super) fn query(&self, expr: &str, at: i64, is_range: bool) -> Vec<Value> {
        let query: String = expr.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path = match is_range {
            false => format!("/api/v1/query?query={query}&time={at}"),
            true => format!(
                "/api/v1/query_range?query={query}&start={}&end={at}&step=60",
                at - 3_600
            ),
        };
        let (_, body) = self.get(&path).expect("Prometheus does not answer");
        let answer: Value =
            serde_json::from_str(&body).unwrap_or_else(|why| panic!("{expr}: {why}: {body}"));
        assert_eq!(answer["status"], "success", "{expr}: {answer}");
        assert!(answer["warnings"].is_null(), "{expr}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
