//! The files of the checkout: those that are committed, and those that would be with the next `git add`.

use std::path::Path;
use std::process::Command;

use crate::process;

/// The text files of the checkout.
pub(super) struct Checkout {
    pub(super) files: Vec<TextFile>,
}

/// One file. A file that is not UTF-8 has an empty text: its path still counts.
pub(super) struct TextFile {
    /// From the root, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Checkout {
    /// Lists the files with git and reads them.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let mut git = Command::new("git");
        // CI may run as another user than the one who cloned.
        git.args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listing = process::capture(git.current_dir(root))?;
        let mut files = Vec::new();
        for path in listing.split_terminator('\0') {
            let Ok(bytes) = std::fs::read(root.join(path)) else {
                continue; // deleted and not yet told to git, or a link to nowhere
            };
            files.push(TextFile {
                path: path.to_owned(),
                text: String::from_utf8(bytes).unwrap_or_default(),
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// The Rust sources.
    pub(super) fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The files under a folder; `folder` ends in a slash.
    pub(super) fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a TextFile> {
        self.files
            .iter()
            .filter(move |file| file.path.starts_with(folder))
    }

    /// One file by its path.
    pub(super) fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Lines with their numbers, counted from one as editors do.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
impl Checkout {
    /// A checkout of a test's making.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }
}
