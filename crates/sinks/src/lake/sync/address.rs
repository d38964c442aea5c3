//! Parses the address of a remote lake: a bucket and a prefix in it, or a folder.
//!
//! A prefix is taken as it is written, as the AWS tools take it: `#`, `?` and `%` are characters like others. What would name another
//! place than the one that people read is refused.

use std::path::{Path, PathBuf};

use object_store::path::Path as Key;
use url::Url;

use crate::{Error, Result};

/// Where a remote lake is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// In a bucket, or a container of Azure.
    Bucket(Bucket),
    /// In a folder that this machine sees.
    Folder(PathBuf),
}

/// A place in an object store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) kind: StoreKind,
    pub(super) scheme: String,
    pub(super) name: String,
    pub(super) prefix: Key,
}

/// Whose protocol a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreKind {
    S3,
    Google,
    Azure,
}

const EXPECTED: &str = "`s3://bucket/prefix`, `gs://…`, `az://…` or a folder was expected";

impl Address {
    /// Reads what a person wrote. Nothing is contacted.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let bad = |why: String| Error::RemoteAddress(format!("`{text}` is no remote lake: {why}"));
        let Some((scheme, rest)) = text.split_once("://") else {
            if let Some((scheme, rest)) = text.split_once(":/")
                && is_scheme(scheme)
            {
                let why = format!("a slash is missing; `{scheme}://{rest}` was expected");
                return Err(bad(why));
            }
            return Ok(Self::Folder(PathBuf::from(text)));
        };
        let kind = match scheme {
            "file" => {
                let path = Url::parse(text)
                    .ok()
                    .and_then(|url| url.to_file_path().ok());
                let path =
                    path.ok_or_else(|| bad("a path on this machine was expected".to_owned()));
                return path.map(Self::Folder);
            }
            "s3" | "s3a" => StoreKind::S3,
            "gs" => StoreKind::Google,
            "az" | "azure" | "abfs" | "abfss" | "adl" => StoreKind::Azure,
            other => return Err(bad(format!("`{other}://` is not known; {EXPECTED}"))),
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.contains('@') {
            return Err(Error::RemoteAddress(
                "a remote lake's address holds no credentials: use the environment or a profile"
                    .to_owned(),
            ));
        }
        if name.is_empty() {
            return Err(Error::RemoteAddress(format!(
                "`{text}` names no bucket: `{scheme}://bucket/prefix` was expected"
            )));
        }
        let is_in_names = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c);
        if !name.chars().all(is_in_names) {
            return Err(bad(format!("`{name}` is no name of a bucket")));
        }
        Ok(Self::Bucket(Bucket {
            kind,
            scheme: scheme.to_owned(),
            name: name.to_owned(),
            prefix: prefix_of(prefix).map_err(bad)?,
        }))
    }
}

impl Bucket {
    /// As it is named to people and in the state: where the files really go.
    pub(super) fn url(&self) -> String {
        match self.prefix.as_ref() {
            "" => format!("{}://{}", self.scheme, self.name),
            prefix => format!("{}://{}/{prefix}", self.scheme, self.name),
        }
    }
}

/// The folder of a remote lake, which must be there: a share that is not mounted is told from one that is.
pub(super) fn existing_folder(path: &Path) -> Result<PathBuf> {
    let refused = |why: String| {
        Error::RemoteAddress(format!("cannot use the folder {}: {why}", path.display()))
    };
    match path.canonicalize() {
        Ok(found) if found.is_dir() => Ok(found),
        Ok(_) => Err(refused("it is a file".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = path.to_string_lossy();
            let bucket = match path.is_relative() && !text.starts_with('.') {
                true => format!("; a bucket is `s3://{text}`"),
                false => String::new(),
            };
            Err(refused(format!(
                "it is not there: create it, or mount the share that it is on{bucket}"
            )))
        }
        Err(error) => Err(refused(error.to_string())),
    }
}

/// Checks an address that requests are to be sent to.
pub(super) fn check_endpoint(what: &str, endpoint: &str) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::AwsConfiguration(format!(
            "`{endpoint}` is no address of {what}: {why}; `https://host` or `http://host:port` was expected"
        )))
    };
    if endpoint.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return refused("it has a blank in it");
    }
    match endpoint.split_once("://") {
        None => return refused("it does not begin with `https://` or `http://`"),
        Some(("http" | "https", _)) => {}
        Some(_) => return refused("only `https://` and `http://` are known"),
    }
    let Ok(url) = Url::parse(endpoint) else {
        return refused("it cannot be read");
    };
    if url.host_str().is_none_or(str::is_empty) {
        return refused("it names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::AwsConfiguration(format!(
            "the address of {what} holds no credentials: use the environment or a profile"
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("it has a `?` or `#` in it");
    }
    Ok(())
}

fn is_scheme(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '+')
}

fn prefix_of(text: &str) -> std::result::Result<Key, String> {
    if text.starts_with('/') || text.contains("//") {
        return Err("two slashes follow one another in its prefix".to_owned());
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.split('/').any(|part| part == "." || part == "..") {
        return Err("`.` and `..` are no folders in a bucket".to_owned());
    }
    Key::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> String {
        match Address::parse(text).unwrap() {
            Address::Bucket(bucket) => bucket.url(),
            Address::Folder(path) => path.display().to_string(),
        }
    }

    #[test]
    fn a_prefix_is_what_was_written() {
        for text in [
            "s3://lake",
            "s3://lake/raw#1",
            "s3://lake/raw?v=2",
            "s3://lake/a%20c/d e",
            "gs://b/@x",
            "az://container/ä",
        ] {
            assert_eq!(url(text), text);
        }
        assert_eq!(url("s3://lake/"), "s3://lake");
        assert_eq!(url("s3://lake/x/"), "s3://lake/x");
        assert_eq!(url("file:///a%20b"), "/a b");
        assert_eq!(url("some/folder"), "some/folder");
    }

    #[test]
    fn what_would_name_another_place_is_refused() {
        for (text, says) in [
            ("s3://lake/../up", "`..`"),
            ("s3://lake/x//y/", "two slashes"),
            ("s3://lake//", "two slashes"),
            ("s3:/bucket/lake", "`s3://bucket/lake` was expected"),
            ("s3://", "names no bucket"),
            ("s3:///x", "names no bucket"),
            ("s3://la ke/x", "no name of a bucket"),
            ("s3://lake?x", "no name of a bucket"),
            ("s3://lake:9000/x", "no name of a bucket"),
            ("ftp://x/y", "`ftp://` is not known"),
            ("s3://key:secret@bucket/x", "holds no credentials"),
            ("s3://lake/a\u{7}b", "llegal"),
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_is_checked_before_it_is_asked() {
        for good in [
            "https://s3.example",
            "http://127.0.0.1:9000",
            "http://[::1]:9000/",
            "https://x/below",
        ] {
            check_endpoint("the store", good).unwrap();
        }
        for (bad, says) in [
            ("s3.example", "does not begin"),
            ("ftp://x", "only"),
            ("https:// x", "blank"),
            ("https://x y", "blank"),
            ("https://", "cannot be read"),
            ("http://x:99999", "cannot be read"),
            ("https://x?y", "`?`"),
            ("https://key:secret@x", "holds no credentials"),
        ] {
            let error = check_endpoint("the store", bad).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_folder_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        existing_folder(folder.path()).unwrap();
        let error = existing_folder(&folder.path().join("share/lake")).unwrap_err();
        assert!(error.to_string().contains("mount the share"), "{error}");
        let error = existing_folder(Path::new("bucket.example/lake")).unwrap_err();
        assert!(
            error.to_string().contains("`s3://bucket.example/lake`"),
            "{error}"
        );
    }

    proptest! {
        /// Whatever is written is refused or is a place whose name is the same.
        #[test]
        fn no_address_leads_to_another_place(rest in ".{0,40}") {
            let text = format!("s3://{rest}");
            if let Ok(Address::Bucket(bucket)) = Address::parse(&text) {
                prop_assert_eq!(bucket.url(), text.strip_suffix('/').unwrap_or(&text));
            }
            check_endpoint("x", &rest).ok();
        }
    }
}
