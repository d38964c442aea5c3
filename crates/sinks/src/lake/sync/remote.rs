//! A remote lake: an object store, a prefix in it, and the credentials for it.
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
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectMeta, ObjectStore, RetryConfig};
use url::Url;

use super::aws::{AwsOptions, Credentials};
use super::deadline::answered;
use super::http_client;
use super::retry::retried;
use super::store_error::{StoreError, store_error};
use crate::{Error, Result};

/// How long all pages of a listing may take: one answers for a thousand objects.
const LIST_WITHIN: Duration = Duration::from_secs(60);
/// How long the store's own client goes on trying one request; beyond it our attempts count.
const RETRY_WITHIN: Duration = Duration::from_secs(15);

/// An object of the remote lake.
#[derive(Debug, Clone)]
pub(super) struct RemoteObject {
    /// In bytes.
    pub(super) size: u64,
    pub(super) e_tag: Option<String>,
    pub(super) version: Option<String>,
}

impl From<ObjectMeta> for RemoteObject {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            size: meta.size,
            e_tag: meta.e_tag,
            version: meta.version,
        }
    }
}

/// A remote lake.
#[derive(Clone)]
pub struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    url: String,
    /// Of S3 alone.
    credentials: Option<Arc<Credentials>>,
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
    /// [`Error::RemoteAddress`] or [`Error::AwsConfiguration`] if the address or the configuration cannot be used.
    pub fn open(address: &str, aws: &AwsOptions) -> Result<Self> {
        let bad =
            |why: String| Error::RemoteAddress(format!("`{address}` is no remote lake: {why}"));
        let Some((scheme, _)) = address.split_once("://") else {
            return Self::folder(Path::new(address), address);
        };
        let url = Url::parse(address).map_err(|error| bad(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::RemoteAddress(
                "a remote lake's address holds no credentials: use the environment or a profile"
                    .to_owned(),
            ));
        }
        let mut prefix = percent_decoded(url.path().trim_matches('/'));
        let mut credentials = None;
        let store: Arc<dyn ObjectStore> = match scheme {
            "file" => {
                let path = url.to_file_path();
                let path =
                    path.map_err(|()| bad("a path on this machine was expected".to_owned()))?;
                return Self::folder(&path, address);
            }
            "s3" | "s3a" => {
                let (store, signing) = s3(&url, aws)?;
                credentials = Some(signing);
                Arc::new(store)
            }
            "gs" => Arc::new(
                GoogleCloudStorageBuilder::from_env()
                    .with_url(address)
                    .with_retry(retry())
                    .with_client_options(http_client::options()?)
                    .build()
                    .map_err(|error| bad(error.to_string()))?,
            ),
            "az" | "azure" | "abfs" | "abfss" | "adl" => Arc::new(
                MicrosoftAzureBuilder::from_env()
                    .with_url(address)
                    .with_retry(retry())
                    .with_client_options(http_client::options()?)
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
            credentials,
            folder: None,
        })
    }

    /// A lake at the root of a store.
    #[cfg(test)]
    pub(super) fn of_store(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            prefix: Key::default(),
            url: "memory://lake".to_owned(),
            credentials: None,
            folder: None,
        }
    }

    fn folder(path: &Path, address: &str) -> Result<Self> {
        let failed = |error: String| {
            Error::RemoteAddress(format!("cannot use the folder {address}: {error}"))
        };
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
            credentials: None,
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

    /// Makes sure that requests can be signed, before there are any.
    pub(super) async fn authenticate(&self) -> std::result::Result<(), StoreError> {
        match &self.credentials {
            Some(credentials) => credentials.ask().await,
            None => Ok(()),
        }
    }

    /// Whether the store refuses a body whose digest is not the one that was signed.
    pub(super) fn checks_digests(&self) -> bool {
        self.credentials.is_some()
    }

    /// The object's own file, where the remote is a folder.
    pub(super) fn file_of(&self, path: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(path))
    }

    /// Whether an object can carry its digest.
    pub(super) fn keeps_metadata(&self) -> bool {
        self.folder.is_none()
    }

    pub(super) fn key(&self, path: &str) -> std::result::Result<Key, StoreError> {
        self.key_or_error(path)
            .map_err(|error| store_error("name", &self.place(path), &error))
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
    ) -> std::result::Result<BTreeMap<String, RemoteObject>, StoreError> {
        let key = self.key(folder)?;
        retried(attempts, async || {
            let listed = answered(LIST_WITHIN, async {
                let listed = self.store.list(Some(&key)).try_collect::<Vec<_>>().await;
                listed.map_err(|error| store_error("list", &self.place(folder), &error))
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
    ) -> std::result::Result<BTreeSet<String>, StoreError> {
        let key = self.key(folder)?;
        retried(attempts, async || {
            let listed = answered(LIST_WITHIN, async {
                let listed = self.store.list_with_delimiter(Some(&key)).await;
                listed.map_err(|error| store_error("list", &self.place(folder), &error))
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

fn s3(url: &Url, aws: &AwsOptions) -> Result<(AmazonS3, Arc<Credentials>)> {
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
    let bucket = bucket.ok_or_else(|| {
        Error::RemoteAddress(format!(
            "`{url}` names no bucket: `s3://bucket/prefix` was expected"
        ))
    })?;
    let found = aws.resolve()?;
    let credentials = Arc::new(Credentials::new(&found)?);
    // The environment first, for it holds what is set by itself below.
    let mut builder = AmazonS3Builder::from_env()
        .with_client_options(http_client::options()?)
        .with_bucket_name(bucket)
        .with_retry(retry())
        .with_checksum_algorithm(Checksum::SHA256)
        .with_credentials(credentials.clone())
        .with_region(found.region.unwrap_or_else(|| "us-east-1".to_owned()));
    if let Some(endpoint) = found.endpoint {
        builder = builder
            .with_allow_http(endpoint.starts_with("http://"))
            .with_endpoint(endpoint);
    }
    let store = builder
        .with_virtual_hosted_style_request(found.is_virtual_hosted)
        .build()
        .map_err(|error| Error::RemoteAddress(format!("`{url}` cannot be used: {error}")))?;
    Ok((store, credentials))
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

fn percent_decoded(path: &str) -> String {
    crate::file_name::decode(path).unwrap_or_else(|| path.to_owned())
}
