//! Where a run's files stand in the lake.

use std::path::{Path, PathBuf};

use records::table::Dataset;

use crate::{RunIdentity, file_name, utc};

/// The partition of a run, relative to the lake's root: `dt=YYYY-MM-DD/hr=HH`, in UTC.
///
/// It comes from the run's timestamp, for every device of the run, however long the run takes: a run never straddles
/// two partitions.
pub fn partition(run: &RunIdentity) -> PathBuf {
    PathBuf::from(
        utc(run.run_timestamp)
            .format("dt=%Y-%m-%d/hr=%H")
            .to_string(),
    )
}

/// The file of a dataset of a run, below the lake's root.
pub fn file_path(lake: &Path, dataset: &Dataset, run: &RunIdentity) -> PathBuf {
    let name = format!(
        "{}_{}_{}_{}.parquet",
        dataset.file_stem,
        run.stamp(),
        file_name::encode(&run.runner_name),
        run.run_id
    );
    lake.join(partition(run)).join(&dataset.name).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_place() {
        let run = RunIdentity {
            runner_name: "runner/1".to_owned(),
            run_id: "0badcafe".to_owned(),
            run_timestamp: 1_770_132_645,
        };
        let lanes = records::table::DATASETS
            .iter()
            .find(|dataset| dataset.name == "lane-dom")
            .unwrap();
        assert_eq!(
            file_path(Path::new("lake"), lanes, &run),
            Path::new(
                "lake/dt=2026-02-03/hr=15/lane-dom/lane_dom_20260203_153045_runner%2F1_0badcafe.parquet"
            )
        );
    }
}
