//! The lake, for a person: what is in it, what a sync did, what was checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sinks::lake::sync::{Backlog, Pruned, SyncOutcome};
use sinks::lake::{LocalFile, OldFilesRemoved, UncompactedHour, Written};

use super::lines::{Columns, at_most, count, path, size};
use super::screen::Screen;

/// Partitions that a terminal can take.
const LIST_LIMIT: usize = 24;

/// What the lake on this disk holds.
#[derive(Debug, Default)]
pub(crate) struct LakeStatus {
    pub(crate) lake: PathBuf,
    /// By folder: `dt=2026-02-03/hr=15`.
    pub(crate) partitions: BTreeMap<String, Partition>,
    /// What each remote is behind.
    pub(crate) backlogs: Vec<Backlog>,
    /// The remote of the settings, if nothing was ever brought to it.
    pub(crate) never_synced: Option<String>,
    /// Files without a footer that can be read.
    pub(crate) unreadable: Vec<String>,
}

/// What a partition holds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Partition {
    pub(crate) files: usize,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl LakeStatus {
    fn total(&self) -> Partition {
        let partitions = self.partitions.values();
        partitions.fold(Partition::default(), |sum, partition| Partition {
            files: sum.files + partition.files,
            rows: sum.rows + partition.rows,
            bytes: sum.bytes + partition.bytes,
        })
    }

    /// For programs.
    pub(crate) fn as_json(&self) -> String {
        let numbers = |partition: &Partition| serde_json::json!({"files": partition.files, "rows": partition.rows, "bytes": partition.bytes});
        let partitions: BTreeMap<_, _> = self
            .partitions
            .iter()
            .map(|(name, partition)| (name, numbers(partition)))
            .collect();
        let remotes: Vec<_> = self
            .backlogs
            .iter()
            .map(|backlog| {
                serde_json::json!({
                    "url": backlog.url,
                    "backlog_files": backlog.files.len(),
                    "backlog_bytes": bytes(backlog),
                    "oldest_unsynced": backlog.files.first().map(|file| file.partition()),
                })
            })
            .collect();
        let status = serde_json::json!({
            "lake": self.lake,
            "total": numbers(&self.total()),
            "partitions": partitions,
            "remotes": remotes,
            "never_synced_to": self.never_synced,
            "unreadable": self.unreadable,
        });
        format!("{status:#}")
    }
}

fn bytes(backlog: &Backlog) -> u64 {
    backlog.files.iter().map(|file| file.size).sum()
}

/// What `lake status` prints.
pub(crate) fn render_lake_status(status: &LakeStatus, screen: Screen) -> String {
    let mut text = vec![path(&status.lake), String::new()];
    if status.partitions.is_empty() {
        text.push("The lake is empty.".to_owned());
    } else {
        let line = |name: &str, partition: &Partition| {
            vec![
                name.to_owned(),
                count(partition.files),
                count(usize::try_from(partition.rows).unwrap_or(usize::MAX)),
                size(partition.bytes),
            ]
        };
        // The newest are what one looks for.
        let beyond = status.partitions.len().saturating_sub(LIST_LIMIT);
        let newest = status.partitions.iter().skip(beyond);
        let mut rows: Vec<_> = newest
            .map(|(name, partition)| line(name, partition))
            .collect();
        rows.push(line("all", &status.total()));
        let columns = Columns {
            header: &["partition", "files", "rows", "size"],
            right: &[1, 2, 3],
            drop: &[],
        };
        text.push(columns.table(screen, rows));
        if beyond > 0 {
            text.push(format!(
                "… and {} older partitions (`--json` has all)",
                count(beyond)
            ));
        }
    }
    text.push(String::new());
    for backlog in &status.backlogs {
        text.push(match backlog.files.first() {
            None => format!("{}  has everything", backlog.url),
            Some(oldest) => format!(
                "{}  lacks {} files, {}; the oldest is of {}",
                backlog.url,
                count(backlog.files.len()),
                size(bytes(backlog)),
                oldest.partition()
            ),
        });
    }
    if let Some(url) = &status.never_synced {
        text.push(format!("{url}  nothing was brought there from here yet"));
    }
    if status.backlogs.is_empty() && status.never_synced.is_none() {
        text.push("It was not synced to any remote.".to_owned());
    }
    text.join("\n")
}

/// What a sync did.
pub(crate) fn render_synced(outcome: &SyncOutcome, url: &str) -> String {
    let mut parts = vec![format!(
        "{} files, {} uploaded",
        count(outcome.uploaded),
        size(outcome.bytes)
    )];
    let mut add = |number: usize, what: &str| {
        if number > 0 {
            parts.push(format!("{} {what}", count(number)));
        }
    };
    add(outcome.already, "were there already");
    add(outcome.replaced.len(), "of them replaced");
    add(
        outcome.conflicts.len(),
        "left alone, for they have other content there",
    );
    add(outcome.damaged.len(), "left out, for they are damaged here");
    add(outcome.failed.len(), "failed");
    add(outcome.left, "not tried");
    let state = if outcome.is_complete() {
        "has everything"
    } else {
        "is behind"
    };
    format!("Remote   {url}  {}; it {state}", parts.join(", "))
}

/// What pruning did.
pub(crate) fn render_pruned(pruned: &Pruned, lake: &Path) -> String {
    format!(
        "Pruned   {}  {} files, {}, each found whole at the remote first",
        path(lake),
        count(pruned.files),
        size(pruned.bytes)
    )
}

/// What `lake prune --dry-run` prints.
pub(crate) fn render_old_files(files: &[LocalFile], lake: &Path, screen: Screen) -> String {
    if files.is_empty() {
        return format!("{}  has no partition that is so old", path(lake));
    }
    let is_one = |a: &LocalFile, b: &LocalFile| a.partition() == b.partition();
    let partitions = files.chunk_by(is_one).map(|files| Listed {
        name: files.first().map_or("", |file| file.partition()),
        files: files.len(),
        bytes: files.iter().map(|file| file.size).sum(),
    });
    let text = listed("partition", "partitions", partitions.collect(), screen);
    let lake = path(lake);
    format!("{text}\nThese would be removed from {lake}; nothing was.")
}

/// A line of a list of what would be changed.
struct Listed<'a> {
    name: &'a str,
    files: usize,
    bytes: u64,
}

/// The oldest of what would be changed, the sum of all, and how many of them are left out.
fn listed(header: &str, kind: &str, all: Vec<Listed<'_>>, screen: Screen) -> String {
    let line =
        |name: &str, files: usize, bytes: u64| vec![name.to_owned(), count(files), size(bytes)];
    let oldest = all.iter().take(LIST_LIMIT);
    let mut rows: Vec<_> = oldest
        .map(|one| line(one.name, one.files, one.bytes))
        .collect();
    let files = all.iter().map(|one| one.files).sum();
    let bytes = all.iter().map(|one| one.bytes).sum();
    rows.push(line("all", files, bytes));
    let columns = Columns {
        header: &[header, "files", "size"],
        right: &[1, 2],
        drop: &[],
    };
    let table = columns.table(screen, rows);
    match all.len().saturating_sub(LIST_LIMIT) {
        0 => table,
        beyond => format!("{table}\n… and {} newer {kind}", count(beyond)),
    }
}

/// What `lake prune` did.
pub(crate) fn render_old_files_removed(removed: &OldFilesRemoved, lake: &Path) -> String {
    format!(
        "Pruned   {}  {} files, {}",
        path(lake),
        count(removed.files),
        size(removed.bytes)
    )
}

/// What `lake compact --dry-run` prints.
pub(crate) fn render_uncompacted(hours: &[UncompactedHour], lake: &Path, screen: Screen) -> String {
    if hours.is_empty() {
        return format!("{}  has no hour to compact", path(lake));
    }
    let lines = hours.iter().map(|hour| Listed {
        name: &hour.folder,
        files: hour.files.len(),
        bytes: hour.bytes(),
    });
    let text = listed("hour and table", "ones", lines.collect(), screen);
    let lake = path(lake);
    format!("{text}\nThe files of each would become one in {lake}; nothing was changed.")
}

/// What `lake compact` did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CompactedHours {
    /// Tables of hours whose files are one now.
    pub(crate) hours: usize,
    /// Files that were merged, and their bytes.
    pub(crate) files: usize,
    pub(crate) before: u64,
    /// Bytes of the files that came.
    pub(crate) after: u64,
}

/// What `lake compact` prints at its end.
pub(crate) fn render_compacted(done: CompactedHours, lake: &Path) -> String {
    if done.hours == 0 {
        return format!("Compacted  {}  nothing", path(lake));
    }
    format!(
        "Compacted  {}  {} files, {}, became {} files, {}",
        path(lake),
        count(done.files),
        size(done.before),
        count(done.hours),
        size(done.after)
    )
}

/// What `lake verify` prints at its end.
pub(crate) fn render_verified(
    lake: &Path,
    files: usize,
    rows: u64,
    remote: Option<&str>,
    damaged: bool,
    differs: bool,
) -> String {
    let here = if damaged {
        "NOT all whole"
    } else {
        "all whole"
    };
    let mut text = format!(
        "{}  {} files, {} rows: {here}",
        path(lake),
        count(files),
        count(usize::try_from(rows).unwrap_or(usize::MAX))
    );
    if let Some(remote) = remote {
        let there = if differs {
            "does NOT have all of them"
        } else {
            "has all of them, with the same content"
        };
        text += &format!("\n{remote}  {there}");
    }
    text
}

/// What `lake write` prints.
pub(crate) fn render_written(written: &[Written], devices: usize, lake: &Path) -> String {
    let mut text = vec![format!("{} devices read", count(devices))];
    if written.is_empty() {
        text.push(format!("Lake     {} (no rows)", path(lake)));
    }
    let files = written.iter().map(|file| {
        format!(
            "Lake     {}  {} rows, {}",
            path(&file.path),
            count(file.rows),
            size(file.bytes)
        )
    });
    text.extend(at_most(LIST_LIMIT, files.collect(), "the lake"));
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use sinks::lake::LocalFile;

    use super::*;

    fn status() -> LakeStatus {
        let file = LocalFile {
            path: "dt=2026-02-03/hr=15/lane-dom/a.parquet".to_owned(),
            size: 1_000,
            modified_ns: 0,
        };
        let hour = Partition {
            files: 3,
            rows: 1_536,
            bytes: 120_000,
        };
        LakeStatus {
            lake: PathBuf::from("/lake"),
            partitions: [
                ("dt=2026-02-03/hr=15".to_owned(), hour),
                ("dt=2026-02-03/hr=16".to_owned(), hour),
            ]
            .into(),
            backlogs: vec![
                Backlog {
                    url: "s3://a/b".to_owned(),
                    files: vec![file],
                },
                Backlog {
                    url: "file:///copy".to_owned(),
                    files: Vec::new(),
                },
            ],
            ..LakeStatus::default()
        }
    }

    #[test]
    fn a_status_says_what_is_here_and_who_lacks_what() {
        insta::assert_snapshot!(render_lake_status(&status(), Screen::default()), @r"
        /lake

         partition             files    rows       size
        ────────────────────────────────────────────────
         dt=2026-02-03/hr=15       3   1,536   120.0 kB
         dt=2026-02-03/hr=16       3   1,536   120.0 kB
         all                       6   3,072   240.0 kB

        s3://a/b  lacks 1 files, 1.0 kB; the oldest is of dt=2026-02-03/hr=15
        file:///copy  has everything
        ");
    }

    #[test]
    fn a_dry_run_says_which_partitions_would_go() {
        let file = |hour: u32| LocalFile {
            path: format!("dt=2026-02-03/hr={hour:02}/lane-dom/a.parquet"),
            size: 1_500,
            modified_ns: 0,
        };
        let files: Vec<_> = [3, 3, 4].map(file).into();
        let render =
            |files: &[LocalFile]| render_old_files(files, Path::new("/lake"), Screen::default());
        insta::assert_snapshot!(render(&files), @r"
         partition             files     size
        ──────────────────────────────────────
         dt=2026-02-03/hr=03       2   3.0 kB
         dt=2026-02-03/hr=04       1   1.5 kB
         all                       3   4.5 kB
        These would be removed from /lake; nothing was.
        ");
        insta::assert_snapshot!(render(&[]), @"/lake  has no partition that is so old");
        let many: Vec<_> = (0..30).map(file).collect();
        assert!(render(&many).contains("6 newer partitions"));
    }

    #[test]
    fn an_empty_lake_is_no_table() {
        let empty = LakeStatus {
            lake: PathBuf::from("/lake"),
            ..LakeStatus::default()
        };
        insta::assert_snapshot!(render_lake_status(&empty, Screen::default()), @r"
        /lake

        The lake is empty.

        It was not synced to any remote.
        ");
    }

    #[test]
    fn programs_get_the_same_numbers() {
        let json: serde_json::Value = serde_json::from_str(&status().as_json()).unwrap();
        assert_eq!(json["total"]["rows"], 3_072);
        assert_eq!(json["remotes"][0]["oldest_unsynced"], "dt=2026-02-03/hr=15");
    }

    #[test]
    fn a_sync_says_what_went_and_what_did_not() {
        let outcome = SyncOutcome {
            uploaded: 1_200,
            bytes: 3_400_000,
            already: 3,
            left: 2,
            ..SyncOutcome::default()
        };
        insta::assert_snapshot!(render_synced(&outcome, "s3://a/b"), @"Remote   s3://a/b  1,200 files, 3.4 MB uploaded, 3 were there already, 2 not tried; it is behind");
        insta::assert_snapshot!(render_synced(&SyncOutcome::default(), "s3://a/b"), @"Remote   s3://a/b  0 files, 0 B uploaded; it has everything");
    }

    #[test]
    fn a_compaction_is_told_in_files_and_bytes_before_and_after() {
        let file = |name: &str| LocalFile {
            path: format!("dt=2026-02-03/hr=15/lane-dom/{name}.parquet"),
            size: 1_500,
            modified_ns: 0,
        };
        let hour = UncompactedHour {
            folder: "dt=2026-02-03/hr=15/lane-dom".to_owned(),
            files: vec![file("a"), file("b")],
            ..UncompactedHour::default()
        };
        let render = |hours: &[UncompactedHour]| {
            render_uncompacted(hours, Path::new("/lake"), Screen::default())
        };
        insta::assert_snapshot!(render(&[]), @"/lake  has no hour to compact");
        insta::assert_snapshot!(render(std::slice::from_ref(&hour)), @r"
         hour and table                 files     size
        ───────────────────────────────────────────────
         dt=2026-02-03/hr=15/lane-dom       2   3.0 kB
         all                                2   3.0 kB
        The files of each would become one in /lake; nothing was changed.
        ");
        let many = render(&vec![hour; LIST_LIMIT + 2]);
        assert!(many.contains("… and 2 newer ones"), "{many}");
        let done = CompactedHours {
            hours: 3,
            files: 180,
            before: 9_000_000,
            after: 5_000_000,
        };
        let texts = [done, CompactedHours::default()];
        let texts = texts.map(|done| render_compacted(done, Path::new("/lake")));
        insta::assert_snapshot!(texts.join("\n"), @r"
        Compacted  /lake  180 files, 9.0 MB, became 3 files, 5.0 MB
        Compacted  /lake  nothing
        ");
    }
}
