//! The lake as folders: which days, hours, tables and files there are.
//!
//! Nothing is listed that nobody asks for: days are one request, the hours of a day one each, the files of a table in an hour
//! one each. Temporary files and whatever else lies about are not seen.

use std::fmt;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use tokio::sync::OnceCell;

use crate::error::{Error, Result};
use crate::quantity::{is_day, is_hour};

/// How many listings are under way at the same time.
const LISTINGS: usize = 32;

/// The hour of a day: a partition of the lake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hour {
    /// `2026-02-03`
    pub(crate) dt: String,
    /// `15`
    pub(crate) hr: String,
}

/// The days that are looked at; both ends count.
#[derive(Debug, Clone, Default)]
pub struct Days {
    /// `2026-02-03`
    pub since: Option<String>,
    /// `2026-02-04`
    pub until: Option<String>,
}

impl Days {
    fn contain(&self, day: &str) -> bool {
        self.since.as_deref().is_none_or(|since| since <= day)
            && self.until.as_deref().is_none_or(|until| day <= until)
    }
}

/// A lake, on this machine or in a bucket.
pub(crate) struct Lake {
    /// As the user named it.
    pub(crate) name: String,
    pub(crate) store: Arc<dyn ObjectStore>,
    root: Path,
    within: Days,
    days: OnceCell<Vec<String>>,
}

impl fmt::Debug for Lake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lake")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Lake {
    /// Opens the lake at a folder or at `s3://bucket/prefix`; of the latter the credentials, the region and the endpoint are
    /// those of the `AWS_*` variables. Nothing is read yet.
    pub(crate) fn open(name: &str, within: Days) -> Result<Self> {
        let (store, root): (Arc<dyn ObjectStore>, _) = match name.strip_prefix("s3://") {
            Some(place) => in_bucket(name, place)?,
            None if name.contains("://") => {
                return Err(Error::Usage(format!(
                    "`{name}` is no lake that can be asked: expected a folder or `s3://bucket/prefix`"
                )));
            }
            None => {
                let store = LocalFileSystem::new_with_prefix(name).map_err(|error| {
                    let why = root_cause(&error);
                    Error::Usage(format!(
                        "there is no lake at {name}: {why}; `--lake` names its folder or `s3://bucket/prefix`"
                    ))
                })?;
                (Arc::new(store), Path::default())
            }
        };
        Ok(Self {
            name: name.to_owned(),
            store,
            root,
            within,
            days: OnceCell::new(),
        })
    }

    /// The days that are there and within those that are looked at, in their order.
    pub(crate) async fn days(&self) -> Result<&[String]> {
        let days = self.days.get_or_try_init(|| async {
            let mut days = self.folders(&self.root, "dt=").await?;
            days.retain(|day| is_day(day) && self.within.contain(day));
            Ok::<_, Error>(days)
        });
        Ok(days.await?)
    }

    /// The hours of these days, in their order.
    pub(crate) async fn hours(&self, days: Vec<String>) -> Result<Vec<Hour>> {
        let hours = stream::iter(days).map(|dt| async move {
            let mut hours = self.folders(&self.day(&dt), "hr=").await?;
            hours.retain(|hour| is_hour(hour));
            let hours = hours.into_iter().map(|hr| Hour { dt: dt.clone(), hr });
            Ok::<_, Error>(hours.collect::<Vec<_>>())
        });
        hours.buffered(LISTINGS).try_concat().await
    }

    /// The folders of the tables in an hour.
    pub(crate) async fn tables(&self, hour: &Hour) -> Result<Vec<String>> {
        self.folders(&self.hour(hour), "").await
    }

    /// The Parquet files of a table in each of these hours, in their order.
    pub(crate) async fn files(
        &self,
        folder: &str,
        hours: Vec<Hour>,
    ) -> Result<Vec<(Hour, ObjectMeta)>> {
        let files = stream::iter(hours).map(|hour| async move {
            let place = self.hour(&hour).join(folder);
            let listed = self.store.list_with_delimiter(Some(&place)).await;
            let mut files = listed.map_err(|error| self.failed(&error))?.objects;
            files.retain(|file| file.size > 0 && is_complete(&file.location));
            files.sort_by(|a, b| a.location.cmp(&b.location));
            let files = files.into_iter().map(|file| (hour.clone(), file));
            Ok::<_, Error>(files.collect::<Vec<_>>())
        });
        files.buffered(LISTINGS).try_concat().await
    }

    fn day(&self, dt: &str) -> Path {
        self.root.clone().join(format!("dt={dt}"))
    }

    fn hour(&self, hour: &Hour) -> Path {
        self.day(&hour.dt).join(format!("hr={}", hour.hr))
    }

    /// What stands behind `prefix` in the names of the folders here that begin with it, in byte order.
    async fn folders(&self, place: &Path, prefix: &str) -> Result<Vec<String>> {
        let place = Some(place).filter(|place| !place.as_ref().is_empty());
        let listed = self.store.list_with_delimiter(place).await;
        let folders = listed.map_err(|error| self.failed(&error))?.common_prefixes;
        let names = folders
            .iter()
            .filter_map(|folder| folder.filename()?.strip_prefix(prefix));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    fn failed(&self, error: &object_store::Error) -> Error {
        use object_store::Error as Store;
        let (name, why) = (&self.name, root_cause(error));
        // S3 says in one word of its answer what object_store sees as a status.
        let code = why
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map(|(code, _)| code);
        match (error, code) {
            (_, Some("NoSuchBucket")) => {
                Error::Usage(format!("there is no lake at {name}: no such bucket"))
            }
            (
                _,
                Some(
                    code @ ("SignatureDoesNotMatch"
                    | "InvalidAccessKeyId"
                    | "AccessDenied"
                    | "ExpiredToken"
                    | "InvalidToken"),
                ),
            ) => Error::Usage(format!("{name} refuses these credentials: {code}")),
            (Store::Unauthenticated { .. } | Store::PermissionDenied { .. }, _) => {
                Error::Usage(format!("{name} refuses these credentials: {why}"))
            }
            (Store::NotFound { .. }, _) => {
                Error::Usage(format!("there is no lake at {name}: {why}"))
            }
            _ => Error::Failed(format!("cannot list {name}: {}", code.unwrap_or(&why))),
        }
    }
}

fn in_bucket(name: &str, place: &str) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let wrong = |why: &dyn fmt::Display| Error::Usage(format!("`{name}` cannot be opened: {why}"));
    if bucket.is_empty() {
        return Err(wrong(&"expected `s3://bucket/prefix`"));
    }
    // A plain-text endpoint is only taken where somebody wrote it down.
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let endpoint = endpoint
        .iter()
        .find_map(|variable| std::env::var(variable).ok());
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    if let Some(endpoint) = endpoint {
        builder = builder
            .with_allow_http(endpoint.starts_with("http://"))
            .with_endpoint(endpoint);
    }
    let store = builder
        .build()
        .map_err(|error| wrong(&root_cause(&error)))?;
    let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|error| wrong(&error))?;
    Ok((Arc::new(store), prefix))
}

/// Files get their names when they are complete; what begins with a dot or an underscore never is, to any engine.
fn is_complete(file: &Path) -> bool {
    file.filename()
        .is_some_and(|name| name.ends_with(".parquet") && !name.starts_with(['.', '_']))
}

/// What is at the bottom of an error: of a chain of wrappers, the one that says why.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt as _;

    use super::*;

    fn lake(files: &[&str], within: Days) -> (tempfile::TempDir, Lake) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let lake = Lake::open(folder.path().to_str().unwrap(), within).unwrap();
        (folder, lake)
    }

    fn hour(dt: &str, hr: &str) -> Hour {
        Hour {
            dt: dt.to_owned(),
            hr: hr.to_owned(),
        }
    }

    #[tokio::test]
    async fn days_hours_tables_and_complete_files_are_seen_and_nothing_else() {
        let (_folder, lake) = lake(
            &[
                "dt=2026-02-03/hr=15/lane-dom/a.parquet",
                "dt=2026-02-03/hr=15/lane-dom/b%2F1.parquet",
                "dt=2026-02-03/hr=15/lane-dom/.c.parquet",
                "dt=2026-02-03/hr=15/lane-dom/d.parquet.tmp",
                "dt=2026-02-03/hr=15/intf-dom/e.parquet",
                "dt=2026-02-03/hr=99/lane-dom/f.parquet",
                "dt=2026-02-04/hr=00/lane-dom/g.parquet",
                "dt=someday/hr=00/lane-dom/h.parquet",
                "notes.txt",
            ],
            Days::default(),
        );
        assert_eq!(lake.days().await.unwrap(), ["2026-02-03", "2026-02-04"]);
        let hours = lake
            .hours(lake.days().await.unwrap().to_vec())
            .await
            .unwrap();
        assert_eq!(hours, [hour("2026-02-03", "15"), hour("2026-02-04", "00")]);
        assert_eq!(
            lake.tables(&hours[0]).await.unwrap(),
            ["intf-dom", "lane-dom"]
        );
        let files = lake.files("lane-dom", hours).await.unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|(_, file)| file.location.filename().unwrap())
            .collect();
        assert_eq!(names, ["a.parquet", "b%2F1.parquet", "g.parquet"]);
        for (_, file) in &files {
            lake.store.head(&file.location).await.unwrap();
        }
    }

    #[tokio::test]
    async fn days_outside_of_those_asked_for_are_not_there() {
        let within = Days {
            since: Some("2026-02-04".to_owned()),
            until: Some("2026-02-05".to_owned()),
        };
        let files = ["03", "04", "05", "06"]
            .map(|day| format!("dt=2026-02-{day}/hr=00/lane-dom/a.parquet"));
        let (_folder, lake) = lake(&files.each_ref().map(String::as_str), within);
        assert_eq!(lake.days().await.unwrap(), ["2026-02-04", "2026-02-05"]);
    }

    #[test]
    fn a_place_that_cannot_be_a_lake_is_refused_with_what_was_expected() {
        for (name, expected) in [
            ("/nowhere/at/all", "there is no lake at /nowhere/at/all"),
            ("gs://bucket", "expected a folder or `s3://bucket/prefix`"),
            ("s3:///x", "expected `s3://bucket/prefix`"),
        ] {
            let error = Lake::open(name, Days::default()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.exit_status(), 2);
        }
    }
}
