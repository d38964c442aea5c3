//! What a run leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of one run, with its report read.
#[derive(Debug)]
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
    pub(crate) report: Value,
}

impl RunFolder {
    /// The newest run below an output folder, whether it delivered anything or not: `latest` skips those that did not.
    #[track_caller]
    pub(crate) fn latest(output: &Path) -> Self {
        let entries = fs::read_dir(output).expect("no output folder");
        let runs = entries.map(|entry| entry.unwrap().path());
        let runs = runs.filter(|path| !path.is_symlink() && path.join("run.json").exists());
        let path = runs
            .max()
            .expect("no run with a report below the output folder");
        let report = fs::read(path.join("run.json")).expect("no run.json in the run's folder");
        Self {
            path,
            report: serde_json::from_slice(&report).unwrap(),
        }
    }

    /// The names of the run's devices.
    pub(crate) fn devices(&self) -> Vec<&str> {
        self.report["devices"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    /// The devices with this outcome.
    pub(crate) fn with_outcome(&self, outcome: &str) -> Vec<&str> {
        let devices = self.report["devices"].as_object().unwrap().iter();
        devices
            .filter(|(_, device)| device["outcome"] == outcome)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// A device's entry of the report.
    pub(crate) fn device(&self, name: &str) -> &Value {
        &self.report["devices"][name]
    }

    /// The names of the files that end so, sorted.
    pub(crate) fn files(&self, suffix: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.path).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(suffix)).collect();
        names.sort();
        names
    }

    /// One of its files as JSON.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        let text = fs::read(self.path.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// All files below a folder, sorted; links are not followed.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                // The lake's own lock: it stays, and no reader sees it.
                _ if entry.path().ends_with(".lanewatch/lock") => {}
                _ => files.push(entry.path()),
            }
        }
    }
    files.sort();
    files
}

/// Fails the test if a file below the folder carries a name that it should have lost when it was complete.
#[track_caller]
pub(crate) fn assert_nothing_half_written(folder: &Path) {
    let half: Vec<PathBuf> = files_below(folder)
        .into_iter()
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with('.') || name.contains(".tmp") || name.contains(".part")
        })
        .collect();
    assert!(half.is_empty(), "left behind: {half:?}");
}
