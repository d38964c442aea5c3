//! The sinks of a run, as one closed set.

use sinks::RunFolder;
use sinks::lake::Writer;
use sinks::push::Gateway;

use super::documents::DocumentsSink;
use super::lake::LakeSink;
use super::metrics::MetricsSink;
use super::output::{DeviceOutput, Published, SinkEnd};
use super::push::PushSink;
use super::scrape::ScrapeSink;
use crate::clock::Clock;
use crate::options::Options;
use crate::plan::Plan;
use crate::report::RunReport;

/// A place that rows or documents go to. A sink runs in a thread of its own: its methods may block.
#[derive(Debug)]
pub(crate) enum Sink {
    Documents(DocumentsSink),
    Lake(Box<LakeSink>),
    Metrics(Box<MetricsSink>),
    Push(Box<PushSink>),
    Scrape(Box<ScrapeSink>),
    /// A sink whose behaviour a test decides.
    #[cfg(test)]
    Scripted(super::fan_out::tests::ScriptedSink),
}

/// The sinks that a run has.
pub(crate) fn sinks_of(
    options: &Options,
    plan: &Plan,
    folder: &RunFolder,
    lake: Writer,
    gateway: Option<Gateway>,
    clock: Clock,
) -> Vec<Sink> {
    let mut sinks = vec![
        Sink::Documents(DocumentsSink::new(folder.clone())),
        Sink::Lake(Box::new(LakeSink::new(lake))),
    ];
    let metrics = options.output.metrics.clone();
    sinks.extend(metrics.map(|file| Sink::Metrics(Box::new(MetricsSink::new(file, plan)))));
    if let (Some(push), Some(gateway)) = (&options.output.push, gateway) {
        let sink = PushSink::new(push, gateway, options.limits.retry, plan, clock);
        sinks.push(Sink::Push(Box::new(sink)));
    }
    let live = options.output.scrape.clone();
    sinks.extend(live.map(|live| Sink::Scrape(Box::new(ScrapeSink::new(live, plan)))));
    sinks
}

/// Which sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SinkKind {
    Documents,
    Lake,
    Metrics,
    Push,
    Scrape,
}

impl SinkKind {
    /// What messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Documents => "the JSON documents",
            Self::Lake => "the lake",
            Self::Metrics => "the metrics",
            Self::Push => "the Pushgateway",
            Self::Scrape => "the series for scrapes",
        }
    }

    /// Says in the report of the run that this sink does not have everything. The report has no place for some: theirs comes back.
    pub(crate) fn report_failure(self, why: String, report: &mut RunReport) -> Option<String> {
        match self {
            Self::Documents => report.documents_error = Some(why),
            Self::Lake => report.lake_error = Some(why),
            Self::Metrics | Self::Scrape => return Some(why),
            Self::Push => {
                let push = report.push.get_or_insert_default();
                push.error.get_or_insert(why);
            }
        }
        None
    }

    /// How a device meets it.
    pub(crate) fn hold(self) -> Hold {
        match self {
            Self::Documents => Hold::UntilWritten,
            Self::Lake => Hold::UntilQueued,
            Self::Metrics | Self::Push | Self::Scrape => Hold::Never,
        }
    }
}

/// How a device meets a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The device keeps its turn until the sink has written what it left; a failure is the device's.
    UntilWritten,
    /// The device keeps its turn until its output is in the queue; a failure is the run's.
    UntilQueued,
    /// The device never waits. The newest output of a device replaces an older one.
    Never,
}

impl Sink {
    /// Which one it is.
    pub(crate) fn kind(&self) -> SinkKind {
        match self {
            Self::Documents(_) => SinkKind::Documents,
            Self::Lake(_) => SinkKind::Lake,
            Self::Metrics(_) => SinkKind::Metrics,
            Self::Push(_) => SinkKind::Push,
            Self::Scrape(_) => SinkKind::Scrape,
            #[cfg(test)]
            Self::Scripted(sink) => sink.kind,
        }
    }

    /// Takes what a device left. The error is a sentence.
    pub(crate) fn take(&mut self, output: &DeviceOutput) -> Result<(), String> {
        match self {
            Self::Documents(sink) => sink.take(output),
            Self::Lake(sink) => {
                sink.take(output);
                Ok(())
            }
            Self::Metrics(sink) => {
                sink.take(output);
                Ok(())
            }
            Self::Push(sink) => {
                sink.take(output);
                Ok(())
            }
            Self::Scrape(sink) => {
                sink.take(output);
                Ok(())
            }
            #[cfg(test)]
            Self::Scripted(sink) => sink.take(output),
        }
    }

    /// Shows what has come so far to readers. More follows.
    pub(crate) fn publish(&mut self, published: &Published) -> Result<(), String> {
        match self {
            // The gateway has each device as soon as it has ended.
            Self::Documents(_) | Self::Push(_) => Ok(()),
            Self::Lake(sink) => sink.publish(),
            Self::Metrics(sink) => sink.publish(published),
            Self::Scrape(sink) => {
                sink.publish(published);
                Ok(())
            }
            #[cfg(test)]
            Self::Scripted(_) => Ok(()),
        }
    }

    /// Completes it: nothing more comes.
    pub(crate) fn finish(self) -> SinkEnd {
        match self {
            Self::Documents(_) | Self::Metrics(_) | Self::Scrape(_) => SinkEnd::default(),
            Self::Lake(sink) => sink.finish(),
            Self::Push(sink) => sink.finish(),
            #[cfg(test)]
            Self::Scripted(_) => SinkEnd::default(),
        }
    }

    /// Ends it as it is: it has not had every device, and what it has must not look like the whole run.
    pub(crate) fn abandon(self) -> SinkEnd {
        match self {
            Self::Documents(_) | Self::Metrics(_) | Self::Scrape(_) => SinkEnd::default(),
            Self::Lake(sink) => sink.abandon(),
            Self::Push(sink) => sink.abandon(),
            #[cfg(test)]
            Self::Scripted(_) => SinkEnd::default(),
        }
    }
}
