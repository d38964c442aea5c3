//! The run folders of the original system: `{inventory group}_{UTC seconds}`, one for each run of each group, below its output folder.

use std::path::{Path, PathBuf};

use sinks::METRICS_SUFFIX;

/// What the name of such a folder says of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRun {
    /// The group of the inventory that was collected.
    pub group: String,
    /// When the run began, in UTC seconds.
    pub run_timestamp: i64,
}

impl OriginalRun {
    /// The run of a folder, if its name is that of one.
    pub fn of(folder: &Path) -> Option<Self> {
        // `.` and links have other names than the folder.
        let folder = folder.canonicalize().ok()?;
        Self::named(folder.file_name()?.to_str()?)
    }

    fn named(name: &str) -> Option<Self> {
        let (group, seconds) = name.rsplit_once('_')?;
        // Ten digits: from 2001 to 2286.
        let is_time = seconds.len() == 10
            && !seconds.starts_with('0')
            && seconds.bytes().all(|byte| byte.is_ascii_digit());
        let run_timestamp = seconds.parse().ok().filter(|_| is_time)?;
        (!group.is_empty()).then(|| Self {
            group: group.to_owned(),
            run_timestamp,
        })
    }

    /// The folders of such runs below an output folder that hold documents, the oldest first.
    pub fn below(output: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(output).into_iter().flatten().flatten();
        let mut runs: Vec<_> = entries
            .filter_map(|entry| {
                let run = Self::named(entry.file_name().to_str()?)?;
                has_documents(&entry.path()).then(|| (run.run_timestamp, entry.path()))
            })
            .collect();
        runs.sort();
        runs.into_iter().map(|(_, folder)| folder).collect()
    }

    /// A clause that names the newest of them, for whoever named the folder above: none where there is none.
    pub fn hint(output: &Path) -> Option<String> {
        let runs = Self::below(output);
        let newest = runs.last()?.display().to_string();
        Some(match runs.len() {
            1 => format!("the run in it is {newest}"),
            more => format!("name one of the {more} runs in it, such as {newest}"),
        })
    }
}

fn has_documents(folder: &Path) -> bool {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .any(|name| name.ends_with(METRICS_SUFFIX) || name.ends_with(sinks::RAW_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_folder_says_group_and_time() {
        for (name, group) in [
            ("leafs_1770132645", Some("leafs")),
            ("gpu_fabric-1_1770132645", Some("gpu_fabric-1")),
            ("leafs_177013264", None),
            ("leafs_0770132645", None),
            ("20260203_153045_runner", None),
            ("_1770132645", None),
            ("1770132645", None),
        ] {
            let run = OriginalRun::named(name);
            assert_eq!(run.as_ref().map(|run| &*run.group), group, "{name}");
            assert!(run.is_none_or(|run| run.run_timestamp == 1_770_132_645));
        }
    }

    #[test]
    fn the_runs_below_a_folder_are_named_to_whoever_names_the_folder() {
        let output = tempfile::tempdir().unwrap();
        assert_eq!(OriginalRun::hint(output.path()), None);
        for name in ["b_1770132645", "a_1770136245", "c_1770139845", "other"] {
            let folder = output.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            if name != "c_1770139845" {
                std::fs::write(folder.join("x_pic_detail_metrics.json"), "{}").unwrap();
            }
        }
        let runs = OriginalRun::below(output.path());
        let names: Vec<_> = runs.iter().filter_map(|run| run.file_name()).collect();
        assert_eq!(names, ["b_1770132645", "a_1770136245"]);
        let hint = OriginalRun::hint(output.path()).unwrap();
        assert!(
            hint.contains("2 runs") && hint.contains("a_1770136245"),
            "{hint}"
        );
        let run = OriginalRun::of(&runs[0]).unwrap();
        assert_eq!((&*run.group, run.run_timestamp), ("b", 1_770_132_645));
    }
}
