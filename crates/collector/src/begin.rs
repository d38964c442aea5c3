//! The beginning of a run: all that can be known before the first packet.

use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use sinks::lake::{Writer, require_free_space};
use sinks::push::Gateway;
use sinks::{RunFolder, RunIdentity};

use super::clock::Clock;
use super::report::cluster_label;
use inventory::{Problem, Problems};

use crate::options::OutputOptions;
use crate::plan::Plan;

/// How long a second is waited for that no run of this runner has. Many may have begun one right after the other before the clock
/// was put back.
const SECOND_WITHIN: Duration = Duration::from_secs(60);

/// Of so many times between runs the median is taken, and of no fewer.
const MOST_GAPS: usize = 5;
const FEWEST_GAPS: usize = 3;

/// What a run has before a device is contacted.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) folder: RunFolder,
    pub(super) identity: RunIdentity,
    pub(super) writer: Writer,
    /// Seconds from one run to the next, where metrics are written and that is known.
    pub(super) interval_seconds: Option<f64>,
    /// The Pushgateway, if devices are pushed to one.
    pub(super) gateway: Option<Gateway>,
}

/// Refuses folders that are not there, or have no room.
fn require_folders(output: &OutputOptions) -> anyhow::Result<()> {
    if let Some(folder) = output
        .metrics
        .as_ref()
        .and_then(|metrics| metrics.path.parent())
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        let message = format!(
            "the metrics cannot be written: {} is no folder; nothing was contacted, make it or choose another with `--metrics-file`",
            folder.display()
        );
        return Err(Problems::from(Problem::new(message)).into());
    }
    if let Some(metrics) = output
        .metrics
        .as_ref()
        .filter(|metrics| metrics.path.is_dir())
    {
        let message = format!(
            "the metrics cannot be written: {0} is a folder; nothing was contacted, name a file in it, such as `--metrics-file {1}`",
            metrics.path.display(),
            metrics.path.join("lanewatch.prom").display()
        );
        return Err(Problems::from(Problem::new(message)).into());
    }
    for (setting, folder) in [
        ("--lake", &output.lake),
        ("--output-dir", &output.output_dir),
    ] {
        require_free_space(folder, output.min_free_space_bytes)
            .map_err(|error| unwritable(setting, &error))?;
    }
    Ok(())
}

/// Makes the run's folder and its place in the lake. Two runs of one runner cannot have the same second, also where the clock was
/// put back: the later one waits for the next.
pub(super) async fn begin(
    plan: &Plan,
    output: &OutputOptions,
    clock: Clock,
) -> anyhow::Result<Begun> {
    let gateway = gateway(output)?;
    let run_id = format!("{:08x}", rand::random::<u32>());
    let began = Instant::now();
    loop {
        let identity = RunIdentity {
            runner_name: plan.runner_name.clone(),
            run_id: run_id.clone(),
            run_timestamp: clock.now(),
        };
        let names = plan.devices.iter().map(|device| device.name.clone());
        let (output, names) = (output.clone(), names.collect());
        // The lake's lock may be waited for, and the disk may be slow: not on the threads of sessions.
        let attempt = tokio::task::spawn_blocking(move || try_begin(&output, identity, names));
        let (setting, error) = match attempt.await?? {
            Ok(begun) => return Ok(Begun { gateway, ..begun }),
            Err(refused) => refused,
        };
        let waits = matches!(error, sinks::Error::RunExists { .. });
        if !waits || began.elapsed() > SECOND_WITHIN {
            return Err(unwritable(setting, &error).into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The Pushgateway of an address that can be used.
fn gateway(output: &OutputOptions) -> Result<Option<Gateway>, Problems> {
    let Some(push) = &output.push else {
        return Ok(None);
    };
    let gateway = Gateway::at(push.address.expose_secret());
    let wrong = |error| Problem::new(format!("{error} (`--push-to`); nothing was contacted"));
    gateway.map(Some).map_err(|error| wrong(error).into())
}

/// One attempt. What the disk refuses is told with the setting that names the folder. Blocks.
fn try_begin(
    output: &OutputOptions,
    identity: RunIdentity,
    names: Vec<String>,
) -> anyhow::Result<Result<Begun, (&'static str, sinks::Error)>> {
    require_folders(output)?;
    let folder = match RunFolder::create(&output.output_dir, &identity) {
        Ok(folder) => folder,
        Err(error) => return Ok(Err(("--output-dir", error))),
    };
    match Writer::begin_new(&output.lake, identity.clone(), names, output.compression) {
        Ok(writer) => {
            let label = cluster_label(output.cluster_name.as_deref());
            Ok(Ok(Begun {
                interval_seconds: interval_seconds(output, &folder, &identity),
                folder,
                identity,
                writer: writer.labelled(label),
                gateway: None,
            }))
        }
        Err(error) => {
            // Nothing was contacted and nothing is left behind, not even an empty folder.
            folder.discard();
            Ok(Err(("--lake", error)))
        }
    }
}

/// The time from one run to the next: what was said, else the median of the times between the last runs. A single run that somebody
/// starts in between does not change a median of several; fewer tell nothing.
fn interval_seconds(
    output: &OutputOptions,
    folder: &RunFolder,
    identity: &RunIdentity,
) -> Option<f64> {
    if let Some(live) = &output.scrape {
        return Some(live.interval.as_secs_f64());
    }
    let file = output.metrics.as_ref().map(|file| file.interval);
    let said = file.or(output.push.as_ref().map(|push| push.interval))?;
    if let Some(interval) = said {
        return Some(interval.as_secs_f64());
    }
    let earlier = folder.earlier_seconds(&output.output_dir, identity);
    let earlier = earlier.unwrap_or_else(|error| {
        tracing::warn!("the time between runs is not known: {error}");
        Vec::new()
    });
    median_gap(identity.run_timestamp, &earlier)
}

/// The median of the gaps between this second and the earlier ones, the newest first; the larger of two in the middle.
pub(crate) fn median_gap(now: i64, earlier: &[i64]) -> Option<f64> {
    let seconds: Vec<i64> = [now].into_iter().chain(earlier.iter().copied()).collect();
    let gaps = seconds.windows(2).take(MOST_GAPS);
    let mut gaps: Vec<i64> = gaps.map(|pair| pair[0].saturating_sub(pair[1])).collect();
    gaps.sort_unstable();
    let middle = gaps
        .get(gaps.len() / 2)
        .filter(|_| gaps.len() >= FEWEST_GAPS)?;
    Some(*middle as f64)
}

/// A folder that cannot take the run: the user's to mend, and known before anything was contacted.
fn unwritable(setting: &str, error: &sinks::Error) -> Problems {
    let advice = match error {
        sinks::Error::LowDisk { .. } => "the limit is `--min-free-space`".to_owned(),
        sinks::Error::RunExists { .. } => {
            "does the clock of this machine stand still, or go back again and again?".to_owned()
        }
        sinks::Error::LakeBusy { .. } => {
            return Problem::new(format!("{error}; nothing was contacted")).into();
        }
        _ => format!("choose a folder that can be written with `{setting}`"),
    };
    Problem::new(format!("{error}; nothing was contacted, {advice}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_runs_is_a_median_and_a_run_by_hand_does_not_change_it() {
        assert_eq!(median_gap(1000, &[]), None);
        assert_eq!(median_gap(1000, &[400, 370]), None, "two gaps tell nothing");
        assert_eq!(median_gap(3000, &[2400, 1800, 1200]), Some(600.0));
        let by_hand = [2700, 2400, 1800, 1200, 600, 0];
        assert_eq!(median_gap(3000, &by_hand), Some(600.0));
        let after_a_night = [30_000, 2400, 1800, 1200];
        assert_eq!(median_gap(30_600, &after_a_night), Some(600.0));
    }
}
