//! What a store's error means, in words that help, and whether the next file would meet the same.
//!
//! S3 answers with a code inside an XML body; the code is what one can act on. Nothing of the request is repeated: it holds a
//! signature.

use object_store::Error as StoreError;

/// Who is concerned by a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may pass: a broken connection, a server that is too busy.
    Passing,
    /// Every file would meet it: wrong credentials, no bucket.
    Everything,
    /// This file alone.
    File,
}

/// A failure in words.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) text: String,
    code: Option<String>,
}

impl Failure {
    pub(super) fn of_file(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::File,
            text: text.into(),
            code: None,
        }
    }

    /// Every file would meet it.
    pub(super) fn of_everything(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Everything,
            text: text.into(),
            code: None,
        }
    }

    /// Another attempt may go better: nothing came back, or not what was sent.
    pub(super) fn passing(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Passing,
            text: text.into(),
            code: None,
        }
    }

    /// Whether this says only that listing is not allowed.
    pub(super) fn is_denied_listing(&self) -> bool {
        self.code.as_deref() == Some("AccessDenied")
    }
}

/// Codes that S3 and Azure answer with, and what to do about them.
const CODES: &[(&str, Kind, &str)] = &[
    (
        "SignatureDoesNotMatch",
        Kind::Everything,
        "the secret access key does not belong to the access key id (or the clock of this machine is wrong)",
    ),
    (
        "InvalidAccessKeyId",
        Kind::Everything,
        "the access key id is not known there",
    ),
    (
        "ExpiredToken",
        Kind::Everything,
        "the session token has expired: get new credentials and sync again",
    ),
    (
        "InvalidToken",
        Kind::Everything,
        "the session token is not valid",
    ),
    (
        "NoSuchBucket",
        Kind::Everything,
        "there is no such bucket: create it, or name another one",
    ),
    (
        "AccessDenied",
        Kind::Everything,
        "these credentials are not allowed to do that: they need s3:PutObject, s3:GetObject and s3:ListBucket",
    ),
    (
        "RequestTimeTooSkewed",
        Kind::Everything,
        "the clock of this machine is too far from the store's",
    ),
    (
        "AuthorizationHeaderMalformed",
        Kind::Everything,
        "the bucket is in another region: set AWS_REGION or `--region`",
    ),
    (
        "PermanentRedirect",
        Kind::Everything,
        "the bucket is in another region: set AWS_REGION or `--region`",
    ),
    (
        "AuthenticationFailed",
        Kind::Everything,
        "the account's key or token is not accepted (or the clock of this machine is wrong)",
    ),
    (
        "AuthorizationFailure",
        Kind::Everything,
        "the account's key or token is not accepted, or not for that",
    ),
    (
        "ContainerNotFound",
        Kind::Everything,
        "there is no such container: create it, or name another one",
    ),
    ("SlowDown", Kind::Passing, "the store is asked too often"),
    (
        "BadDigest",
        Kind::Passing,
        "the store received other bytes than were sent",
    ),
    (
        "XAmzContentSHA256Mismatch",
        Kind::Passing,
        "the store received other bytes than were sent",
    ),
    (
        "XAmzContentChecksumMismatch",
        Kind::Passing,
        "the store received other bytes than were sent",
    ),
];

/// An error of the store as a failure.
pub(super) fn failure(action: &str, place: &str, error: &StoreError) -> Failure {
    let said = chain(error);
    let code = between(&said, "<Code>", "</Code>");
    if let Some(code) = &code {
        let known = CODES.iter().find(|(known, ..)| code == known);
        // Azure says the request's number and time in lines of their own.
        let message = between(&said, "<Message>", "</Message>");
        let message = message.and_then(|text| text.lines().next().map(str::to_owned));
        let (kind, meaning) = match known {
            Some((_, kind, meaning)) => (*kind, (*meaning).to_owned()),
            None if is_busy(&said) => {
                (Kind::Passing, "the store has trouble of its own".to_owned())
            }
            None => (
                Kind::File,
                message
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| "the store refuses".to_owned()),
            ),
        };
        return Failure {
            kind,
            text: format!("cannot {action} {place}: {meaning} ({code})"),
            code: Some(code.clone()),
        };
    }
    let (kind, text) = match error {
        StoreError::Unauthenticated { .. } => (
            Kind::Everything,
            "the credentials are not accepted".to_owned(),
        ),
        StoreError::PermissionDenied { .. } => (
            Kind::Everything,
            // A HEAD has no body that could say which.
            "these credentials are not allowed to do that (or the clock of this machine is wrong)"
                .to_owned(),
        ),
        StoreError::NotFound { .. } => (Kind::File, "it is not there".to_owned()),
        // S3's are asked for before, by `keys`.
        _ if said.contains("169.254.169.254") || said.contains("metadata.google") => (
            Kind::Everything,
            "no credentials were found in the usual variables (GOOGLE_…, AZURE_…), and no machine's role is to be had here either".to_owned(),
        ),
        StoreError::Generic { source, .. } => {
            let kind = if is_local_disk(&said) { Kind::File } else { Kind::Passing };
            (kind, innermost(source.as_ref()))
        }
        other => (Kind::File, other.to_string()),
    };
    Failure {
        kind,
        text: format!("cannot {action} {place}: {text}"),
        code: None,
    }
}

/// The code of a store's answer and what it says about it.
pub(super) fn code_and_message(error: &StoreError) -> Option<String> {
    let said = chain(error);
    let code = between(&said, "<Code>", "</Code>")?;
    let message = between(&said, "<Message>", "</Message>").unwrap_or_default();
    Some(format!("{message} ({code})"))
}

/// What lies at the bottom of an error, in one line.
pub(super) fn root(error: &StoreError) -> String {
    let text = innermost(error);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The error and all that is below it.
fn chain(error: &StoreError) -> String {
    let mut said = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        said += "; ";
        said += &error.to_string();
        below = error.source();
    }
    said
}

/// What lies at the bottom of an error says most: `Connection refused`.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut bottom = error;
    while let Some(below) = bottom.source() {
        bottom = below;
    }
    bottom.to_string()
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

    fn generic(text: &str) -> StoreError {
        StoreError::Generic {
            store: "S3",
            source: text.into(),
        }
    }

    #[test]
    fn a_code_says_what_to_do_and_whom_it_concerns() {
        let body = "Server returned non-2xx status code: 400 Bad Request: <Error><Code>ExpiredToken</Code><Message>no</Message></Error>";
        let failure = failure("write to", "s3://lake", &generic(body));
        assert_eq!(failure.kind, Kind::Everything);
        assert_eq!(
            failure.text,
            "cannot write to s3://lake: the session token has expired: get new credentials and sync again (ExpiredToken)"
        );
    }

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        let busy = "Server returned non-2xx status code: 503 Service Unavailable: <Error><Code>Odd</Code></Error>";
        assert_eq!(failure("x", "y", &generic(busy)).kind, Kind::Passing);
        let refused = "tcp connect error: Connection refused (os error 111)";
        let failure = failure("write to", "s3://lake", &generic(refused));
        assert_eq!(failure.kind, Kind::Passing);
        assert!(
            failure.text.ends_with("Connection refused (os error 111)"),
            "{}",
            failure.text
        );
    }
}
