//! The settings of the log: the filter, the verbosity and the format.

use crate::view::ColorChoice;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::value::{Accepts, Value};

/// The crates of Lanewatch. A level without a module is for these; libraries log at `warn` or less unless the filter names them.
const OWN_CRATES: &[&str] = &[
    "analysis",
    "collector",
    "inventory",
    "lanewatch",
    "metrics",
    "netconf",
    "records",
    "sim",
    "server",
    "sinks",
];

/// Which events are logged, in the grammar that Rust programs share: `debug`, `warn,netconf=trace`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogFilter {
    text: String,
    targets: Targets,
}

impl Value for LogFilter {
    const ACCEPTS: Accepts = Accepts::text(
        "a level (`error`, `warn`, `info`, `debug`, `trace`), or `module=level` with commas",
    );

    fn parse(text: &str) -> Option<Self> {
        Some(Self {
            text: text.to_owned(),
            targets: text.parse().ok()?,
        })
    }

    fn show(&self) -> Option<String> {
        Some(self.text.clone())
    }
}

/// How many `-v` were given: one logs `info`, two `debug`, three `trace`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verbosity(u8);

impl Verbosity {
    /// The most that means anything.
    const MOST: u8 = 3;

    /// No `-v`: the filter alone decides.
    pub(super) const NONE: Self = Self(0);

    fn level(self) -> LevelFilter {
        match self.0 {
            0 => LevelFilter::OFF,
            1 => LevelFilter::INFO,
            2 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        }
    }
}

impl Value for Verbosity {
    const ACCEPTS: Accepts = Accepts {
        alone: Some("1"),
        is_counted: true,
        ..Accepts::text("a number from 0 to 3")
    };

    fn parse(text: &str) -> Option<Self> {
        let number = text.trim().parse().ok()?;
        (number <= Self::MOST).then_some(Self(number))
    }

    /// Each occurrence of the flag adds to the others.
    fn parse_all(texts: &[String]) -> Option<Self> {
        let mut sum = 0_u8;
        for text in texts {
            sum = sum.saturating_add(Self::parse(text)?.0);
        }
        Some(Self(sum.min(Self::MOST)))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people: time, level, spans, target, message and fields.
    #[default]
    Text,
    /// For programs: a JSON object a line.
    Json,
}

impl Value for LogFormat {
    const ACCEPTS: Accepts = Accepts::one_of("`text` or `json`", &["text", "json"]);

    fn parse(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn show(&self) -> Option<String> {
        let word = match self {
            Self::Text => "text",
            Self::Json => "json",
        };
        Some(word.to_owned())
    }
}

/// What is written to standard error besides errors. It is needed before all other settings are resolved.
#[derive(Debug, Default)]
pub(crate) struct MessageOptions {
    /// The events that are logged; none logs nothing.
    pub(crate) log: Option<Targets>,
    /// The form of a log line.
    pub(crate) log_format: LogFormat,
    /// Whether progress, warnings and summaries are left out.
    pub(crate) is_quiet: bool,
    /// Whether verdicts and severities are coloured.
    pub(crate) color: ColorChoice,
}

/// The level of each module, from the filter and the number of `-v`; the one that logs more wins. None logs nothing.
pub(super) fn log_targets(filter: Option<&LogFilter>, verbosity: Verbosity) -> Option<Targets> {
    let filter = filter.map_or_else(Targets::new, |filter| filter.targets.clone());
    let level = filter.default_level().unwrap_or(LevelFilter::OFF);
    let level = level.max(verbosity.level());
    let named: Vec<_> = filter
        .iter()
        .map(|(target, level)| (target.to_owned(), level))
        .collect();
    if level == LevelFilter::OFF && named.is_empty() {
        return None;
    }
    let own = OWN_CRATES.iter().map(|name| ((*name).to_owned(), level));
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN));
    Some(targets.with_targets(own.chain(named)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tracing::Level;

    use super::*;

    fn targets(filter: &str, verbosity: u8) -> Option<Targets> {
        log_targets(LogFilter::parse(filter).as_ref(), Verbosity(verbosity))
    }

    #[test]
    fn a_level_is_for_our_crates_and_libraries_are_named_to_be_heard() {
        let debug = targets("debug", 0).unwrap();
        assert!(debug.would_enable("netconf::session", &Level::DEBUG));
        assert!(!debug.would_enable("netconf::session", &Level::TRACE));
        assert!(debug.would_enable("russh::client", &Level::WARN));
        assert!(!debug.would_enable("russh::client", &Level::INFO));
        let both = targets("error,russh=trace,netconf=debug", 0).unwrap();
        assert!(both.would_enable("russh::client", &Level::TRACE));
        assert!(both.would_enable("netconf::session", &Level::DEBUG));
        assert!(!both.would_enable("sinks::lake", &Level::WARN));
        assert!(!both.would_enable("hyper::client", &Level::WARN));
    }

    #[test]
    fn the_flag_and_the_filter_add_up_and_neither_means_no_log() {
        assert_eq!(log_targets(None, Verbosity::NONE), None);
        let level = |filter, verbosity| {
            let targets = targets(filter, verbosity).unwrap();
            let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN];
            levels
                .into_iter()
                .find(|level| targets.would_enable("collector", level))
        };
        assert_eq!(level("warn", 1), Some(Level::INFO));
        assert_eq!(level("warn", 2), Some(Level::DEBUG));
        assert_eq!(level("trace", 1), Some(Level::TRACE));
        assert_eq!(level("russh=info", 0), None);
        let given = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            Verbosity::parse_all(&texts).and_then(|verbosity| verbosity.show())
        };
        assert_eq!(given(&["1", "1"]).as_deref(), Some("2"));
        assert_eq!(given(&["1", "1", "1", "1"]).as_deref(), Some("3"));
        assert_eq!(given(&["1", "many"]), None);
    }

    #[test]
    fn every_crate_of_ours_is_named() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for entry in std::fs::read_dir(crates).unwrap() {
            let manifest = std::fs::read_to_string(entry.unwrap().path().join("Cargo.toml"));
            let Ok(manifest) = manifest else { continue };
            let name = manifest
                .lines()
                .find_map(|line| line.strip_prefix("name = "));
            let name = name.unwrap().trim_matches('"');
            let is_patched = name.starts_with("russh"); // a dependency, kept here
            assert!(is_patched || OWN_CRATES.contains(&name), "{name}");
        }
    }
}
