//! The words of stores: what a code of S3 or Azure means, beside the store's own sentence.
//!
//! Its sentence is always told, for it names what ours cannot know: the right that is missing, the key, the region. Where it names one of
//! them, the advice does too.

use super::abilities::Lack;
use super::answers::WEB_PAGE;
use super::store_error_kind::StoreErrorKind;

/// A code of S3 or Azure, what the caller can do, and the same in words.
type Code = (&'static str, StoreErrorKind, &'static str);

const REGION: &str = "the bucket is in another region: set AWS_REGION or `--s3-region`";
const RIGHTS: &str = "these credentials are not allowed to do that: a sync needs s3:PutObject, s3:GetObject and s3:ListBucket";
const ACCOUNT: &str = "the account may not use the store";
const FULL: &str = "the store takes no more: make room there, or raise its quota";
const READ_ONLY: &str = "the store lets nothing be written there";
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
    ("AccessDenied", StoreErrorKind::AccessDenied, RIGHTS),
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
    ("AllAccessDisabled", StoreErrorKind::AccessDenied, ACCOUNT),
    ("AccountProblem", StoreErrorKind::AccessDenied, ACCOUNT),
    ("NotSignedUp", StoreErrorKind::AccessDenied, ACCOUNT),
    ("AccountIsDisabled", StoreErrorKind::AccessDenied, ACCOUNT),
    ("QuotaExceeded", StoreErrorKind::TakesNothing, FULL),
    ("XMinioStorageFull", StoreErrorKind::TakesNothing, FULL),
    ("InsufficientCapacity", StoreErrorKind::TakesNothing, FULL),
    ("InsufficientStorage", StoreErrorKind::TakesNothing, FULL),
    ("MethodNotAllowed", StoreErrorKind::TakesNothing, READ_ONLY),
    ("AccountReadOnly", StoreErrorKind::TakesNothing, READ_ONLY),
    (
        "IllegalLocationConstraintException",
        StoreErrorKind::WrongRegion,
        REGION,
    ),
    ("TemporaryRedirect", StoreErrorKind::WrongRegion, REGION),
    (
        "NotImplemented",
        StoreErrorKind::NotKnown,
        "the store does not know this kind of request",
    ),
    (
        WEB_PAGE,
        StoreErrorKind::NotAStore,
        "a web page answers in place of the store: a proxy, or the login page of a network",
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

/// The code of S3's own key service, of which there are several.
const KMS: &str = "KMS.";
/// Codes of requests that a server takes for wrong because of a header that it does not know.
const HEADER_REFUSED: &[&str] = &[
    "InvalidArgument",
    "InvalidRequest",
    "InvalidHeader",
    "InvalidHeaderValue",
    "UnsupportedHeader",
    "UnsupportedOperation",
    "MalformedHeader",
    "NotImplemented",
    "NotSupported",
];

/// What a store's answer means.
pub(super) struct Said {
    pub(super) kind: StoreErrorKind,
    pub(super) cause: String,
    /// What it says that it does not know.
    pub(super) lack: Option<Lack>,
}

/// What an error means that has this text in it: the answer of the store, with its code.
pub(super) fn explained(said: &str) -> Option<Said> {
    let code = between(said, "<Code>", "</Code>")?;
    // Azure says the request's number and time in lines of their own.
    let message = between(said, "<Message>", "</Message>").map(|text| plain(&text));
    let message = message.and_then(|text| text.lines().next().map(str::to_owned));
    let message = message.filter(|text| !text.is_empty());
    if let Some(lack) = message.as_deref().and_then(|text| lack(&code, text)) {
        return Some(Said {
            kind: StoreErrorKind::NotKnown,
            cause: format!("{} ({code})", message.unwrap_or_default()),
            lack: Some(lack),
        });
    }
    let known = CODES.iter().find(|(known, ..)| code == *known);
    let (kind, meaning) = match known {
        Some((_, kind, meaning)) => (*kind, (*meaning).to_owned()),
        None if code.starts_with(KMS) => (
            StoreErrorKind::TakesNothing,
            "the key that the bucket is encrypted with cannot be used".to_owned(),
        ),
        None if is_busy(said) => (StoreErrorKind::Busy, TROUBLE.to_owned()),
        None => {
            let text = message.unwrap_or_else(|| "the store refuses".to_owned());
            return Some(Said {
                kind: StoreErrorKind::Refused,
                cause: format!("{text} ({code})"),
                lack: None,
            });
        }
    };
    let named = match kind {
        StoreErrorKind::AccessDenied => message.as_deref().and_then(missing_right),
        StoreErrorKind::WrongRegion => region(said, message.as_deref()),
        _ => None,
    };
    let meaning = named.unwrap_or(meaning);
    let cause = match message {
        Some(message) => format!("{meaning} ({code}: {})", message.trim_end_matches('.')),
        None if code == WEB_PAGE => meaning,
        None => format!("{meaning} ({code})"),
    };
    Some(Said {
        kind,
        cause,
        lack: None,
    })
}

/// The right that the store names, as AWS words it.
fn missing_right(message: &str) -> Option<String> {
    let (_, after) = message.split_once("not authorized to perform: ")?;
    let right = after.split_whitespace().next()?;
    let denied = match message.contains("with an explicit deny") {
        true => format!("a policy denies {right} to these credentials"),
        false => format!("these credentials lack the right {right}"),
    };
    let on = after.split_once("on resource: ").map(|(_, on)| on);
    let on = on.and_then(|on| on.split_whitespace().next());
    Some(match on.map(|on| on.trim_matches(['"', ',', '.'])) {
        Some(key) if right.starts_with("kms:") => {
            format!("{denied}, for the key {key} that the bucket is encrypted with")
        }
        _ => denied,
    })
}

/// The region that the store wants, where its answer names one.
fn region(said: &str, message: Option<&str>) -> Option<String> {
    let expected = || {
        let (_, after) = message?.split_once("expecting '")?;
        after.split_once('\'').map(|(region, _)| region.to_owned())
    };
    let region = between(said, "<Region>", "</Region>").or_else(expected)?;
    let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!region.is_empty() && region.chars().all(is_region)).then(|| {
        format!("the bucket is in the region {region}: set AWS_REGION={region} or `--s3-region {region}`")
    })
}

/// What a refusal says that the store does not know.
fn lack(code: &str, message: &str) -> Option<Lack> {
    if !HEADER_REFUSED.contains(&code) {
        return None;
    }
    let message = message.to_ascii_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if names(&["checksum"]) {
        return Some(Lack::Checksums);
    }
    names(&["if-none-match", "if-match", "conditional"]).then_some(Lack::Conditions)
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

pub(super) fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let (_, after) = text.split_once(from)?;
    let (found, _) = after.split_once(to)?;
    Some(found.trim().to_owned())
}

pub(super) fn is_busy(said: &str) -> bool {
    ["500 ", "502 ", "503 ", "504 ", "429 "]
        .iter()
        .any(|status| said.contains(&format!("status code: {status}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, message: &str) -> Said {
        let answer = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        explained(&answer).unwrap()
    }

    #[test]
    fn the_advice_names_the_right_that_the_store_names() {
        let of = |message: &str| said("AccessDenied", message).cause;
        let key = of(
            "User: x is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:r:0:key/7 because no policy allows it.",
        );
        assert!(
            key.starts_with("these credentials lack the right kms:GenerateDataKey, for the key arn:aws:kms:r:0:key/7 that"),
            "{key}"
        );
        assert!(key.contains("(AccessDenied: User: x is not"), "{key}");
        let denied = of(
            "User: x is not authorized to perform: s3:PutObject on resource: &quot;y&quot; with an explicit deny in a policy",
        );
        assert!(
            denied.starts_with("a policy denies s3:PutObject to these credentials ("),
            "{denied}"
        );
        assert!(of("Access Denied").starts_with(RIGHTS));
    }

    #[test]
    fn the_region_that_a_store_wants_is_named_wherever_it_says_it() {
        let wanted = "the bucket is in the region eu-west-1: set AWS_REGION=eu-west-1 or `--s3-region eu-west-1`";
        let malformed = said(
            "AuthorizationHeaderMalformed",
            "the region &apos;us-east-1&apos; is wrong; expecting &apos;eu-west-1&apos;",
        );
        assert!(malformed.cause.starts_with(wanted), "{}", malformed.cause);
        let bare = "<Region>eu-west-1</Region><Error><Code>PermanentRedirect</Code></Error>";
        let bare = explained(bare).unwrap();
        assert_eq!(bare.cause, format!("{wanted} (PermanentRedirect)"));
        assert_eq!(bare.kind, StoreErrorKind::WrongRegion);
        assert!(
            said("PermanentRedirect", "use another")
                .cause
                .starts_with(REGION)
        );
    }

    #[test]
    fn what_a_store_does_not_know_is_told_from_what_it_refuses() {
        for (code, message, expected) in [
            (
                "InvalidArgument",
                "Unsupported header If-None-Match",
                Some(Lack::Conditions),
            ),
            (
                "NotImplemented",
                "x-amz-checksum-sha256 is not known",
                Some(Lack::Checksums),
            ),
            ("InvalidArgument", "the prefix is too long", None),
            ("BadDigest", "the checksum did not match", None),
            (
                "NotImplemented",
                "A header you provided implies functionality",
                None,
            ),
        ] {
            assert_eq!(said(code, message).lack, expected, "{code} {message}");
        }
        let kind = |code| said(code, "no").kind;
        assert_eq!(kind("NotImplemented"), StoreErrorKind::NotKnown);
        assert_eq!(kind("QuotaExceeded"), StoreErrorKind::TakesNothing);
        assert_eq!(kind("KMS.DisabledException"), StoreErrorKind::TakesNothing);
        assert_eq!(kind(WEB_PAGE), StoreErrorKind::NotAStore);
    }
}
