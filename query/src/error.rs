//! Why there is no answer, shaped by who can do something about it.

use crate::place::Place;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments or the lake that they name.
    #[error("{0}")]
    Usage(String),
    /// The statement, and where in it.
    #[error("{message}")]
    Statement {
        /// A sentence.
        message: String,
        /// Where, if that is known.
        place: Option<Place>,
    },
    /// The statement is right, and yet it came to nothing: a broken file, a limit, the network.
    #[error("{0}")]
    Failed(String),
    /// The caller stopped us.
    #[error("stopped before the answer was complete")]
    Stopped,
    /// Whoever read the answer has gone away (`| head`): nobody is left to be told.
    #[error("nobody reads the answer")]
    NobodyReads,
}

impl Error {
    /// What the process ends with. The numbers are those of `lanewatch`.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::NobodyReads => 0,
            Self::Failed(_) => 1,
            Self::Usage(_) | Self::Statement { .. } => 2,
            Self::Stopped => 130,
        }
    }
}

/// An answer, or why there is none.
pub type Result<T, E = Error> = std::result::Result<T, E>;
