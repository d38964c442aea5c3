//! What can be asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::answer::Format;
use crate::quantity;

/// Query the lake in SQL.
///
/// Tables: intf_dom, lane_dom, intf_counters and those of mappings. Views: lane_fec, lane_latest, lane_margin, fec_deltas.
/// Every one has the columns dt and hr; a condition on them decides which folders are looked into at all.
#[derive(Debug, Parser)]
#[command(
    name = "lanewatch query",
    bin_name = "lanewatch query",
    version,
    max_term_width = 100,
    args_override_self = true,
    after_help = "Exit status:\n  0  answered\n  1  the query failed: a limit, a broken file, the network\n  2  the statement, the arguments or the lake are wrong"
)]
pub(crate) struct Arguments {
    /// The statement: SELECT, EXPLAIN, SHOW or DESCRIBE; `-` reads it from standard input
    #[arg(value_name = "SQL", required_unless_present_any = ["file", "tables"])]
    pub(crate) statement: Option<String>,
    /// Read the statement from a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["statement", "tables"])]
    pub(crate) file: Option<PathBuf>,
    /// List tables and views with their columns, units and meanings, and ask nothing
    #[arg(long, conflicts_with = "statement")]
    pub(crate) tables: bool,
    /// The lake: its folder, or s3://bucket/prefix with the usual AWS_* variables
    #[arg(
        long,
        value_name = "LAKE",
        env = "LANEWATCH_LAKE",
        default_value = "raw_ml_data"
    )]
    pub(crate) lake: String,
    /// Look at no day before this one (UTC), in any table or view
    #[arg(long, value_name = "DAY", value_parser = quantity::day)]
    pub(crate) since: Option<String>,
    /// Look at no day after this one (UTC), in any table or view
    #[arg(long, value_name = "DAY", value_parser = quantity::day)]
    pub(crate) until: Option<String>,
    /// How the answer is written [default: what the name of --output ends in, else table]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Write the answer to this file; it is complete or absent
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show at most so many rows, 0 for all [default: 100 in a table, else all]
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<usize>,
    /// Run the query and say what it read and what it could skip, in place of the rows
    #[arg(long, conflicts_with_all = ["format", "output", "tables"])]
    pub(crate) explain: bool,
    /// Give up after this time
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = quantity::duration)]
    pub(crate) timeout: Duration,
    /// Hold at most so much of intermediate results in memory; sorts and groups go on by way of temporary files
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = quantity::size)]
    pub(crate) memory: usize,
}

/// Rows of a table when nobody says how many.
const ROWS_OF_A_TABLE: usize = 100;

impl Arguments {
    /// How the answer is written.
    pub(crate) fn format(&self) -> Format {
        let by_name = || self.output.as_deref().and_then(Format::of_file);
        self.format.or_else(by_name).unwrap_or(Format::Table)
    }

    /// How many rows are written; none: all.
    pub(crate) fn limit(&self) -> Option<usize> {
        match self.limit {
            Some(0) => None,
            Some(limit) => Some(limit),
            None => (self.format() == Format::Table).then_some(ROWS_OF_A_TABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::try_parse_from(std::iter::once(&"query").chain(words)).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_name_of_the_file_decides_unless_a_format_is_given() {
        assert_eq!(arguments(&["x"]).format(), Format::Table);
        assert_eq!(arguments(&["x", "-o", "a.csv"]).format(), Format::Csv);
        assert_eq!(
            arguments(&["x", "-o", "a.csv", "--format", "json"]).format(),
            Format::Json
        );
        assert_eq!(arguments(&["x", "-o", "a"]).format(), Format::Table);
    }

    #[test]
    fn only_a_table_has_an_end_by_itself() {
        assert_eq!(arguments(&["x"]).limit(), Some(100));
        assert_eq!(arguments(&["x", "--limit", "0"]).limit(), None);
        assert_eq!(arguments(&["x", "--format", "csv"]).limit(), None);
        assert_eq!(
            arguments(&["x", "--format", "csv", "--limit", "5"]).limit(),
            Some(5)
        );
    }

    #[test]
    fn a_statement_is_needed_once() {
        let wrong = |words: &[&str]| {
            Arguments::try_parse_from(std::iter::once(&"query").chain(words)).is_err()
        };
        assert!(wrong(&[]));
        assert!(wrong(&["x", "--file", "y.sql"]));
        assert!(wrong(&["x", "--tables"]));
        assert!(!wrong(&["--tables"]));
        assert!(!wrong(&["--file", "y.sql"]));
        assert!(!wrong(&["-"]));
    }
}
