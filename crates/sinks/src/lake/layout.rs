//! The names of a run's files and folders in the lake: how they are made and how they are taken apart. No other module reads a file name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use records::table::{Dataset, Table};

use crate::{RunIdentity, file_name, utc};

/// What a lake keeps for itself, below its root. Readers skip names that begin with a dot.
pub(super) const OWN_FOLDER: &str = ".lanewatch";
/// Where runs at work have their folders, below [`OWN_FOLDER`].
pub(super) const STAGING_FOLDER: &str = "writing";

const ABANDONED: &str = "abandoned.";

const EXTENSION: &str = ".parquet";
/// The time in a file's name.
const STAMP: &str = "%Y%m%d_%H%M%S";
const STAMP_LENGTH: usize = "20260203_153045".len();
/// What the name of a file of the late part ends with.
const LATE: &str = "_late";
/// Between the hour and the random number in the name of a file that holds the rows of several runs.
const COMPACTED: &str = "_compacted_";
/// The hour in such a name.
const HOUR: &str = "%Y%m%d_%H";
/// What the name of a staging folder of a compaction begins with.
const COMPACTION: &str = "compact.";

/// Which rows of its run a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All rows of the run or, of a run that is published in two parts, those of the devices that had come by then.
    Main,
    /// Those of the devices that came after that.
    Late,
}

/// Where the files of a run go, below the lake's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// One file a table: `dt=YYYY-MM-DD/hr=HH/{table}/…parquet`.
    Hourly {
        /// Another partition than that of the run's timestamp.
        partition: Option<PathBuf>,
    },
    /// One file a table and device: `dt=YYYY-MM-DD/device={device}/{optical_metrics,…}_…parquet`.
    PerDevice,
}

impl Default for Layout {
    fn default() -> Self {
        Self::Hourly { partition: None }
    }
}

/// The column that the per-device layout has in its paths. Readers refuse a column that is in a file and in its path.
pub(super) const DEVICE_COLUMN: &str = "device";

impl Layout {
    pub(super) fn is_per_device(&self) -> bool {
        *self == Self::PerDevice
    }

    /// The table as its files have it.
    pub(super) fn shape(&self, table: Table) -> Table {
        match self {
            Self::Hourly { .. } => table,
            Self::PerDevice => table.without(DEVICE_COLUMN),
        }
    }

    /// The file of a dataset of a run, below the lake's root.
    pub(super) fn target(
        &self,
        dataset: &Arc<Dataset>,
        device: &str,
        run: &RunIdentity,
        part: Part,
    ) -> PathBuf {
        let late = match part {
            Part::Main => "",
            Part::Late => LATE,
        };
        let file = |stem: &str| {
            PathBuf::from(format!(
                "{stem}_{}_{}{late}{EXTENSION}",
                name_of(run),
                run.run_id
            ))
        };
        match self {
            Self::Hourly { partition: at } => at
                .clone()
                .unwrap_or_else(|| partition(run))
                .join(&dataset.name)
                .join(file(&dataset.file_stem)),
            Self::PerDevice => {
                PathBuf::from(utc(run.run_timestamp).format("dt=%Y-%m-%d").to_string())
                    .join(format!("device={}", file_name::encode(device)))
                    .join(file(&dataset.per_device_stem))
            }
        }
    }
}

/// `{stamp}_{runner}`: what two runs must not share, whatever their ids are.
pub(super) fn name_of(run: &RunIdentity) -> String {
    format!("{}_{}", run.stamp(), file_name::encode(&run.runner_name))
}

/// Whether a file name is one of a run with this [`name_of`], of either part and any run id.
pub(super) fn is_file_of(file_name: &str, name: &str) -> bool {
    let Some(stem) = file_name.strip_suffix(EXTENSION) else {
        return false;
    };
    let stem = stem.strip_suffix(LATE).unwrap_or(stem);
    let run = stem.rsplit_once('_').map(|(run, _id)| run);
    let table = run.and_then(|run| run.strip_suffix(name));
    table.is_some_and(|table| table.ends_with('_'))
}

/// The place of the other part of the same table and run: of `x.parquet` that is `x_late.parquet`, and the other way round.
pub(super) fn other_part(path: &Path) -> Option<PathBuf> {
    let stem = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?;
    let other = match stem.strip_suffix(LATE) {
        Some(main) => format!("{main}{EXTENSION}"),
        None => format!("{stem}{LATE}{EXTENSION}"),
    };
    Some(path.with_file_name(other))
}

/// The name of a new staging folder of a run: `{stamp}_{runner}_{run id}.{process}-{random}`.
pub(super) fn staging_name(run: &RunIdentity) -> String {
    format!(
        "{}_{}.{}-{:08x}",
        name_of(run),
        run.run_id,
        std::process::id(),
        rand::random::<u32>()
    )
}

/// Whether a staging folder is one of a run at work with this [`name_of`].
pub(super) fn is_staging_of(folder_name: &str, name: &str) -> bool {
    let rest = match StagingKind::of(folder_name) {
        StagingKind::Abandoned => None,
        StagingKind::WithLease => folder_name.rsplit_once('.').map(|(rest, _)| rest),
        StagingKind::WithLockedFolder => folder_name.rsplitn(3, '.').nth(2),
    };
    let run = rest.and_then(|rest| rest.rsplit_once('_'));
    run.is_some_and(|(run, _id)| run == name)
}

/// What the name of a staging folder tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StagingKind {
    /// Its process holds a lease.
    WithLease,
    /// Of a version before, whose processes locked the folder: `{stamp}_{runner}_{run id}.{process}.{number}`.
    WithLockedFolder,
    /// Its process is dead or has given it up: [`abandoned_name`].
    Abandoned,
}

impl StagingKind {
    pub(super) fn of(folder_name: &str) -> Self {
        let end = folder_name.rsplit_once('.').map(|(_, end)| end);
        if folder_name.starts_with(ABANDONED) {
            Self::Abandoned
        } else if end.is_some_and(|end| end.contains('-')) {
            Self::WithLease
        } else {
            Self::WithLockedFolder
        }
    }
}

/// The name that a staging folder has from the moment when nobody may write in it any more.
pub(super) fn abandoned_name(folder_name: &str) -> String {
    format!("{ABANDONED}{folder_name}")
}

/// The place of the late part that belongs to a file; none if it is one itself.
pub(super) fn late_part(path: &str) -> Option<String> {
    let stem = path.strip_suffix(EXTENSION)?;
    (!stem.ends_with(LATE)).then(|| format!("{stem}{LATE}{EXTENSION}"))
}

/// The partition of a run, relative to the lake's root: `dt=YYYY-MM-DD/hr=HH`, in UTC.
///
/// It comes from the run's timestamp, for every device of the run, however long the run takes: a run never straddles
/// two partitions.
pub fn partition(run: &RunIdentity) -> PathBuf {
    PathBuf::from(partition_at(run.run_timestamp))
}

/// The partition of a second.
pub(super) fn partition_at(run_timestamp: i64) -> String {
    utc(run_timestamp).format("dt=%Y-%m-%d/hr=%H").to_string()
}

/// The table that a file belongs to, given its path below the lake's root: that of its folder, or of its name where each device has
/// its own files.
pub(super) fn table_of(path: &str) -> Option<&str> {
    let mut rest = path.split('/').skip_while(|part| part.contains('='));
    let (first, second) = (rest.next()?, rest.next());
    if second.is_some() {
        return Some(first);
    }
    let mut datasets = records::tables::DATASETS.iter();
    datasets
        .find(|dataset| first.starts_with(&dataset.per_device_stem))
        .map(|dataset| dataset.name.as_str())
}

/// The run of a file, as its name tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileRun<'p> {
    /// UTC second at which it began.
    pub(super) timestamp: i64,
    /// Runner and run id.
    pub(super) name: &'p str,
    /// Whether the file is of the run's late part.
    pub(super) is_late: bool,
}

/// The run of a file of this dataset, given its path below the lake's root; none for the layout with a folder for each device, and for
/// names that are not ours.
pub(super) fn run_of<'p>(path: &'p str, dataset: &Dataset) -> Option<FileRun<'p>> {
    run_in(path, &dataset.file_stem)
}

fn run_in<'p>(path: &'p str, file_stem: &str) -> Option<FileRun<'p>> {
    let (_, file_name) = path.rsplit_once('/')?;
    let stem = file_name.strip_suffix(EXTENSION)?;
    let (stem, is_late) = match stem.strip_suffix(LATE) {
        Some(main) => (main, true),
        None => (stem, false),
    };
    let run = stem.strip_prefix(file_stem)?.strip_prefix('_')?;
    let (stamp, name) = run.split_at_checked(STAMP_LENGTH)?;
    let began = chrono::NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some(FileRun {
        timestamp: began.and_utc().timestamp(),
        name: name.strip_prefix('_')?,
        is_late,
    })
}

/// The start of the names of a table's files in the hourly layout.
fn file_stem(table: &str) -> &str {
    let dataset = records::tables::dataset(table);
    dataset.map_or(table, |dataset| dataset.file_stem.as_str())
}

/// A new name for a file that holds the rows of several runs, for a table's folder below the lake's root:
/// `{stem}_{YYYYMMDD_HH}_compacted_{random}.parquet`. No two of them are the same, here or at a remote that many lakes are synced to, and
/// none is the name of a run's file: that has minutes and seconds.
pub(super) fn compacted_name(folder: &str) -> Option<String> {
    let end = partition_end(folder)?;
    let stem = file_stem(folder.rsplit('/').next()?);
    Some(format!(
        "{stem}_{}{COMPACTED}{:016x}{EXTENSION}",
        utc(end.checked_sub(3_600)?).format(HOUR),
        rand::random::<u64>()
    ))
}

/// Whether a file is one with the rows of several runs, given its path below the lake's root.
pub(super) fn is_compacted(path: &str) -> bool {
    let name = || {
        let (folder, file_name) = path.rsplit_once('/')?;
        let stem = file_stem(folder.rsplit('/').next()?);
        let rest = file_name.strip_suffix(EXTENSION)?.strip_prefix(stem)?;
        rest.strip_prefix('_')?.split_once(COMPACTED)
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    name().is_some_and(|(hour, random)| {
        let is_hour = hour.split_once('_').is_some_and(|(day, hour)| {
            day.len() == 8 && hour.len() == 2 && is_digits(day) && is_digits(hour)
        });
        is_hour && random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Whether a file is named as those of runs are in the hourly layout, given its path below the lake's root.
pub(super) fn is_of_run(path: &str) -> bool {
    table_of(path).is_some_and(|table| run_in(path, file_stem(table)).is_some())
}

/// The folder of a table in an hour, below the lake's root: `dt=…/hr=…/{table}`. None for files that stand elsewhere.
pub(super) fn table_folder(path: &str) -> Option<&str> {
    let (folder, _) = path.rsplit_once('/')?;
    let mut parts = folder.split('/');
    let keys = [parts.next()?, parts.next()?];
    let is_hour = keys[0].starts_with("dt=") && keys[1].starts_with("hr=");
    let table = parts.next()?;
    (is_hour && parts.next().is_none() && !table.contains('=')).then_some(folder)
}

/// The name of a new staging folder of a compaction.
pub(super) fn compaction_name() -> String {
    format!(
        "{COMPACTION}{}-{:08x}",
        std::process::id(),
        rand::random::<u32>()
    )
}

/// Whether a staging folder is one of a compaction, at work or on its way out.
pub(super) fn is_compaction(folder_name: &str) -> bool {
    let name = folder_name.strip_prefix(ABANDONED).unwrap_or(folder_name);
    name.starts_with(COMPACTION)
}

/// The second at which the run of a staging folder began, at work or on its way out; none where the name does not tell.
pub(super) fn staging_timestamp(folder_name: &str) -> Option<i64> {
    let name = folder_name.strip_prefix(ABANDONED).unwrap_or(folder_name);
    let stamp = name.get(..STAMP_LENGTH)?;
    let began = chrono::NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some(began.and_utc().timestamp())
}

/// Whether a file is of the layout with a folder for each device, given its path below the lake's root.
pub fn is_per_device(path: &str) -> bool {
    path.split('/')
        .nth(1)
        .and_then(|segment| segment.split_once('='))
        .is_some_and(|(key, _)| key == DEVICE_COLUMN)
}

/// The second after the last one of a partition, given a path below the lake's root; none where the path names no day.
pub fn partition_end(path: &str) -> Option<i64> {
    let mut segments = path.split('/');
    let day = segments.next()?.strip_prefix("dt=")?;
    let day = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    let hour = segments
        .next()
        .and_then(|segment| segment.strip_prefix("hr="))
        .and_then(|hour| hour.parse::<i64>().ok())
        .filter(|hour| (0..24).contains(hour));
    Some(midnight + hour.map_or(86_400, |hour| (hour + 1) * 3_600))
}

/// The file of a dataset of a run, in the hourly layout.
pub fn file_path(lake: &Path, dataset: &Arc<Dataset>, run: &RunIdentity) -> PathBuf {
    lake.join(Layout::default().target(dataset, "", run, Part::Main))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunIdentity {
        RunIdentity {
            runner_name: "runner/1".to_owned(),
            run_id: "0badcafe".to_owned(),
            run_timestamp: 1_770_132_645,
        }
    }

    fn lanes() -> &'static Arc<Dataset> {
        records::tables::dataset("lane-dom").unwrap()
    }

    #[test]
    fn a_run_has_one_place() {
        assert_eq!(
            file_path(Path::new("lake"), lanes(), &run()),
            Path::new(
                "lake/dt=2026-02-03/hr=15/lane-dom/lane_dom_20260203_153045_runner%2F1_0badcafe.parquet"
            )
        );
        assert_eq!(
            Layout::PerDevice.target(lanes(), "leaf 1", &run(), Part::Main),
            Path::new(
                "dt=2026-02-03/device=leaf%201/optical_metrics_20260203_153045_runner%2F1_0badcafe.parquet"
            )
        );
        assert_eq!(
            Layout::default().target(lanes(), "", &run(), Part::Late),
            Path::new(
                "dt=2026-02-03/hr=15/lane-dom/lane_dom_20260203_153045_runner%2F1_0badcafe_late.parquet"
            )
        );
    }

    #[test]
    fn the_parts_of_a_run_are_told_from_other_runs_and_from_each_other() {
        let [main, late] = [Part::Main, Part::Late]
            .map(|part| Layout::default().target(lanes(), "", &run(), part));
        assert_eq!(other_part(&main), Some(late.clone()));
        assert_eq!(other_part(&late), Some(main.clone()));
        for path in [&main, &late] {
            let file_name = path.file_name().unwrap().to_str().unwrap();
            assert!(is_file_of(file_name, &name_of(&run())), "{file_name}");
            for (runner_name, run_timestamp) in [
                ("1", 1_770_132_645),
                ("runner/1_0badcafe", 1_770_132_645),
                ("runner/1", 1_770_132_646),
            ] {
                let other = RunIdentity {
                    runner_name: runner_name.to_owned(),
                    run_timestamp,
                    ..run()
                };
                assert!(!is_file_of(file_name, &name_of(&other)), "{runner_name}");
            }
        }
    }

    #[test]
    fn a_file_belongs_to_the_table_of_its_folder_or_of_its_name() {
        for (path, table) in [
            ("dt=2026-02-03/hr=15/lane-dom/x.parquet", Some("lane-dom")),
            ("dt=2026-02-03/hr=15/fans/x.parquet", Some("fans")),
            (
                "dt=2026-02-03/device=a/optical_metrics_x.parquet",
                Some("lane-dom"),
            ),
            ("dt=2026-02-03/device=a/other_x.parquet", None),
            ("dt=2026-02-03", None),
        ] {
            assert_eq!(table_of(path), table, "{path}");
        }
    }

    #[test]
    fn a_file_of_ours_tells_its_run() {
        for (part, is_late) in [(Part::Main, false), (Part::Late, true)] {
            let target = Layout::default().target(lanes(), "", &run(), part);
            let expected = FileRun {
                timestamp: run().run_timestamp,
                name: "runner%2F1_0badcafe",
                is_late,
            };
            assert_eq!(run_of(target.to_str().unwrap(), lanes()), Some(expected));
        }
        for other in [
            "dt=2026-02-03/hr=15/lane-dom/x.parquet",
            "dt=2026-02-03/hr=15/lane-dom/lane_dom_20260299_153045_a_b.parquet",
            "dt=2026-02-03/device=a/optical_metrics_20260203_153045_a_b.parquet",
        ] {
            assert_eq!(run_of(other, lanes()), None, "{other}");
        }
    }

    #[test]
    fn a_compacted_file_is_told_from_those_of_runs_whatever_their_runner_is_called() {
        for folder in ["dt=2026-02-03/hr=15/lane-dom", "dt=2026-02-03/hr=15/fans"] {
            let [one, two] = [0, 1].map(|_| compacted_name(folder).unwrap());
            assert_ne!(one, two);
            let path = format!("{folder}/{one}");
            assert!(one.contains("_20260203_15_compacted_"), "{one}");
            assert!(is_compacted(&path) && !is_of_run(&path), "{path}");
            assert_eq!(table_folder(&path), Some(folder));
        }
        let run = RunIdentity {
            runner_name: "20260203_15_compacted".to_owned(),
            run_id: "0123456789abcdef".to_owned(),
            ..run()
        };
        let path = Layout::default().target(lanes(), "", &run, Part::Main);
        let path = path.to_str().unwrap();
        assert!(!is_compacted(path) && is_of_run(path), "{path}");
        for other in [
            "dt=2026-02-03/device=a/optical_metrics_20260203_153045_a_b.parquet",
            "dt=2026-02-03/hr=15/x.parquet",
            "dt=2026-02-03/hr=15/lane-dom/deep/x.parquet",
        ] {
            assert_eq!(table_folder(other), None, "{other}");
        }
    }

    #[test]
    fn a_staging_folder_tells_the_second_of_its_run() {
        for name in [staging_name(&run()), abandoned_name(&staging_name(&run()))] {
            assert_eq!(staging_timestamp(&name), Some(run().run_timestamp));
            assert!(!is_compaction(&name));
        }
        for name in [compaction_name(), abandoned_name(&compaction_name())] {
            assert_eq!(staging_timestamp(&name), None);
            assert!(is_compaction(&name));
        }
        assert_eq!(StagingKind::of(&compaction_name()), StagingKind::WithLease);
        assert!(!is_staging_of(&compaction_name(), &name_of(&run())));
    }

    #[test]
    fn the_second_folder_tells_the_layout() {
        for (path, expected) in [
            ("dt=2026-02-03/device=a/optical_metrics_x.parquet", true),
            ("dt=2026-02-03/hr=15/lane-dom/x.parquet", false),
            ("dt=2026-02-03", false),
        ] {
            assert_eq!(is_per_device(path), expected, "{path}");
        }
    }

    #[test]
    fn a_partition_ends_with_its_hour_or_its_day() {
        assert_eq!(
            partition_end("dt=1970-01-02/hr=05/x"),
            Some(86_400 + 6 * 3_600)
        );
        assert_eq!(partition_end("dt=1970-01-02/device=a/x"), Some(2 * 86_400));
        assert_eq!(partition_end("lanes/x"), None);
    }
}
