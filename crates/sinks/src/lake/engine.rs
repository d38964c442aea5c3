//! The engines that are told how to read the lake, and what their SQL has different.

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Amazon Athena.
    Athena,
    /// Trino, with a Hive catalogue that is the current one.
    Trino,
    /// Apache Spark.
    Spark,
    /// DuckDB.
    DuckDb,
}

impl Engine {
    /// Whether it can read the tables where each device has its own folder.
    pub fn reads_per_device(self) -> bool {
        matches!(self, Self::Spark | Self::DuckDb)
    }

    /// The inside of a text between single quotes. Hive's grammar, and Spark's after it, take a doubled quote for two texts.
    pub(super) fn quoted(self, text: &str) -> String {
        match self {
            Self::Athena | Self::Spark => text.replace('\\', "\\\\").replace('\'', "\\'"),
            Self::Trino | Self::DuckDb => text.replace('\'', "''"),
        }
    }
}
