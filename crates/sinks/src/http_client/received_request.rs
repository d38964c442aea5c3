//! Reads a request as a server does, for the servers of tests.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// The head and the body of a request that says how long it is.
pub(crate) async fn received_request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut received = Vec::new();
    let end = loop {
        let found = received.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = found {
            break end;
        }
        stream.read_buf(&mut received).await.unwrap();
    };
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1).unwrap();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    while received.len() < end + 4 + length {
        stream.read_buf(&mut received).await.unwrap();
    }
    (head, received[end + 4..].to_vec())
}
