//! The commit of a run's files: a marker decides, then the files take their places.
//!
//! A file system renames one file at a time, and a process can be killed between two of them. So a marker is written and synced first,
//! `publish.json` in the staging folder. It says which files of earlier writes of the run go and which file is renamed to which place.
//! Each step may be done again, so that whoever finds the marker carries the commit out to its end.
//!
//! What goes goes before what comes: a reader may miss rows of a run that is written again for a moment, and never sees them twice.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file::{self, Durability, create_folder, sync_folder};
use crate::{Error, Result};

const MARKER: &str = "publish.json";

/// What a commit changes in the lake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Commit {
    /// Files of the staging folder, each with its place below the lake's root.
    moves: Vec<(String, String)>,
    /// Files below the lake's root that go: parts of an earlier write of the run that this one replaces.
    removes: Vec<String>,
}

/// The marker as it may stand on the disk.
#[derive(Deserialize)]
#[serde(untagged)]
enum Marker {
    Commit(Commit),
    /// Of versions that wrote a run in one part.
    Moves(Vec<(String, String)>),
}

impl Commit {
    /// Moves files of the staging folder to their places below the lake's root.
    pub(super) fn new<'p>(
        moves: impl IntoIterator<Item = (&'p Path, &'p Path)>,
        removes: impl IntoIterator<Item = &'p Path>,
    ) -> Self {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let moves = moves.into_iter().filter_map(|(from, to)| {
            let from = from.file_name()?.to_string_lossy().into_owned();
            Some((from, text(to)))
        });
        Self {
            moves: moves.collect(),
            removes: removes.into_iter().map(text).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.removes.is_empty()
    }

    /// Whether it puts something into a table's folder below the lake's root, or removes something from it.
    pub(super) fn changes(&self, folder: &str) -> bool {
        let places = self.moves.iter().map(|(_, to)| to).chain(&self.removes);
        places
            .filter_map(|path| path.rsplit_once('/'))
            .any(|(of, _)| of == folder)
    }

    /// This commit and a later one of the same folder as one.
    pub(super) fn followed_by(mut self, later: Self) -> Self {
        let comes = |path: &String| later.moves.iter().any(|(_, to)| to == path);
        // The later move replaces it; to remove it again would remove what has come.
        self.removes.retain(|path| !comes(path));
        self.moves.extend(later.moves);
        self.removes.extend(later.removes);
        self
    }

    /// Writes the marker: from here on the commit is carried out by whoever comes. What a full disk can refuse, it refuses before.
    pub(super) fn decide(&self, lake: &Path, folder: &Path) -> Result<()> {
        for (_, to) in &self.moves {
            if let Some(folder) = lake.join(to).parent() {
                create_folder(folder)?;
            }
        }
        let json = serde_json::json!(self).to_string();
        let marker = folder.join(MARKER);
        atomic_file::write(&marker, json.as_bytes(), Durability::Synced).map(drop)
    }

    /// The commit that was decided and not carried out to its end, if there is one.
    pub(super) fn decided(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MARKER);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(Error::on("read", &path))?,
        };
        let marker = serde_json::from_slice(&text);
        let marker = marker.map_err(|error| Error::on("read", &path)(error.into()))?;
        Ok(Some(match marker {
            Marker::Commit(commit) => commit,
            Marker::Moves(moves) => Self {
                moves,
                removes: Vec::new(),
            },
        }))
    }

    /// Does what is still to be done, then removes the marker. Returns how many files it moved.
    pub(super) fn carry_out(&self, lake: &Path, folder: &Path) -> Result<usize> {
        let mut moved = 0;
        for step in self.steps() {
            let done = step.take(lake, folder)?;
            moved += usize::from(done && matches!(step, Step::Move(..)));
        }
        let mut folders = BTreeSet::new();
        for to in self.moves.iter().map(|(_, to)| to).chain(&self.removes) {
            folders.extend(Path::new(to).ancestors().skip(1));
        }
        for below in folders {
            sync_folder(&lake.join(below))?;
        }
        let marker = folder.join(MARKER);
        match fs::remove_file(&marker) {
            Ok(()) => {}
            // Another process has carried it out as well.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(moved),
            Err(cause) => return Err(Error::on("remove", &marker)(cause)),
        }
        if !self.removes.is_empty() {
            // A power cut must not bring back an order to remove what may be written again.
            sync_folder(folder)?;
        }
        Ok(moved)
    }

    fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let removes = self.removes.iter().map(|path| Step::Remove(path));
        removes.chain(self.moves.iter().map(|(from, to)| Step::Move(from, to)))
    }
}

/// One change of the lake. Done already, it does nothing.
#[derive(Debug, Clone, Copy)]
enum Step<'c> {
    Remove(&'c str),
    Move(&'c str, &'c str),
}

impl Step<'_> {
    /// Returns whether there was something to do.
    fn take(self, lake: &Path, folder: &Path) -> Result<bool> {
        match self {
            Self::Remove(path) => {
                let path = lake.join(path);
                match fs::remove_file(&path) {
                    Ok(()) => Ok(true),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(cause) => Err(Error::on("remove", &path)(cause)),
                }
            }
            Self::Move(from, to) => put_in_place(&folder.join(from), &lake.join(to)),
        }
    }
}

/// One rename. The folder is made again if another process has just removed it because it was empty.
fn put_in_place(from: &Path, to: &Path) -> Result<bool> {
    let mut attempts = 0;
    loop {
        if let Some(folder) = to.parent() {
            create_folder(folder)?;
        }
        match fs::rename(from, to) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => {
                return Ok(false); // moved before
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < 3 => attempts += 1,
            Err(cause) => return Err(Error::on("put in place", to)(cause)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    impl Commit {
        /// Takes so many steps and stops there, as a process that is killed. Returns whether there were so many.
        pub(in super::super) fn take_steps(
            &self,
            count: usize,
            lake: &Path,
            folder: &Path,
        ) -> bool {
            let steps: Vec<_> = self.steps().take(count).collect();
            for step in &steps {
                step.take(lake, folder).unwrap();
            }
            steps.len() == count
        }
    }

    #[test]
    fn a_marker_of_a_version_before_is_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join(MARKER),
            r#"[["0.tmp","dt=x/a.parquet"]]"#,
        )
        .unwrap();
        let commit = Commit::decided(folder.path()).unwrap().unwrap();
        let expected = Commit::new([(Path::new("0.tmp"), Path::new("dt=x/a.parquet"))], []);
        assert_eq!(commit, expected);
    }

    #[test]
    fn a_commit_that_follows_another_is_not_undone_by_it() {
        let first = Commit::new(
            [(Path::new("0.tmp"), Path::new("a.parquet"))],
            [Path::new("a_late.parquet"), Path::new("b.parquet")],
        );
        let late = Commit::new([(Path::new("1.tmp"), Path::new("a_late.parquet"))], []);
        let both = first.followed_by(late);
        assert_eq!(both.removes, ["b.parquet"]);
        assert_eq!(both.moves.len(), 2);
    }
}
