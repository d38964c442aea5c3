//! Stores that refuse, or lack something that S3 has: what is told, how often, and what is done in place of it.

use std::fs;
use std::path::Path;

use crate::harness::{
    OddStore, Oddity, RUN, Ran, big_parquet, lanewatch_with_keys, refusal, write_documents,
    write_run,
};

const SYNC: [&str; 8] = [
    "lake",
    "sync",
    "--lake",
    "lake",
    "--to",
    "s3://b/lake",
    "--attempts",
    "2",
];

/// Syncs a lake of nine files to a store with this oddity.
fn synced(folder: &Path, oddity: Oddity) -> (Ran, OddStore) {
    let documents = write_documents(&folder.join("documents"), 1, 2, 1);
    for hours in 0..3 {
        write_run(folder, &documents, "a", RUN + hours * 3600);
    }
    let store = OddStore::start(oddity);
    (lanewatch_with_keys(folder, &store.endpoint, &SYNC), store)
}

#[track_caller]
fn assert_told_once(ran: &Ran, what: &str) {
    let lines = ran.stderr.lines().filter(|line| line.contains(what));
    assert_eq!(lines.count(), 1, "`{what}` in\n{}", ran.stderr);
}

#[test]
fn a_cause_that_meets_every_file_is_told_once_with_the_stores_own_words_and_the_rest_is_not_tried()
{
    let cases: [(Oddity, &[&str]); 7] = [
        (
            |request| match request.method.as_str() {
                "PUT" => refusal(
                    403,
                    "AccessDenied",
                    "User: u is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:0:key/7 because of that",
                ),
                _ => None,
            },
            &[
                "lack the right kms:GenerateDataKey",
                "for the key arn:aws:kms:eu-west-1:0:key/7",
                "User: u is not authorized",
            ],
        ),
        (
            |request| match request.method.as_str() {
                "PUT" => refusal(
                    403,
                    "AccessDenied",
                    "User: u is not authorized to perform: s3:PutObject on resource: x with an explicit deny in a policy",
                ),
                _ => None,
            },
            &["a policy denies s3:PutObject", "with an explicit deny"],
        ),
        (
            |_| Some((301, "x-amz-bucket-region: eu-west-1\r\n", String::new())),
            &["is in the region eu-west-1", "`--s3-region eu-west-1`"],
        ),
        (
            |_| {
                refusal(
                    400,
                    "AuthorizationHeaderMalformed",
                    "the region &apos;a&apos; is wrong; expecting &apos;eu-west-1&apos;",
                )
            },
            &[
                "is in the region eu-west-1",
                "`--s3-region eu-west-1`",
                "is wrong; expecting 'eu-west-1'",
            ],
        ),
        (
            |_| {
                Some((
                    200,
                    "Content-Type: text/html\r\n",
                    "<html>log in</html>".to_owned(),
                ))
            },
            &["a web page answers in place of the store"],
        ),
        (
            |request| match request.method.as_str() {
                "PUT" => refusal(403, "QuotaExceeded", "The bucket has reached its quota"),
                _ => None,
            },
            &["takes no more", "The bucket has reached its quota"],
        ),
        (
            |request| match request.method.as_str() {
                "PUT" => refusal(405, "MethodNotAllowed", "Not allowed against this resource"),
                _ => None,
            },
            &[
                "lets nothing be written",
                "Not allowed against this resource",
            ],
        ),
    ];
    for (oddity, says) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (ran, _store) = synced(folder.path(), oddity);
        let ran = ran.expect(5);
        ran.says(says);
        assert_told_once(&ran, says[0]);
        ran.says(&["more files were not tried for the same reason"]);
    }
}

#[test]
fn conditions_that_a_store_does_not_know_are_left_out_from_then_on_and_told_once() {
    let oddities: [Oddity; 2] = [
        |request| match request.has("if-none-match") {
            true => refusal(400, "InvalidArgument", "Unsupported header If-None-Match"),
            false => None,
        },
        |request| match request.has("if-none-match") {
            true => refusal(
                501,
                "NotImplemented",
                "A header implies functionality that is not implemented",
            ),
            false => None,
        },
    ];
    for oddity in oddities {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["--sync-parallel", "1"];
        let (ran, _) = synced(folder.path(), |_| None);
        ran.expect(0);
        fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).unwrap();
        let store = OddStore::start(oddity);
        let ran = lanewatch_with_keys(
            folder.path(),
            &store.endpoint,
            &[&SYNC[..], &arguments].concat(),
        )
        .expect(0);
        ran.says(&["9 files", "has everything"]);
        assert_told_once(&ran, "takes no conditions");
        // The server's 501 is tried again by the client itself; and once without checksums, for it does not say what it means.
        let conditional = store.count(|request| request.has("if-none-match"));
        assert!(conditional <= 8, "{conditional} requests with a condition");
    }
}

#[test]
fn checksums_that_a_store_does_not_know_are_left_out_from_then_on_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, store) = synced(folder.path(), |request| {
        match request.has("x-amz-checksum-sha256") {
            true => refusal(
                400,
                "InvalidRequest",
                "x-amz-checksum-sha256 is not supported",
            ),
            false => None,
        }
    });
    let ran = ran.expect(0);
    ran.says(&["9 files", "has everything"]);
    assert_told_once(&ran, "takes no checksums");
    let bare = |request: &crate::harness::Request| {
        request.method == "PUT" && !request.has("x-amz-checksum-sha256")
    };
    assert_eq!(store.count(bare), 9);
    let with_condition = store.count(|request| bare(request) && request.has("if-none-match"));
    assert_eq!(with_condition, 9, "what it knows is not left out");
}

#[test]
fn a_listing_that_is_not_given_is_done_without_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, _store) = synced(folder.path(), |request| match request.is_listing() {
        true => refusal(403, "AccessDenied", "Access Denied"),
        false => None,
    });
    let ran = ran.expect(0);
    ran.says(&["9 files", "has everything"]);
    assert_told_once(&ran, "gives no listing");
}

#[test]
fn a_large_file_goes_in_one_request_where_a_store_takes_no_parts_and_knows_no_head() {
    let folder = tempfile::tempdir().unwrap();
    let hour = folder.path().join("lake/dt=2026-02-03/hr=15/lane-dom");
    fs::create_dir_all(&hour).unwrap();
    let large = big_parquet(folder.path(), 9_000_000);
    assert!(large.len() > 33_000_000);
    fs::write(hour.join("large.parquet"), large).unwrap();
    let store = OddStore::start(|request| match request.method.as_str() {
        "POST" => refusal(
            501,
            "NotImplemented",
            "uploads in parts are not implemented",
        ),
        "HEAD" => Some((405, "", String::new())),
        _ => None,
    });
    let ran = lanewatch_with_keys(folder.path(), &store.endpoint, &SYNC).expect(0);
    ran.says(&["1 files", "has everything"]);
    assert_told_once(&ran, "takes no uploads in parts");
    assert_told_once(&ran, "answers no HEAD");
    assert_eq!(store.count(|request| request.method == "PUT"), 1);
    assert_eq!(store.count(|request| request.method == "HEAD"), 1);
}
