//! Connections over real sockets: plain, encrypted, with client certificates, too large, and stopped.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::*;
use crate::routes::tests::Served;

fn certificate(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
    folder.join(name)
}

struct Endpoint {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    config: tempfile::NamedTempFile,
}

impl Endpoint {
    async fn start(config: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config).unwrap();
        let path = Some(file.path().to_owned());
        let files = WebFiles::read(path, None, Arc::new(|_| {})).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Arc::new(Served::new().routes);
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, routes, Arc::new(files), stopped));
        Self {
            address,
            stop,
            serving,
            config: file,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, more: &str) -> io::Result<String> {
    let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    // A peer that closes without saying so is told by what is missing.
    stream.read_to_string(&mut text).await?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn tls(clients: bool) -> String {
    let file = |name| certificate(name).display().to_string();
    let clients = match clients {
        true => format!(
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {}\n",
            file("ca.pem")
        ),
        false => String::new(),
    };
    format!(
        "tls_server_config:\n  cert_file: {}\n  key_file: {}\n{clients}",
        file("server.pem"),
        file("server.key")
    )
}

/// A client that trusts the authority, with a certificate of its own or without.
async fn ask_encrypted(endpoint: &Endpoint, has_certificate: bool) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    let read = |name: &str| CertificateDer::from_pem_file(certificate(name)).unwrap();
    roots.add(read("ca.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match has_certificate {
        true => {
            let key = PrivateKeyDer::from_pem_file(certificate("client.key")).unwrap();
            let chain = vec![read("client.pem")];
            config.with_client_auth_cert(chain, key).unwrap()
        }
        false => config.with_no_client_auth(),
    };
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, endpoint.connect().await).await?;
    ask(stream, "").await
}

const OK: &str = "HTTP/1.1 200 OK";

#[tokio::test]
async fn what_the_file_says_counts_from_the_next_connection_on() {
    let endpoint = Endpoint::start("").await;
    assert_eq!(ask(endpoint.connect().await, "").await.unwrap(), OK);
    std::fs::write(endpoint.config.path(), tls(false)).unwrap();
    assert_eq!(ask_encrypted(&endpoint, false).await.unwrap(), OK);
    let plain = ask(endpoint.connect().await, "").await;
    assert_ne!(plain.ok().as_deref(), Some(OK));
    std::fs::write(endpoint.config.path(), tls(true)).unwrap();
    assert_eq!(ask_encrypted(&endpoint, true).await.unwrap(), OK);
    let without = ask_encrypted(&endpoint, false).await;
    assert_ne!(without.ok().as_deref(), Some(OK));
}

#[tokio::test]
async fn headers_that_are_too_many_or_too_large_are_refused() {
    let endpoint = Endpoint::start("").await;
    let large = format!("X-Large: {}\r\n", "x".repeat(2 * MOST_HEADER_BYTES));
    let many = "X-Many: x\r\n".repeat(2 * MOST_HEADERS);
    for more in [large, many] {
        let status = ask(endpoint.connect().await, &more).await;
        let refused = "HTTP/1.1 431 Request Header Fields Too Large";
        // The rest of what was sent may reset the connection before the answer is read.
        assert!(
            status.as_ref().map_or(true, |status| status == refused),
            "{status:?}"
        );
    }
    assert_eq!(ask(endpoint.connect().await, "").await.unwrap(), OK);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off_and_holds_up_no_stop() {
    let endpoint = Endpoint::start("").await;
    let silent = endpoint.connect().await;
    assert_eq!(ask(endpoint.connect().await, "").await.unwrap(), OK);
    endpoint.stop.send_replace(true);
    let ended = tokio::time::timeout(END_WITHIN * 3, endpoint.serving).await;
    ended.expect("it does not end").unwrap();
    drop(silent);
    assert!(TcpStream::connect(endpoint.address).await.is_err());
}
