//! Lists the objects of the remote lake that files of this disk would meet, when no state says what is there.
//!
//! From the root down: a day that the remote does not have is not looked into, nor an hour or a device of a day. The first sync
//! of a lake costs one request, and one whose state is lost one for each day and each partition that are in both.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, Stream, StreamExt as _};

use super::abilities::Lack;
use super::remote::{Remote, RemoteObject};
use super::store_error::{StoreError, StoreErrorKind};
use crate::lake::LocalFile;

/// Days that are listed at once, and partitions of each.
const DAYS: usize = 2;
const PARTITIONS: usize = 4;

/// A file of this disk and what the remote has under its name.
pub(super) type Listed = (LocalFile, Result<Option<RemoteObject>, StoreError>);

/// Lists what the remote has of these files, which come in the order of their partitions. Without `lists` nothing is listed: with a
/// state, what is not in it is not there, or is found when the upload is refused.
pub(super) async fn list(
    remote: &Remote,
    files: Vec<LocalFile>,
    lists: bool,
    attempts: u32,
) -> impl Stream<Item = Listed> {
    let days_there = match lists {
        true => folders(remote, "", attempts).await,
        false => Ok(BTreeSet::new()),
    };
    stream::iter(by_folders(files, 1))
        .map(move |(day, files)| {
            let is_there = days_there.as_ref().map(|days| days.contains(&day));
            let is_there = is_there.map_err(StoreError::clone);
            async move {
                match is_there {
                    Ok(true) => in_day(remote, &day, files, attempts).await,
                    Ok(false) => all(files, &Ok(BTreeMap::new())),
                    Err(error) => all(files, &Err(error)),
                }
            }
        })
        .buffered(DAYS)
        .flat_map(stream::iter)
}

/// Lists files of a day that the remote has.
async fn in_day(remote: &Remote, day: &str, files: Vec<LocalFile>, attempts: u32) -> Vec<Listed> {
    let folders_there = match folders(remote, day, attempts).await {
        Ok(there) => there,
        Err(error) => return all(files, &Err(error)),
    };
    let folders_there = &folders_there;
    let listed = stream::iter(by_folders(files, 2)).map(|(folder, files)| async move {
        // A day may be a partition of its own.
        let there = match folder == day || folders_there.contains(&folder) {
            true => allowed(remote, remote.list(&folder, attempts).await),
            false => Ok(BTreeMap::new()),
        };
        all(files, &there)
    });
    listed.buffered(PARTITIONS).concat().await
}

async fn folders(remote: &Remote, of: &str, attempts: u32) -> Result<BTreeSet<String>, StoreError> {
    allowed(remote, remote.folders(of, attempts).await)
}

/// Who may write need not be allowed to list: then nothing is there, or is found when the upload is refused.
fn allowed<T: Default>(remote: &Remote, listed: Result<T, StoreError>) -> Result<T, StoreError> {
    match listed {
        Err(error)
            if [
                StoreErrorKind::AccessDenied,
                StoreErrorKind::NotKnown,
                StoreErrorKind::TakesNothing,
            ]
            .contains(&error.kind()) =>
        {
            remote.abilities().note(Lack::Listing);
            Ok(T::default())
        }
        listed => listed,
    }
}

fn all(
    files: Vec<LocalFile>,
    there: &Result<BTreeMap<String, RemoteObject>, StoreError>,
) -> Vec<Listed> {
    let listed = |file: LocalFile| {
        let there = there.as_ref().map(|there| there.get(&file.path).cloned());
        let there = there.map_err(StoreError::clone);
        (file, there)
    };
    files.into_iter().map(listed).collect()
}

/// The files by so many of the folders that are their partition.
fn by_folders(files: Vec<LocalFile>, depth: usize) -> BTreeMap<String, Vec<LocalFile>> {
    let mut folders: BTreeMap<String, Vec<LocalFile>> = BTreeMap::new();
    for file in files {
        let parts = file.partition().split('/').take(depth);
        let folder = parts.collect::<Vec<_>>().join("/");
        folders.entry(folder).or_default().push(file);
    }
    folders
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::aws::AwsOptions;
    use super::*;

    fn file(path: &str) -> LocalFile {
        LocalFile {
            path: path.to_owned(),
            size: 1,
            modified_ns: 7,
        }
    }

    #[tokio::test]
    async fn what_is_there_is_found_and_what_is_not_there_is_not_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [
            "dt=2026-02-03/hr=15/lane-dom/a.parquet",
            "dt=2026-02-03/hr=15/lane-dom/b.parquet",
            "dt=2026-02-03/hr=16/lane-dom/c.parquet",
            "dt=2026-02-04/d.parquet",
            "dt=2026-02-04/device=leaf-1/e.parquet",
            "dt=2026-02-05/hr=00/lane-dom/f.parquet",
        ];
        let there = ["a.parquet", "d.parquet", "e.parquet"];
        let there = paths.map(|path| there.iter().any(|name| path.ends_with(name)));
        for (path, _) in paths.iter().zip(there).filter(|(_, there)| *there) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let remote = folder.path().to_str().unwrap();
        let remote = Remote::open(remote, &AwsOptions::default()).unwrap();
        for lists in [true, false] {
            let files = paths.map(file).to_vec();
            let looked: Vec<_> = list(&remote, files.clone(), lists, 1).await.collect().await;
            let found = looked.iter().map(|(_, there)| there.as_ref().unwrap());
            let found: Vec<_> = found.map(Option::is_some).collect();
            assert_eq!(found, there.map(|there| there && lists));
            let order: Vec<_> = looked.into_iter().map(|(file, _)| file).collect();
            assert_eq!(order, files);
        }
    }
}
