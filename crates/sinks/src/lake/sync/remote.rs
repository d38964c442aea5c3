//! A remote lake: an object store, a prefix in it, and the credentials for it.
//!
//! `s3://bucket/prefix` with credentials as the AWS tools find them: the environment, else a profile, else a web identity, a
//! container's or an instance's role. `gs://`, `az://` and `abfs://` take theirs from their usual variables. A folder, as a
//! path or `file://`, is a remote lake as well: a mounted share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectMeta, ObjectStore, RetryConfig};

use super::abilities::{Abilities, Lack};
use super::address::{Address, StoreKind, existing_folder};
use super::answers;
use super::aws::{AwsOptions, BucketOptions, Credentials, S3Access, S3Checksum};
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
    /// The same without checksums, where the other sends some.
    without_checksums: Option<Arc<dyn ObjectStore>>,
    abilities: Abilities,
    prefix: Key,
    url: String,
    /// Of S3 alone.
    credentials: Option<Arc<Credentials>>,
    /// Where it is, if it is a folder that this machine sees.
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
        let bucket = match Address::parse(address)? {
            Address::Folder(path) => return Self::folder(&path),
            Address::Bucket(bucket) => bucket,
        };
        let url = bucket.url();
        let bad = |error: object_store::Error| {
            Error::RemoteAddress(format!("`{url}` cannot be used: {error}"))
        };
        // Without the prefix: object_store would read it as a part of an address.
        let root = format!("{}://{}", bucket.scheme, bucket.name);
        let (mut credentials, mut without_checksums) = (None, None);
        let store: Arc<dyn ObjectStore> = match bucket.kind {
            StoreKind::S3 => {
                let access = aws.resolve()?;
                let signing = Arc::new(Credentials::new(&access)?);
                credentials = Some(signing.clone());
                let options = aws.bucket_options()?;
                let checksum = options.checksum;
                let plain = s3(&bucket.name, access, signing, options)?;
                match checksum {
                    S3Checksum::Off => Arc::new(plain.build().map_err(bad)?),
                    S3Checksum::Sha256 => {
                        let checked = plain.clone().with_checksum_algorithm(Checksum::SHA256);
                        without_checksums = Some(Arc::new(plain.build().map_err(bad)?) as _);
                        Arc::new(checked.build().map_err(bad)?)
                    }
                }
            }
            StoreKind::Google => Arc::new(
                GoogleCloudStorageBuilder::from_env()
                    .with_url(root)
                    .with_retry(retry())
                    .with_client_options(http_client::options()?)
                    .build()
                    .map_err(bad)?,
            ),
            StoreKind::Azure => Arc::new(
                MicrosoftAzureBuilder::from_env()
                    .with_url(root)
                    .with_retry(retry())
                    .with_client_options(http_client::options()?)
                    .build()
                    .map_err(bad)?,
            ),
        };
        Ok(Self {
            store,
            without_checksums,
            abilities: Abilities::default(),
            prefix: bucket.prefix,
            url,
            credentials,
            folder: None,
        })
    }

    /// A lake at the root of a store.
    #[cfg(test)]
    pub(super) fn of_store(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            without_checksums: None,
            abilities: Abilities::default(),
            prefix: Key::default(),
            url: "memory://lake".to_owned(),
            credentials: None,
            folder: None,
        }
    }

    fn folder(path: &Path) -> Result<Self> {
        let path = existing_folder(path)?;
        let store = LocalFileSystem::new_with_prefix(&path).map_err(|error| {
            Error::RemoteAddress(format!("cannot use the folder {}: {error}", path.display()))
        })?;
        Ok(Self {
            store: Arc::new(store),
            without_checksums: None,
            abilities: Abilities::default(),
            prefix: Key::default(),
            url: folder_url(&path),
            credentials: None,
            folder: Some(path),
        })
    }

    /// What the [`url`](Self::url) of a remote at this address is. Nothing is contacted, and no credentials are needed.
    ///
    /// # Errors
    ///
    /// If the address is none, or names a folder that is not there.
    pub fn url_of(address: &str) -> Result<String> {
        Ok(match Address::parse(address)? {
            Address::Folder(path) => folder_url(&existing_folder(&path)?),
            Address::Bucket(bucket) => bucket.url(),
        })
    }

    /// As it is named to people and in the state: without credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The store, as far as it is known by now.
    pub(super) fn store(&self) -> &dyn ObjectStore {
        match &self.without_checksums {
            Some(plain) if self.abilities.lack(Lack::Checksums) => plain.as_ref(),
            _ => self.store.as_ref(),
        }
    }

    /// The store without checksums, if requests of now send some. Asked before a request: another one may find meanwhile that they
    /// are not known.
    pub(super) fn store_without_checksums(&self) -> Option<&dyn ObjectStore> {
        let plain = self.without_checksums.as_deref()?;
        (!self.abilities.lack(Lack::Checksums)).then_some(plain)
    }

    /// What the store was found not to know.
    pub(super) fn abilities(&self) -> &Abilities {
        &self.abilities
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

    /// Whether the remote is a folder on the file system of the lake.
    pub(super) fn is_on_disk_of(&self, lake: &Path) -> bool {
        let device = |path: &Path| std::fs::metadata(path).map(|found| found.dev()).ok();
        let folder = self.folder.as_deref().and_then(device);
        folder.is_some() && folder == device(lake)
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
                let listed = self.store().list(Some(&key)).try_collect::<Vec<_>>().await;
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
                let listed = self.store().list_with_delimiter(Some(&key)).await;
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

fn folder_url(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn s3(
    bucket: &str,
    access: S3Access,
    credentials: Arc<Credentials>,
    options: BucketOptions,
) -> Result<AmazonS3Builder> {
    // The environment first, for it holds what is set by itself below.
    let mut builder = AmazonS3Builder::from_env()
        .with_client_options(http_client::options()?)
        .with_bucket_name(bucket)
        .with_retry(retry())
        .with_http_connector(answers::Connector)
        .with_credentials(credentials)
        .with_region(access.region.unwrap_or_else(|| "us-east-1".to_owned()));
    if options.requester_pays {
        builder = builder.with_request_payer(true);
    }
    let encryption = options.encryption.map(|kind| kind.as_str().to_owned());
    for (name, value) in [
        ("aws_server_side_encryption", encryption),
        ("aws_sse_kms_key_id", options.kms_key),
    ] {
        if let Some(value) = value {
            let key = name.parse::<AmazonS3ConfigKey>();
            let key = key.map_err(|error| Error::AwsConfiguration(error.to_string()))?;
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = access.endpoint {
        builder = builder
            .with_allow_http(endpoint.starts_with("http://"))
            .with_endpoint(endpoint);
    }
    Ok(builder.with_virtual_hosted_style_request(access.is_virtual_hosted))
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
