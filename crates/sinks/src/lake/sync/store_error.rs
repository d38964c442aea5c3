//! What a store's error means, in words that help, and whether the next file would meet the same.
//!
//! S3 and Azure answer with a code inside an XML body; object_store gives both as text. It is read here, once: what the caller can do
//! is in the [kind](StoreErrorKind). Nothing of the request is repeated: it holds a signature.

use std::error::Error as StdError;
use std::fmt;

use object_store::Error as ObjectError;

use super::abilities::Lack;
use super::store_error_kind::Scope;
pub use super::store_error_kind::StoreErrorKind;
use super::store_words::{self, Said};

/// An error on the way to the remote lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    /// What was done to what: `write s3://bucket/a.parquet`.
    task: Option<String>,
    cause: String,
    /// What the store says that it does not know.
    lack: Option<Lack>,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.task {
            Some(task) => write!(formatter, "cannot {task}: {}", self.cause),
            None => formatter.write_str(&self.cause),
        }
    }
}

impl StdError for StoreError {}

impl StoreError {
    pub(super) fn new(kind: StoreErrorKind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            task: None,
            cause: cause.into(),
            lack: None,
        }
    }

    fn of(action: &str, place: &str, kind: StoreErrorKind, cause: String) -> Self {
        Self {
            kind,
            task: Some(format!("{action} {place}")),
            cause,
            lack: None,
        }
    }

    /// A file of this machine cannot be used.
    pub(super) fn of_file(error: impl fmt::Display) -> Self {
        Self::new(StoreErrorKind::LocalFile, error.to_string())
    }

    /// What the caller can do.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Why, without the file that met it: the same for all that fail for one cause.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What the store does not know, of an error that is [`StoreErrorKind::NotKnown`], if it says that.
    pub(super) fn lack(&self) -> Option<Lack> {
        self.lack
    }

    /// Whether another attempt may go better.
    pub fn is_passing(&self) -> bool {
        self.kind.scope() == Scope::Attempt
    }

    /// Whether the next file would meet the same.
    pub fn concerns_every_file(&self) -> bool {
        self.kind.scope() == Scope::Lake
    }
}

/// An error of the store while `action` was done to `place`.
pub(super) fn store_error(action: &str, place: &str, error: &ObjectError) -> StoreError {
    // A request without credentials was not sent: their error says all.
    if let Some(own) = own_error(error) {
        return own.clone();
    }
    let said = chain(error);
    if let Some(Said { kind, cause, lack }) = store_words::explained(&said) {
        return StoreError {
            lack,
            ..StoreError::of(action, place, kind, cause)
        };
    }
    let (kind, text) = match error {
        ObjectError::Unauthenticated { .. } => (
            StoreErrorKind::CredentialsRefused,
            "the credentials are not accepted".to_owned(),
        ),
        ObjectError::PermissionDenied { .. } => (
            StoreErrorKind::AccessDenied,
            // A HEAD has no body that could say which.
            "these credentials are not allowed to do that (or the clock of this machine is wrong)"
                .to_owned(),
        ),
        ObjectError::NotFound { .. } => (StoreErrorKind::NotFound, "it is not there".to_owned()),
        // S3's are asked for before.
        _ if said.contains("169.254.169.254") || said.contains("metadata.google") => (
            StoreErrorKind::NoCredentials,
            "no credentials were found in the usual variables (GOOGLE_…, AZURE_…), and no machine's role is to be had here either".to_owned(),
        ),
        ObjectError::Generic { .. } if says_not_known(&said) => (
            StoreErrorKind::NotKnown,
            "the store does not know this kind of request".to_owned(),
        ),
        ObjectError::Generic { source, .. } => {
            let kind = match is_local_disk(&said) {
                true => StoreErrorKind::LocalFile,
                false => StoreErrorKind::NoAnswer,
            };
            (kind, innermost(source.as_ref()))
        }
        other => (StoreErrorKind::Refused, other.to_string()),
    };
    StoreError::of(action, place, kind, text)
}

/// What lies at the bottom of an error says most: `Connection refused`.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut bottom = error;
    while let Some(below) = bottom.source() {
        bottom = below;
    }
    bottom.to_string()
}

/// The error of this crate below one of object_store.
fn own_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e StoreError> {
    let mut below = Some(error);
    while let Some(error) = below {
        if let Some(own) = error.downcast_ref() {
            return Some(own);
        }
        below = error.source();
    }
    None
}

/// The error and all that is below it.
fn chain(error: &ObjectError) -> String {
    let mut said = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        said += "; ";
        said += &error.to_string();
        below = error.source();
    }
    said
}

/// The status of an answer without a body that says more.
fn says_not_known(said: &str) -> bool {
    ["405 ", "501 "]
        .iter()
        .any(|status| said.contains(&format!("status code: {status}")))
}

/// The messages of object_store's store in a folder.
fn is_local_disk(said: &str) -> bool {
    said.contains("LocalFileSystem")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> ObjectError {
        ObjectError::Generic {
            store: "S3",
            source: text.into(),
        }
    }

    fn answer(status: &str, code: &str, message: &str) -> ObjectError {
        generic(&format!(
            "Server returned non-2xx status code: {status}: <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ))
    }

    #[test]
    fn a_code_says_what_to_do_and_whom_it_concerns() {
        let error = answer("400 Bad Request", "ExpiredToken", "no");
        let error = store_error("write to", "s3://lake", &error);
        assert_eq!(error.kind(), StoreErrorKind::CredentialsRefused);
        assert!(error.concerns_every_file() && !error.is_passing());
        assert_eq!(
            error.to_string(),
            "cannot write to s3://lake: the session token has expired: get new credentials and sync again (ExpiredToken: no)"
        );
        for (code, kind) in [
            ("AccessDenied", StoreErrorKind::AccessDenied),
            ("NoSuchBucket", StoreErrorKind::NoSuchBucket),
            ("PermanentRedirect", StoreErrorKind::WrongRegion),
            ("RequestTimeTooSkewed", StoreErrorKind::ClockSkew),
            ("BadDigest", StoreErrorKind::Corrupted),
            ("IncompleteBody", StoreErrorKind::Corrupted),
            ("RequestTimeout", StoreErrorKind::NoAnswer),
            ("ConditionalRequestConflict", StoreErrorKind::Contended),
            ("SomethingNew", StoreErrorKind::Refused),
        ] {
            let error = answer("400 Bad Request", code, "why");
            assert_eq!(store_error("x", "y", &error).kind(), kind, "{code}");
        }
    }

    #[test]
    fn the_stores_own_sentence_stands_beside_the_advice() {
        let message = "not authorized to perform: kms:GenerateDataKey on &quot;key/k&quot;.";
        let error = answer("403 Forbidden", "AccessDenied", message);
        let error = store_error("write", "s3://lake/a", &error);
        assert!(
            error.to_string().ends_with(
                "(AccessDenied: not authorized to perform: kms:GenerateDataKey on \"key/k\")"
            ),
            "{error}"
        );
    }

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        let busy = answer("503 Service Unavailable", "Odd", "");
        assert_eq!(store_error("x", "y", &busy).kind(), StoreErrorKind::Busy);
        let refused = generic("tcp connect error: Connection refused (os error 111)");
        let error = store_error("write to", "s3://lake", &refused);
        assert!(error.is_passing());
        let text = error.to_string();
        assert!(
            text.ends_with("Connection refused (os error 111)"),
            "{text}"
        );
    }

    #[test]
    fn an_error_of_the_credentials_comes_through_object_store_as_it_is() {
        let own = StoreError::new(StoreErrorKind::NoCredentials, "log in");
        let wrapped = ObjectError::Generic {
            store: "S3",
            source: Box::new(own.clone()),
        };
        assert_eq!(store_error("write to", "s3://lake", &wrapped), own);
    }
}
