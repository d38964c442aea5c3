//! Options of the HTTP client that stores and credential services are asked with: timeouts, idle connections and certificates.

use std::path::Path;
use std::time::Duration;

use object_store::{Certificate, ClientOptions};

use crate::{Error, Result};

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that nothing is asked on is kept for the next request. Routers and balancers forget one without a word, and
/// a request that is sent on it has no answer.
const IDLE_FOR: Duration = Duration::from_secs(5);

/// How connections are made and kept, and the certificates of `AWS_CA_BUNDLE` beside the system's.
pub(super) fn options() -> Result<ClientOptions> {
    // No limit of a request's whole time: each has its own here, by what it carries, and the client's would cut a slow line.
    let mut options = ClientOptions::new()
        .with_connect_timeout(CONNECT_WITHIN)
        .with_timeout_disabled()
        .with_pool_idle_timeout(IDLE_FOR);
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let path = Path::new(&path);
        let pem = std::fs::read(path).map_err(Error::on("read AWS_CA_BUNDLE", path))?;
        let bundle = Certificate::from_pem_bundle(&pem).map_err(|error| {
            Error::AwsConfiguration(format!("AWS_CA_BUNDLE {}: {error}", path.display()))
        })?;
        for certificate in bundle {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}
