//! Runs a proxy command and uses its standard input and output as the transport, as OpenSSH's `ProxyCommand` does.
//!
//! The command runs as `/bin/sh -c "exec …"`, so that the process that is killed in the end is the command itself. Its error
//! output is read along with its output, and explains why there is none. Host and user come from an inventory and are put into a
//! shell's command line, so names with characters that a shell interprets are refused, as in OpenSSH.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::disconnect_reason::DisconnectReason;
use super::endpoint::Endpoint;

/// A running proxy command. It is killed on drop.
#[derive(Debug)]
pub(super) struct ProxyCommand {
    /// Killed and reaped when it is dropped.
    _child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    disconnect_reason: DisconnectReason,
}

impl ProxyCommand {
    /// Starts it. Errors name the command.
    pub(super) fn start(
        command: &str,
        endpoint: &Endpoint,
        user: &str,
        disconnect_reason: DisconnectReason,
    ) -> io::Result<Self> {
        let line = expand(command, endpoint, user)?;
        let failed = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("the proxy command cannot be run: {error}"),
            )
        };
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec {line}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (input, errors) = (child.stdin.take(), child.stderr.take());
        let output = child.stdout.take();
        let output = output.ok_or_else(|| failed(io::Error::other("it has no output")))?;
        Ok(Self {
            _child: child,
            input,
            output,
            errors,
            disconnect_reason,
        })
    }

    /// Reads the available error output, without waiting.
    fn poll_errors(&mut self, cx: &mut Context<'_>) {
        let mut space = [0; 1024];
        while let Some(errors) = &mut self.errors {
            let mut words = ReadBuf::new(&mut space);
            match Pin::new(errors).poll_read(cx, &mut words) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !words.filled().is_empty() => {
                    self.disconnect_reason
                        .set_by_peer(&String::from_utf8_lossy(words.filled()));
                }
                Poll::Ready(_) => self.errors = None,
            }
        }
    }
}

/// Substitutes the endpoint in the command.
fn expand(command: &str, endpoint: &Endpoint, user: &str) -> io::Result<String> {
    let refused = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    for name in [endpoint.host.as_str(), user] {
        let is_plain = |c: char| c.is_alphanumeric() || "._-:@%+".contains(c);
        if name.starts_with('-') || !name.chars().all(is_plain) {
            return refused(format!(
                "\"{}\" cannot be put into a proxy command: only letters, digits and ._-:@%+ can",
                name.escape_debug()
            ));
        }
    }
    let mut line = String::new();
    let mut rest = command.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            line.push(character);
            continue;
        }
        match rest.next() {
            Some('h' | 'n') => line.push_str(&endpoint.host),
            Some('p') => line.push_str(&endpoint.port.to_string()),
            Some('r') => line.push_str(user),
            Some('%') => line.push('%'),
            other => {
                let token: String = ['%'].into_iter().chain(other).collect();
                return refused(format!(
                    "the proxy command holds {token}: %h, %p, %r, %n and %% are known"
                ));
            }
        }
    }
    Ok(line)
}

impl AsyncRead for ProxyCommand {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_errors(cx);
        let before = buf.filled().len();
        let result = Pin::new(&mut this.output).poll_read(cx, buf);
        if result.is_ready() && buf.filled().len() == before {
            // At the end of the output, the error output gives the reason.
            this.poll_errors(cx);
        }
        result
    }
}

/// The error for a write after the input was closed.
fn ended() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the proxy command's input is closed",
    )
}

impl AsyncWrite for ProxyCommand {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_write(cx, buf),
            None => Poll::Ready(Err(ended())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The command sees the end of its input when the pipe is closed.
        self.get_mut().input = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn endpoint(host: &str) -> Endpoint {
        Endpoint {
            host: host.to_owned(),
            port: 830,
        }
    }

    #[test]
    fn tokens_stand_for_the_endpoint_and_nothing_else_gets_in() {
        let command = "nc -X %% %h %p # %r %n";
        let line = expand(command, &endpoint("r1"), "lab").unwrap();
        assert_eq!(line, "nc -X % r1 830 # lab r1");
        for host in [
            "r1;reboot",
            "$(id)",
            "-oProxyCommand=x",
            "a b",
            "`x`",
            "r1\n",
        ] {
            let error = expand(command, &endpoint(host), "lab").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{host}");
        }
        assert!(expand(command, &endpoint("2001:db8::1"), "lab").is_ok());
        let error = expand("nc %C", &endpoint("r1"), "lab").unwrap_err();
        assert!(error.to_string().contains("holds %C"), "{error}");
    }

    #[tokio::test]
    async fn a_command_is_a_stream_and_its_complaint_is_kept() {
        let words = DisconnectReason::default();
        let mut cat = ProxyCommand::start("cat", &endpoint("r1"), "lab", words.clone()).unwrap();
        cat.write_all(b"hello").await.unwrap();
        cat.shutdown().await.unwrap();
        let mut text = String::new();
        cat.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
        assert_eq!(words.get(), None);

        let command = "sh -c 'echo no route >&2'";
        let mut broken =
            ProxyCommand::start(command, &endpoint("r1"), "lab", words.clone()).unwrap();
        broken.read_to_string(&mut text).await.unwrap();
        assert_eq!(words.get().as_deref(), Some("no route"));
    }
}
