//! The remote lake in s3s-fs, an S3 server that nobody here wrote, with signatures on; judged by the AWS tools and boto3.

pub(crate) mod loss;
mod playbook;
mod roles;
mod stalls;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::harness::{
    BUCKET, Fleet, Python, RUN, S3, big_parquet, closed_port, files_below, judge,
    lanewatch_with_keys, read_back, run, verify, with_keys, write_documents,
    write_inventory_with_keys, write_profile, write_run,
};

pub(crate) const TO: &str = "s3://lake/data/lake";
pub(crate) const SYNC: [&str; 6] = ["lake", "sync", "--lake", "lake", "--to", TO];

/// A lake of three hours and two runners below `folder`, in `lake`.
///
/// No name needs escapes: s3s-fs does not escape what it lists, and the AWS tools take `%2F` in a listing for a slash.
fn lake(folder: &Path) {
    let documents = write_documents(&folder.join("documents"), 3, 4, 1);
    for (hours, runner) in [
        (0, "runner01"),
        (0, "runner02"),
        (1, "runner02"),
        (24, "runner02"),
    ] {
        write_run(folder, &documents, runner, RUN + hours * 3600);
    }
}

/// What a judge is told of the server.
fn of(server: &S3, folder: &Path) -> [String; 3] {
    [
        server.endpoint(),
        format!("{BUCKET}/data/lake"),
        folder.join("lake").display().to_string(),
    ]
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn an_uploaded_lake_leaves_the_aws_tools_nothing_to_do_and_boto3_reads_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    let go = |arguments: &[&str]| lanewatch_with_keys(folder.path(), &server.endpoint(), arguments);
    go(&SYNC).expect(0).says(&["12 files", "has everything"]);
    go(&SYNC).expect(0).says(&["0 files", "has everything"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
    go(&verify(TO)).expect(0).says(&["12 files", "all whole"]);
    go(&read_back(TO)).expect(0);

    fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).unwrap();
    go(&SYNC)
        .expect(0)
        .says(&["0 files", "12 were there already"]);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_file_of_many_parts_arrives_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let partition = folder.path().join("lake/dt=2026-02-03/hr=15/lane-dom");
    fs::create_dir_all(&partition).unwrap();
    let bytes = big_parquet(folder.path(), 12_500_000);
    fs::write(partition.join("big.parquet"), &bytes).unwrap();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC)
        .expect(0)
        .says(&["1 files, 50.0 MB"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
    fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).unwrap();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC)
        .expect(0)
        .says(&["1 were there already"]);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn objects_that_were_lost_or_damaged_after_a_sync_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    let go = |arguments: &[&str]| lanewatch_with_keys(folder.path(), &server.endpoint(), arguments);
    let verify = verify(TO);
    let thoroughly = read_back(TO);
    go(&SYNC).expect(0);
    let objects: Vec<_> = files_below(&server.folder.join(BUCKET))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "parquet"))
        .collect();
    assert_eq!(objects.len(), 12);
    fs::remove_file(&objects[0]).unwrap();
    // Its metadata still says what was sent.
    let mut bytes = fs::read(&objects[1]).unwrap();
    bytes[8] ^= 1;
    fs::write(&objects[1], bytes).unwrap();
    go(&SYNC).expect(0).says(&["0 files"]);

    go(&verify).expect(5).says(&["does not have it"]);
    go(&SYNC).expect(0).says(&["1 files"]);
    go(&verify).expect(0);
    go(&thoroughly).expect(5).says(&["has other content"]);
    // What was brought from here and is damaged there is brought again, and that is said.
    go(&SYNC)
        .expect(0)
        .says(&["was there with other content and was replaced"]);
    go(&thoroughly).expect(0).says(&["12 files", "all whole"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));

    // A bucket that is gone is not a lake that has lost everything.
    let aside = server.folder.join("aside");
    fs::rename(server.folder.join(BUCKET), &aside).unwrap();
    go(&verify).expect(5).says(&["there is no such bucket"]);
    fs::rename(&aside, server.folder.join(BUCKET)).unwrap();
    go(&SYNC).expect(0).says(&["0 files", "has everything"]);
    // Nothing is freed here that is not there now.
    fs::remove_file(&objects[2]).unwrap();
    go(&[&SYNC[..], &["--prune-after", "7d"]].concat())
        .expect(5)
        .says(&["stays: the remote does not have it any more"]);
    let left: Vec<_> = files_below(&folder.path().join("lake"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "parquet"))
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    go(&SYNC).expect(0).says(&["1 files"]);
    assert!(objects[2].exists());
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_refusal_says_why_and_the_data_stays_on_this_disk() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    let before = files_below(&folder.path().join("lake"));

    let mut wrong = with_keys(folder.path(), &server.endpoint(), &SYNC);
    let ran = run(wrong.env("AWS_SECRET_ACCESS_KEY", "wrongwrongwrong")).expect(5);
    ran.says(&[
        "the secret access key does not belong",
        "SignatureDoesNotMatch",
    ])
    .says(&["are safe in"]);
    assert!(!ran.stderr.contains("wrongwrongwrong"), "{}", ran.stderr);

    let nowhere = ["lake", "sync", "--lake", "lake", "--to", "s3://nowhere/x"];
    lanewatch_with_keys(folder.path(), &server.endpoint(), &nowhere)
        .expect(5)
        .says(&["there is no such bucket", "NoSuchBucket"]);

    let stub = refusing("400 Bad Request", "ExpiredToken");
    lanewatch_with_keys(folder.path(), &stub, &SYNC)
        .expect(5)
        .says(&["the session token has expired", "ExpiredToken"]);

    let closed = format!("http://127.0.0.1:{}", closed_port());
    let quick = [&SYNC[..], &["--attempts", "1"]].concat();
    lanewatch_with_keys(folder.path(), &closed, &quick)
        .expect(5)
        .says(&["Connection refused"]);

    let after: Vec<_> = files_below(&folder.path().join("lake"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "parquet"))
        .collect();
    assert_eq!(after, before);
    lanewatch_with_keys(folder.path(), &server.endpoint(), &SYNC)
        .expect(0)
        .says(&["12 files"]);
}

/// A server that answers every request with this error of S3's. s3s-fs knows no tokens that expire.
fn refusing(status: &'static str, code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut buffer = vec![0; 256 * 1024];
                if !stream.read(&mut buffer).is_ok_and(|length| length > 0) {
                    return;
                }
                let body = format!(
                    "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>made up</Message></Error>"
                );
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).ok();
                stream.shutdown(std::net::Shutdown::Write).ok();
                while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
            });
        }
    });
    endpoint
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn uploads_carry_the_headers_of_the_settings() {
    let sync = |settings: &[&str]| {
        // Each is a first sync.
        let folder = tempfile::tempdir().unwrap();
        lake(folder.path());
        let (endpoint, requests) = recording();
        lanewatch_with_keys(folder.path(), &endpoint, &[&SYNC, settings].concat());
        let requests = requests.lock().unwrap();
        let put = requests.iter().find(|head| head.starts_with("PUT "));
        put.expect("nothing was uploaded").to_lowercase()
    };
    let usual = sync(&[]);
    assert!(usual.contains("x-amz-checksum-sha256: "), "{usual}");
    assert!(!usual.contains("x-amz-server-side-encryption"), "{usual}");
    let settings =
        "--s3-encryption aws:kms --s3-kms-key alias/lake --s3-requester-pays --s3-checksum off";
    let told = sync(&settings.split(' ').collect::<Vec<_>>());
    for header in [
        "x-amz-server-side-encryption: aws:kms\r\n",
        "x-amz-server-side-encryption-aws-kms-key-id: alias/lake\r\n",
        "x-amz-request-payer: requester\r\n",
    ] {
        assert!(told.contains(header), "{told}");
    }
    assert!(!told.contains("x-amz-checksum"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    lake(folder.path());
    let key_alone = [&SYNC[..], &["--s3-kms-key", "alias/lake"]].concat();
    lanewatch_with_keys(folder.path(), "http://127.0.0.1:9", &key_alone)
        .expect(2)
        .says(&["`s3_kms_key`", "`s3_encryption`"]);
}

/// A server with an empty bucket that keeps the head of each request, and takes every upload.
fn recording() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || {
                let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
                let head = loop {
                    let Ok(length @ 1..) = stream.read(&mut buffer) else {
                        return;
                    };
                    bytes.extend_from_slice(&buffer[..length]);
                    let text = String::from_utf8_lossy(&bytes);
                    if let Some((head, _)) = text.split_once("\r\n\r\n") {
                        break format!("{head}\r\n");
                    }
                };
                let (status, body) = match head.split(' ').next() {
                    Some("HEAD") => ("404 Not Found", ""),
                    Some("GET") => (
                        "200 OK",
                        "<?xml version=\"1.0\"?><ListBucketResult><Name>lake</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>",
                    ),
                    _ => ("200 OK", ""),
                };
                kept.lock().unwrap().push(head);
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"e\"\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).ok();
                stream.shutdown(std::net::Shutdown::Write).ok();
                while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
            });
        }
    });
    (endpoint, requests)
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_profile_lets_in_as_the_environment_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    write_profile(folder.path(), &server);
    let mut command = with_keys(folder.path(), "", &SYNC);
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",
    ] {
        command.env_remove(name);
    }
    run(command.env("AWS_PROFILE", "lake"))
        .expect(0)
        .says(&["12 files"]);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn the_keys_of_the_inventory_let_in_and_come_before_those_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    let inventory = write_inventory_with_keys(folder.path());
    let sync = |variables: &str| {
        let mut command = with_keys(folder.path(), &server.endpoint(), &SYNC);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIASOMEBODY")
            .env("LANEWATCH_INVENTORY", &inventory)
            .env("LANEWATCH_S3_KEY_VARIABLES", variables);
        run(&mut command)
    };
    sync("aws_access_key_id,aws_secret_access_key")
        .expect(0)
        .says(&["12 files"]);
    sync("aws_access_key_id,secret")
        .expect(2)
        .says(&["`secret` is not set", "`s3_key_variables`"]);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_runner_whose_name_needs_escapes_is_found_again_under_the_same_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let documents = write_documents(&folder.path().join("documents"), 1, 2, 1);
    write_run(folder.path(), &documents, "lab/runner 1+2", RUN);
    let go = |arguments: &[&str]| lanewatch_with_keys(folder.path(), &server.endpoint(), arguments);
    go(&SYNC).expect(0).says(&["3 files"]);
    go(&read_back(TO)).expect(0).says(&["3 files"]);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn other_content_is_never_overwritten_unseen_and_a_rerun_of_ours_is_replaced_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    lake(folder.path());
    let go = |arguments: &[&str]| lanewatch_with_keys(folder.path(), &server.endpoint(), arguments);
    go(&SYNC).expect(0);

    // The same run written again with other rows: ours.
    let documents = write_documents(&folder.path().join("more"), 5, 4, 2);
    write_run(folder.path(), &documents, "runner02", RUN);
    go(&SYNC)
        .expect(0)
        .says(&["runner02", "was replaced"])
        .says(&["3 of them replaced"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));

    // Somebody else wrote there since: not ours.
    judge(
        Python::Readers,
        "s3_put.py",
        &[
            &of(&server, folder.path())[..2],
            &["20260203_155950_runner02".to_owned()],
        ]
        .concat(),
    );
    write_run(
        folder.path(),
        &folder.path().join("documents"),
        "runner02",
        RUN,
    );
    go(&SYNC).expect(5).says(&["other content", "left alone"]);
    go(&[&SYNC[..], &["--replace"]].concat())
        .expect(0)
        .says(&["was replaced"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_run_whose_remote_is_down_is_safe_here_and_goes_along_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = S3::start(folder.path());
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let collect = loss::collect(&fleet, "runner01", "output", "10");
    let collect = [&collect[..], &["--attempts", "1"]].concat();
    server.kill();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &collect)
        .expect(5)
        .says(&["2 of 2 devices delivered"])
        .says(&["are safe in"]);
    server.resume();
    lanewatch_with_keys(folder.path(), &server.endpoint(), &collect)
        .expect(0)
        .says(&["6 files", "has everything"]);
    judge(Python::Readers, "s3_lake.py", &of(&server, folder.path()));
}
