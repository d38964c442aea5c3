//! The web configuration as its files have it now: they are looked at before each connection and each request.
//!
//! A file is read anew when its size, its time or its place on the disk differs. What is broken then is told once, and the last good
//! configuration stays.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use inventory::Problem;
use rustls::ServerConfig;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::status::ErrorObserver;
use crate::tls;
use crate::web_config::WebConfig;

/// What connections and requests are held against.
#[derive(Debug, Default)]
pub(crate) struct Web {
    pub(crate) config: WebConfig,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// The digest of the bearer token.
    pub(crate) token: Option<[u8; 32]>,
}

impl Web {
    /// Whether anybody is let in who reaches the port.
    pub(crate) fn is_open(&self) -> bool {
        let has_clients = |tls: &crate::web_config::TlsConfig| tls.clients.is_some();
        self.config.users.is_empty()
            && self.token.is_none()
            && !self.config.tls.as_ref().is_some_and(has_clients)
    }
}

/// The files, and what they said last.
pub(crate) struct WebFiles {
    tell: ErrorObserver,
    config_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    web: Arc<Web>,
    prints: Vec<Print>,
}

/// What of a file tells that it is another one.
type Print = (PathBuf, Option<(u64, i64, i64, u64)>);

impl WebFiles {
    /// Reads the files. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub(crate) fn read(
        config_file: Option<PathBuf>,
        token_file: Option<PathBuf>,
        tell: ErrorObserver,
    ) -> Result<Self> {
        let (web, prints) = read(config_file.as_deref(), token_file.as_deref());
        let web = web.map_err(|problem| Error::Web(Box::new(problem)))?;
        Ok(Self {
            tell,
            config_file,
            token_file,
            now: Mutex::new(Now {
                web: Arc::new(web),
                prints,
            }),
        })
    }

    /// What they say now. Blocks for as long as it takes to look at a few files, and to read them where they differ.
    pub(crate) fn current(&self) -> Arc<Web> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |(path, print): &Print| print_of(path) == *print;
        if !now.prints.iter().all(is_same)
            && let Err(problem) = self.reload_into(&mut now)
        {
            (self.tell)(&format!("the web configuration stays as it was: {problem}"));
        }
        Arc::clone(&now.web)
    }

    /// Reads the files anew. What is broken leaves the last good ones in place. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub(crate) fn reload(&self) -> Result<(), Problem> {
        self.reload_into(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn reload_into(&self, now: &mut Now) -> Result<(), Problem> {
        let (web, prints) = read(self.config_file.as_deref(), self.token_file.as_deref());
        match web {
            Ok(web) => {
                now.web = Arc::new(web);
                now.prints = prints;
                Ok(())
            }
            Err(problem) => {
                // The files that the good configuration names are looked at on: mending one of them counts too.
                let known = now.prints.iter().map(|(path, _)| path.clone());
                let again = known.map(|path| (print_of(&path), path));
                let mut merged: Vec<Print> = again.map(|(print, path)| (path, print)).collect();
                let new = prints.into_iter();
                let is_new = |(path, _): &Print| merged.iter().all(|(known, _)| known != path);
                let new: Vec<_> = new.filter(is_new).collect();
                merged.extend(new);
                now.prints = merged;
                Err(problem)
            }
        }
    }
}

/// Reads everything, and says which files count.
fn read(config: Option<&Path>, token: Option<&Path>) -> (Result<Web, Problem>, Vec<Print>) {
    let mut prints: Vec<Print> = [config, token]
        .into_iter()
        .flatten()
        .map(|path| (path.to_owned(), print_of(path)))
        .collect();
    let mut read = || {
        let config = match config {
            None => WebConfig::default(),
            Some(path) => WebConfig::parse(&text_of(path, "web configuration file")?, path)?,
        };
        prints.extend(config.files().map(|path| (path.to_owned(), print_of(path))));
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?;
        let token = token.map(digest_of_token).transpose()?;
        Ok(Web { config, tls, token })
    };
    let web = read();
    (web, prints)
}

fn text_of(path: &Path, what: &str) -> Result<String, Problem> {
    let text = fs::read_to_string(path);
    text.map_err(|error| {
        Problem::new(format!(
            "cannot read the {what} {}: {error}",
            path.display()
        ))
    })
}

fn digest_of_token(path: &Path) -> Result<[u8; 32], Problem> {
    let text = zeroize::Zeroizing::new(text_of(path, "token file")?);
    match text.trim() {
        "" => Err(Problem::new(format!(
            "the token file {} is empty",
            path.display()
        ))),
        token => Ok(Sha256::digest(token).into()),
    }
}

fn print_of(path: &Path) -> Option<(u64, i64, i64, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.len(), found.mtime(), found.mtime_nsec(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_counts_at_once_and_a_broken_one_leaves_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web.yml");
        let token = folder.path().join("token");
        fs::write(&path, "").unwrap();
        fs::write(&token, "sesame\n").unwrap();
        let files =
            WebFiles::read(Some(path.clone()), Some(token.clone()), Arc::new(|_| {})).unwrap();
        let first = files.current();
        assert!(first.config.headers.is_empty() && !first.is_open());
        let header = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n";
        fs::write(&path, header).unwrap();
        assert_eq!(files.current().config.headers.len(), 1);
        fs::write(&path, "nonsense: true\n").unwrap();
        assert_eq!(files.current().config.headers.len(), 1);
        let problem = files.reload().unwrap_err().to_string();
        assert!(problem.contains(":1: unknown key `nonsense`"), "{problem}");
        fs::write(&token, "open sesame\n").unwrap();
        fs::write(&path, "").unwrap();
        let last = files.current();
        assert!(last.config.headers.is_empty() && last.token != first.token);
    }

    #[test]
    fn a_missing_file_is_named_at_the_start() {
        let missing = PathBuf::from("/dev/null/web.yml");
        let read = WebFiles::read(Some(missing), None, Arc::new(|_| {}));
        let error = read.err().map(|error| error.to_string()).unwrap();
        let expected = "cannot read the web configuration file /dev/null/web.yml: ";
        assert!(error.starts_with(expected), "{error}");
    }
}
