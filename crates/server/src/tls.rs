//! Makes what TLS needs of the web configuration.

use std::path::Path;
use std::sync::Arc;

use inventory::Problem;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, version};

use crate::web_config::{Pem, TlsConfig, TlsVersion};

/// Reads certificates and key. Blocks.
///
/// # Errors
///
/// A file that cannot be read, or that is not what it should be. The error never quotes a key.
pub(crate) fn server_config(tls: &TlsConfig) -> Result<Arc<ServerConfig>, Problem> {
    let versions = [
        (TlsVersion::V12, &version::TLS12),
        (TlsVersion::V13, &version::TLS13),
    ];
    let versions: Vec<_> = versions
        .into_iter()
        .filter(|(version, _)| (tls.oldest..=tls.newest).contains(version))
        .map(|(_, version)| version)
        .collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| Problem::new(format!("TLS cannot be set up: {error}")))?;
    let builder = match &tls.clients {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(authorities, "client_ca")? {
                let added = roots.add(certificate);
                added.map_err(|error| unusable(authorities, "client_ca", &error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = verifier.build();
            builder.with_client_cert_verifier(
                verifier.map_err(|error| unusable(authorities, "client_ca", &error.to_string()))?,
            )
        }
    };
    let chain = certificates(&tls.certificate, "cert")?;
    let text = read(&tls.key, "key")?;
    let key = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| unusable(&tls.key, "key", "no private key in PEM is in it"))?;
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| unusable(&tls.certificate, "cert", &error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let text = read(pem, what)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(unusable(pem, what, "no certificate in PEM is in it")),
        Err(error) => Err(unusable(pem, what, &error.to_string())),
    }
}

fn read(pem: &Pem, what: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, Problem> {
    match pem {
        Pem::Inline(text) => Ok(zeroize::Zeroizing::new(text.as_bytes().to_vec())),
        Pem::File(path) => read_file(path)
            .map(zeroize::Zeroizing::new)
            .map_err(|error| unusable(pem, what, &error.to_string())),
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}

fn unusable(pem: &Pem, what: &str, why: &str) -> Problem {
    Problem::new(match pem {
        Pem::File(path) => format!("{} (`{what}_file`): {why}", path.display()),
        Pem::Inline(_) => format!("`{what}` of the web configuration: {why}"),
    })
}
