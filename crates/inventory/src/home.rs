//! Expands `~/` at the beginning of a path.

use std::path::{Path, PathBuf};

/// `~/x` below the home folder; anything else as it is.
pub fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}
