//! What runs claim to have delivered, noted when each has ended: a file that is gone from the disk later is claimed all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::Ran;

/// The claims of a test's runs, which write into the lake `lake` below its folder.
#[derive(Debug)]
pub(crate) struct Claims {
    lake: PathBuf,
    /// Beside it, for the judge: `claims.json`, and each claimed file as it was.
    notes: PathBuf,
    /// Rows by path below the lake's root.
    rows: BTreeMap<String, u64>,
    /// What the files' names hold of runs that may have been killed before they could claim anything.
    begun: BTreeSet<String>,
}

impl Claims {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let notes = folder.join("claims");
        fs::create_dir_all(&notes).unwrap();
        Self {
            lake: folder.join("lake"),
            notes,
            rows: BTreeMap::new(),
            begun: BTreeSet::new(),
        }
    }

    /// Files whose name holds this may be there without a claim.
    pub(crate) fn begun(&mut self, part_of_name: impl Into<String>) {
        self.begun.insert(part_of_name.into());
    }

    /// Notes what each `run.json` below an output folder claims. Returns how many of them there are.
    #[track_caller]
    pub(crate) fn note_reports(&mut self, output: &Path) -> usize {
        let mut reports = 0;
        for folder in fs::read_dir(output).into_iter().flatten() {
            let folder = folder.unwrap();
            let is_link = folder.file_type().unwrap().is_symlink();
            let Some(text) = fs::read(folder.path().join("run.json"))
                .ok()
                .filter(|_| !is_link)
            else {
                continue;
            };
            reports += 1;
            let report: Value = serde_json::from_slice(&text).unwrap();
            for file in report["files"].as_array().unwrap() {
                let rows = file["rows"].as_u64().unwrap();
                self.note(file["path"].as_str().unwrap(), rows);
            }
        }
        reports
    }

    /// Notes what a `lake write` that ended well answered.
    #[track_caller]
    pub(crate) fn note_answer(&mut self, ran: &Ran) {
        let mut files = 0;
        for line in ran.stdout.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let ["Lake", path, rows, "rows,", ..] = words[..] {
                self.note(path, rows.replace(',', "").parse().unwrap());
                files += 1;
            }
        }
        assert!(files >= 3, "it claims nothing:\n{}", ran.stdout);
    }

    #[track_caller]
    fn note(&mut self, path: &str, rows: u64) {
        let below = &path[path.find("dt=").unwrap()..];
        let noted = *self.rows.entry(below.to_owned()).or_insert(rows);
        assert_eq!(noted, rows, "{below} is claimed with other numbers");
        let copy = self.notes.join(below);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        // Only the first run of a name has it: another one must bring the same bytes. It may have been pruned already.
        if !copy.exists() && fs::copy(self.lake.join(below), &copy).is_err() {
            fs::remove_file(&copy).ok();
        }
    }

    /// How many files are claimed.
    pub(crate) fn files(&self) -> usize {
        self.rows.len()
    }

    /// The names of the claimed files of one table.
    pub(crate) fn of_table(&self, table: &str) -> Vec<&str> {
        let folder = format!("/{table}/");
        let paths = self.rows.keys().map(String::as_str);
        paths.filter(|path| path.contains(&folder)).collect()
    }

    /// Writes them down for the judge. Returns the folder.
    pub(crate) fn write(&self) -> &Path {
        assert!(!self.rows.is_empty(), "nothing was claimed");
        let claims = serde_json::json!({"rows": self.rows, "begun": self.begun});
        fs::write(self.notes.join("claims.json"), claims.to_string()).unwrap();
        &self.notes
    }
}
