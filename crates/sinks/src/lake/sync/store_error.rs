//! What a store's error means, in words that help, and whether the next file would meet the same.
//!
//! S3 and Azure answer with a code inside an XML body; object_store gives both as text. It is read here, once: what the caller can do
//! is in the [kind](StoreErrorKind). Nothing of the request is repeated: it holds a signature.

use std::error::Error as StdError;
use std::fmt;

use object_store::Error as ObjectError;

/// An error on the way to the remote lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    /// What was done to what: `write s3://bucket/a.parquet`.
    task: Option<String>,
    cause: String,
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

/// What a caller can do about an error of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// No credentials could be had: log in, or configure a source.
    NoCredentials,
    /// The credentials are not accepted: replace or renew them.
    CredentialsRefused,
    /// The credentials do not allow it: grant the right.
    AccessDenied,
    /// There is no such bucket or container: create it, or name another one.
    NoSuchBucket,
    /// The bucket is in another region: name that one.
    WrongRegion,
    /// The clock of this machine is wrong: set it.
    ClockSkew,
    /// The store is asked too often, or has trouble of its own: try again.
    Busy,
    /// Nothing came back, or not in time: try again.
    NoAnswer,
    /// The store received other bytes than were sent: try again.
    Corrupted,
    /// Another writer is at work at the same place: try again later.
    Contended,
    /// The object is not there.
    NotFound,
    /// A file of this machine cannot be read or written.
    LocalFile,
    /// The time for the whole sync is over: the next one goes on.
    Deadline,
    /// The store refuses for a reason that is in the text.
    Refused,
}

/// Whom an error concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// This request, this time.
    Attempt,
    /// This file.
    File,
    /// Every file: trying the next one is in vain.
    Lake,
}

impl StoreErrorKind {
    fn scope(self) -> Scope {
        match self {
            Self::Busy | Self::NoAnswer | Self::Corrupted | Self::Contended => Scope::Attempt,
            Self::NotFound | Self::LocalFile | Self::Refused => Scope::File,
            Self::NoCredentials
            | Self::CredentialsRefused
            | Self::AccessDenied
            | Self::NoSuchBucket
            | Self::WrongRegion
            | Self::ClockSkew
            | Self::Deadline => Scope::Lake,
        }
    }
}

impl StoreError {
    pub(super) fn new(kind: StoreErrorKind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            task: None,
            cause: cause.into(),
        }
    }

    fn of(action: &str, place: &str, kind: StoreErrorKind, cause: String) -> Self {
        Self {
            kind,
            task: Some(format!("{action} {place}")),
            cause,
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

    /// Whether another attempt may go better.
    pub fn is_passing(&self) -> bool {
        self.kind.scope() == Scope::Attempt
    }

    /// Whether the next file would meet the same.
    pub fn concerns_every_file(&self) -> bool {
        self.kind.scope() == Scope::Lake
    }
}

/// A code of S3 or Azure, what the caller can do, and the same in words.
type Code = (&'static str, StoreErrorKind, &'static str);

const REGION: &str = "the bucket is in another region: set AWS_REGION or `--s3-region`";
const TROUBLE: &str = "the store has trouble of its own";
const OFTEN: &str = "the store is asked too often";
const LATE: &str = "the store waited in vain for the request";
const WRITERS: &str = "another writer is at work there";
const BYTES: &str = "the store received other bytes than were sent";

/// What passes is what the AWS SDKs retry.
const CODES: &[Code] = &[
    (
        "SignatureDoesNotMatch",
        StoreErrorKind::CredentialsRefused,
        "the secret access key does not belong to the access key id (or the clock of this machine is wrong)",
    ),
    (
        "InvalidAccessKeyId",
        StoreErrorKind::CredentialsRefused,
        "the access key id is not known there",
    ),
    (
        "ExpiredToken",
        StoreErrorKind::CredentialsRefused,
        "the session token has expired: get new credentials and sync again",
    ),
    (
        "InvalidToken",
        StoreErrorKind::CredentialsRefused,
        "the session token is not valid",
    ),
    (
        "NoSuchBucket",
        StoreErrorKind::NoSuchBucket,
        "there is no such bucket: create it, or name another one",
    ),
    (
        "AccessDenied",
        StoreErrorKind::AccessDenied,
        "these credentials are not allowed to do that: a sync needs s3:PutObject, s3:GetObject and s3:ListBucket",
    ),
    (
        "RequestTimeTooSkewed",
        StoreErrorKind::ClockSkew,
        "the clock of this machine is too far from the store's",
    ),
    (
        "AuthorizationHeaderMalformed",
        StoreErrorKind::WrongRegion,
        REGION,
    ),
    ("PermanentRedirect", StoreErrorKind::WrongRegion, REGION),
    (
        "AuthenticationFailed",
        StoreErrorKind::CredentialsRefused,
        "the account's key or token is not accepted (or the clock of this machine is wrong)",
    ),
    (
        "AuthorizationFailure",
        StoreErrorKind::CredentialsRefused,
        "the account's key or token is not accepted, or not for that",
    ),
    (
        "ContainerNotFound",
        StoreErrorKind::NoSuchBucket,
        "there is no such container: create it, or name another one",
    ),
    ("SlowDown", StoreErrorKind::Busy, OFTEN),
    ("RequestTimeout", StoreErrorKind::NoAnswer, LATE),
    ("RequestTimeoutException", StoreErrorKind::NoAnswer, LATE),
    ("OperationTimedOut", StoreErrorKind::NoAnswer, LATE),
    ("IncompleteBody", StoreErrorKind::Corrupted, BYTES),
    ("InternalError", StoreErrorKind::Busy, TROUBLE),
    ("InternalFailure", StoreErrorKind::Busy, TROUBLE),
    ("ServiceUnavailable", StoreErrorKind::Busy, TROUBLE),
    ("ServerBusy", StoreErrorKind::Busy, TROUBLE),
    (
        "TransactionInProgressException",
        StoreErrorKind::Busy,
        TROUBLE,
    ),
    ("PriorRequestNotComplete", StoreErrorKind::Busy, TROUBLE),
    (
        "ConditionalRequestConflict",
        StoreErrorKind::Contended,
        WRITERS,
    ),
    ("OperationAborted", StoreErrorKind::Contended, WRITERS),
    ("Throttling", StoreErrorKind::Busy, OFTEN),
    ("ThrottlingException", StoreErrorKind::Busy, OFTEN),
    ("ThrottledException", StoreErrorKind::Busy, OFTEN),
    ("RequestThrottled", StoreErrorKind::Busy, OFTEN),
    ("RequestThrottledException", StoreErrorKind::Busy, OFTEN),
    ("TooManyRequests", StoreErrorKind::Busy, OFTEN),
    ("TooManyRequestsException", StoreErrorKind::Busy, OFTEN),
    ("RequestLimitExceeded", StoreErrorKind::Busy, OFTEN),
    ("BandwidthLimitExceeded", StoreErrorKind::Busy, OFTEN),
    ("LimitExceededException", StoreErrorKind::Busy, OFTEN),
    ("BadDigest", StoreErrorKind::Corrupted, BYTES),
    (
        "XAmzContentSHA256Mismatch",
        StoreErrorKind::Corrupted,
        BYTES,
    ),
    (
        "XAmzContentChecksumMismatch",
        StoreErrorKind::Corrupted,
        BYTES,
    ),
];

/// An error of the store while `action` was done to `place`.
pub(super) fn store_error(action: &str, place: &str, error: &ObjectError) -> StoreError {
    // A request without credentials was not sent: their error says all.
    if let Some(own) = own_error(error) {
        return own.clone();
    }
    let said = chain(error);
    if let Some(code) = between(&said, "<Code>", "</Code>") {
        let (kind, cause) = explained(&code, &said);
        return StoreError::of(action, place, kind, cause);
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
        // An S3 of another region answers so to a HEAD, which has no body.
        ObjectError::Generic { .. } if said.contains("redirect without LOCATION") => {
            (StoreErrorKind::WrongRegion, REGION.to_owned())
        }
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

/// What a code means, and the store's own sentence: it names the right that is missing, the key, or the region.
fn explained(code: &str, said: &str) -> (StoreErrorKind, String) {
    // Azure says the request's number and time in lines of their own.
    let message = between(said, "<Message>", "</Message>").map(|text| plain(&text));
    let message = message.and_then(|text| text.lines().next().map(str::to_owned));
    let message = message.filter(|text| !text.is_empty());
    let known = CODES.iter().find(|(known, ..)| code == *known);
    let (kind, meaning) = match known {
        Some((_, kind, meaning)) => (*kind, *meaning),
        None if is_busy(said) => (StoreErrorKind::Busy, TROUBLE),
        None => {
            let text = message.unwrap_or_else(|| "the store refuses".to_owned());
            return (StoreErrorKind::Refused, format!("{text} ({code})"));
        }
    };
    let cause = match message {
        Some(message) => format!("{meaning} ({code}: {})", message.trim_end_matches('.')),
        None => format!("{meaning} ({code})"),
    };
    (kind, cause)
}

/// Text of XML without its escapes.
fn plain(text: &str) -> String {
    let escapes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let plain = |text: String, (escape, character): &(&str, &str)| text.replace(escape, character);
    escapes.iter().fold(text.to_owned(), plain)
}

/// The code of an XML answer and what it says about it.
pub(super) fn code_and_message(answer: &str) -> Option<String> {
    let code = between(answer, "<Code>", "</Code>")?;
    let message = between(answer, "<Message>", "</Message>").unwrap_or_default();
    Some(format!("{} ({code})", plain(&message)))
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

fn is_busy(said: &str) -> bool {
    ["500 ", "502 ", "503 ", "504 ", "429 "]
        .iter()
        .any(|status| said.contains(&format!("status code: {status}")))
}

/// The messages of object_store's store in a folder.
fn is_local_disk(said: &str) -> bool {
    said.contains("LocalFileSystem")
}

fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let (_, after) = text.split_once(from)?;
    let (found, _) = after.split_once(to)?;
    Some(found.trim().to_owned())
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
        let redirect = "Received redirect without LOCATION, this normally indicates an incorrectly configured region";
        let error = store_error("look at", "s3://lake/a", &generic(redirect));
        assert_eq!(error.kind(), StoreErrorKind::WrongRegion);
        assert!(error.cause().contains("`--s3-region`"), "{error}");
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
