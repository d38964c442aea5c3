//! A remote lake: a store, a prefix in it, and how to get in.
//!
//! `s3://bucket/prefix` with credentials as the AWS tools find them: the environment, else a profile, else a web identity, a
//! container's or an instance's role. `gs://`, `az://` and `abfs://` take theirs from their usual variables. A folder, as a
//! path or `file://`, is a remote lake as well: a mounted share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, ObjectStore, RetryConfig, StaticCredentialProvider,
};
use url::Url;

use super::access::Access;
use super::keys::SigningKeys;
use super::object::RemoteObject;
use super::patience::{answered, retried};
use super::refusal::{self, Failure};
use crate::{Error, Result};

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that nothing is asked on is kept for the next request. Routers and balancers forget one without a word, and
/// a request that is sent on it has no answer.
const IDLE_FOR: Duration = Duration::from_secs(5);
/// How long all pages of a listing may take: one answers for a thousand objects.
const LIST_WITHIN: Duration = Duration::from_secs(60);
/// How long the store's own client goes on trying one request; beyond it our attempts count.
const RETRY_WITHIN: Duration = Duration::from_secs(15);

/// A remote lake.
#[derive(Clone)]
pub struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    url: String,
    /// Of S3 alone.
    keys: Option<SigningKeys>,
    /// Where it is, if it is a folder of this machine.
    folder: Option<PathBuf>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Remote")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Remote {
    /// Resolves where and how. Nothing is contacted yet.
    ///
    /// # Errors
    ///
    /// [`Error::Remote`] if the address or the configuration cannot be used.
    pub fn open(address: &str, access: &Access) -> Result<Self> {
        let bad = |why: String| Error::Remote(format!("`{address}` is no remote lake: {why}"));
        let Some((scheme, _)) = address.split_once("://") else {
            return Self::folder(Path::new(address), address);
        };
        let url = Url::parse(address).map_err(|error| bad(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Remote(
                "a remote lake's address holds no credentials: use the environment or a profile"
                    .to_owned(),
            ));
        }
        let mut prefix = percent_decoded(url.path().trim_matches('/'));
        let mut keys = None;
        let store: Arc<dyn ObjectStore> = match scheme {
            "file" => {
                let path = url.to_file_path();
                let path =
                    path.map_err(|()| bad("a path on this machine was expected".to_owned()))?;
                return Self::folder(&path, address);
            }
            "s3" | "s3a" => {
                let (store, signing) = s3(&url, access)?;
                keys = Some(signing);
                Arc::new(store)
            }
            "gs" => Arc::new(
                GoogleCloudStorageBuilder::from_env()
                    .with_url(address)
                    .with_retry(retry())
                    .with_client_options(client()?)
                    .build()
                    .map_err(|error| bad(error.to_string()))?,
            ),
            "az" | "azure" | "abfs" | "abfss" | "adl" => Arc::new(
                MicrosoftAzureBuilder::from_env()
                    .with_url(address)
                    .with_retry(retry())
                    .with_client_options(client()?)
                    .build()
                    .map_err(|error| bad(error.to_string()))?,
            ),
            other => {
                return Err(bad(format!(
                    "`{other}://` is not known; `s3://bucket/prefix`, `gs://…`, `az://…` or a folder was expected"
                )));
            }
        };
        if prefix == "/" {
            prefix.clear();
        }
        Ok(Self {
            store,
            prefix: Key::parse(&prefix).map_err(|error| bad(error.to_string()))?,
            url: address.trim_end_matches('/').to_owned(),
            keys,
            folder: None,
        })
    }

    fn folder(path: &Path, address: &str) -> Result<Self> {
        let failed =
            |error: String| Error::Remote(format!("cannot use the folder {address}: {error}"));
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let path = path
            .canonicalize()
            .map_err(|error| failed(error.to_string()))?;
        let store =
            LocalFileSystem::new_with_prefix(&path).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            store: Arc::new(store),
            prefix: Key::default(),
            url: format!("file://{}", path.display()),
            keys: None,
            folder: Some(path),
        })
    }

    /// As it is named to people and in the state: without credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn store(&self) -> &dyn ObjectStore {
        self.store.as_ref()
    }

    /// A file of the lake, as people see it.
    pub(super) fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    /// Sees to it that requests can be signed, before there are any.
    pub(super) async fn get_in(&self) -> std::result::Result<(), Failure> {
        match &self.keys {
            Some(keys) => keys.ask().await,
            None => Ok(()),
        }
    }

    /// Whether the store refuses a body whose digest is not the one that was signed.
    pub(super) fn checks_digests(&self) -> bool {
        self.keys.is_some()
    }

    /// The object's own file, where the remote is a folder.
    pub(super) fn file_of(&self, path: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(path))
    }

    /// Whether an object can carry its digest.
    pub(super) fn keeps_metadata(&self) -> bool {
        self.folder.is_none()
    }

    pub(super) fn key(&self, path: &str) -> std::result::Result<Key, Failure> {
        self.key_or_error(path)
            .map_err(|error| refusal::failure("name", &self.place(path), &error))
    }

    pub(super) fn key_or_error(&self, path: &str) -> object_store::Result<Key> {
        let whole = if self.prefix.as_ref().is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.prefix)
        };
        Ok(Key::parse(whole)?)
    }

    /// What is in a folder of the remote lake, by path below its root.
    pub(super) async fn list(
        &self,
        folder: &str,
        attempts: u32,
    ) -> std::result::Result<BTreeMap<String, RemoteObject>, Failure> {
        let key = self.key(folder)?;
        retried(attempts, async || {
            let listed = answered(LIST_WITHIN, async {
                let listed = self.store.list(Some(&key)).try_collect::<Vec<_>>().await;
                listed.map_err(|error| refusal::failure("list", &self.place(folder), &error))
            })
            .await?;
            let objects = listed
                .into_iter()
                .map(|meta| (self.below_root(&meta.location), meta.into()));
            Ok(objects.collect())
        })
        .await
    }

    /// The folders right in a folder of the remote lake, by path below its root; the root is the empty path.
    pub(super) async fn folders(
        &self,
        folder: &str,
        attempts: u32,
    ) -> std::result::Result<BTreeSet<String>, Failure> {
        let key = self.key(folder)?;
        retried(attempts, async || {
            let listed = answered(LIST_WITHIN, async {
                let listed = self.store.list_with_delimiter(Some(&key)).await;
                listed.map_err(|error| refusal::failure("list", &self.place(folder), &error))
            })
            .await?;
            let folders = listed.common_prefixes.iter();
            Ok(folders.map(|folder| self.below_root(folder)).collect())
        })
        .await
    }

    fn below_root(&self, key: &Key) -> String {
        let skip = match self.prefix.as_ref() {
            "" => 0,
            prefix => prefix.len() + 1,
        };
        key.as_ref().get(skip..).unwrap_or_default().to_owned()
    }
}

fn s3(url: &Url, access: &Access) -> Result<(AmazonS3, SigningKeys)> {
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
    let bucket = bucket.ok_or_else(|| {
        Error::Remote(format!(
            "`{url}` names no bucket: `s3://bucket/prefix` was expected"
        ))
    })?;
    // First, for they hold what is set by itself below.
    let mut builder = AmazonS3Builder::from_env()
        .with_client_options(client()?)
        .with_bucket_name(bucket)
        .with_retry(retry())
        .with_checksum_algorithm(Checksum::SHA256);
    let found = access.find()?;
    let are_written = found.keys.is_some();
    if let Some(keys) = found.keys {
        // Whole, in place of what the environment has: its session token belongs to other keys.
        builder =
            builder.with_credentials(Arc::new(StaticCredentialProvider::new(AwsCredential {
                key_id: keys.access_key_id,
                secret_key: keys.secret_access_key,
                token: keys.session_token,
            })));
    }
    if let Some(endpoint) = found.metadata_endpoint {
        builder = builder.with_metadata_endpoint(endpoint);
    }
    builder = builder.with_region(found.region.unwrap_or_else(|| "us-east-1".to_owned()));
    if let Some(endpoint) = found.endpoint {
        builder = builder
            .with_allow_http(endpoint.starts_with("http://"))
            .with_endpoint(endpoint);
    }
    // Path style is what every server understands; who must have the other says so.
    let store = builder
        .with_virtual_hosted_style_request(found.is_virtual_hosted)
        .build()
        .map_err(|error| Error::Remote(format!("`{url}` cannot be used: {error}")))?;
    let keys = SigningKeys::of(store.credentials().clone(), are_written);
    Ok((store, keys))
}

fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: RETRY_WITHIN,
    }
}

/// How connections are made and kept, and the certificates of `AWS_CA_BUNDLE` beside the system's.
fn client() -> Result<ClientOptions> {
    // No limit of a request's whole time: each has its own here, by what it carries, and the client's would cut a slow line.
    let mut options = ClientOptions::new()
        .with_connect_timeout(CONNECT_WITHIN)
        .with_timeout_disabled()
        .with_pool_idle_timeout(IDLE_FOR);
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let path = Path::new(&path);
        let pem = std::fs::read(path).map_err(Error::on("read AWS_CA_BUNDLE", path))?;
        let bundle = Certificate::from_pem_bundle(&pem)
            .map_err(|error| Error::Remote(format!("AWS_CA_BUNDLE {}: {error}", path.display())))?;
        for certificate in bundle {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

fn percent_decoded(path: &str) -> String {
    crate::file_name::decode(path).unwrap_or_else(|| path.to_owned())
}
