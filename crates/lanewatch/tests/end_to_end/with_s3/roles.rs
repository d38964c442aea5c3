//! Keys for a while: an instance's role, a web identity, a pod's role. Who gives them is the tests' own, boto3 agrees with it; the store
//! checks each signature, and a guard before it each session token.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{SYNC, TO, lake};
use crate::harness::{
    BUCKET, Python, Ran, S3, closed_port, judge_with, program, run, stop, verify,
};

/// What `roles.py` answers to whoever has no token.
const IDENTITY: &str = "the-token-of-the-pod";

/// The givers of keys, and the guard before the store.
struct Roles {
    child: Child,
    folder: PathBuf,
    metadata: String,
    sts: String,
    pod: String,
    guard: String,
}

impl Roles {
    fn start(folder: &Path, server: &S3) -> Self {
        let mut command = Command::new(Python::Readers.interpreter());
        command
            .args(["-B", "tests/end_to_end/python/roles.py"])
            .arg(server.port().to_string())
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let mut addresses = line.split_whitespace().map(str::to_owned);
        let mut next = || addresses.next().expect("roles.py names four addresses");
        Self {
            child,
            folder: folder.to_owned(),
            metadata: next(),
            sts: next(),
            pod: next(),
            guard: next(),
        }
    }

    /// A command that finds the store, and no keys but those that these variables lead to.
    fn lead(&self, command: &mut Command, variables: &[(&str, &str)]) {
        let of_aws = std::env::vars().map(|(name, _)| name);
        for name in of_aws.filter(|name| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("HOME", &self.folder)
            .env("AWS_ENDPOINT_URL_S3", &self.guard)
            .envs(variables.iter().copied());
    }

    fn sync(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = program(&self.folder, arguments);
        self.lead(&mut command, variables);
        run(&mut command)
    }

    /// boto3 gets in with the same variables.
    #[track_caller]
    fn judged(&self, variables: &[(&str, &str)]) {
        let place = format!("{BUCKET}/data/lake");
        judge_with(Python::Readers, "s3_by_role.py", &[place], |command| {
            self.lead(command, variables);
        });
    }

    /// How many lines of what happened begin so.
    fn noted(&self, beginning: &str) -> usize {
        let log = fs::read_to_string(self.folder.join("roles.log")).unwrap_or_default();
        log.lines()
            .filter(|line| line.starts_with(beginning))
            .count()
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn an_instance_s_role_lets_in_and_its_keys_are_renewed_when_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let roles = Roles::start(folder.path(), &server);
    lake(folder.path());
    let long = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", roles.metadata.as_str())];
    // Keys that end after two seconds, for twelve files of a third of a second each, one after the other.
    let brief = format!("{}/brief", roles.metadata);
    let brief = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", brief.as_str()),
        ("LANEWATCH_SYNC_PARALLEL", "1"),
    ];
    roles.sync(&brief, &SYNC).expect(0).says(&["12 files"]);
    assert!(roles.noted("gave ") >= 2, "the keys were never renewed");
    assert!(roles.noted("guard let ") >= 12);
    assert_eq!(roles.noted("guard refused "), 0);
    assert_eq!(roles.noted("metadata asked without a token"), 0);

    let before = roles.noted("gave ");
    roles.sync(&long, &verify(TO)).expect(0).says(&["12 files"]);
    assert_eq!(
        roles.noted("gave "),
        before + 1,
        "keys that last are asked for once"
    );
    roles.judged(&long);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_web_identity_and_a_pod_s_role_let_in_and_a_refusal_keeps_the_token_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let roles = Roles::start(folder.path(), &server);
    lake(folder.path());
    let identity = folder.path().join("identity");
    let (identity, authority) = (
        identity.to_str().unwrap(),
        folder.path().join("authority.pem"),
    );
    fs::write(identity, IDENTITY).unwrap();
    let web = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", identity),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/lanewatch"),
        ("AWS_ROLE_SESSION_NAME", "lanewatch"),
        ("AWS_ENDPOINT_URL_STS", roles.sts.as_str()),
        ("AWS_CA_BUNDLE", authority.to_str().unwrap()),
    ];
    roles.sync(&web, &SYNC).expect(0).says(&["12 files"]);
    assert_eq!(roles.noted("gave session-1 to the web identity"), 1);
    roles.judged(&web);

    let pod = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", roles.pod.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", identity),
    ];
    fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).unwrap();
    let ran = roles.sync(&pod, &SYNC).expect(0);
    ran.says(&["12 were there already"]);
    assert_eq!(roles.noted("gave session-3 to the pod"), 1);
    roles.judged(&pod);

    fs::remove_dir_all(folder.path().join("lake/.lanewatch/sync")).unwrap();
    fs::write(identity, "another-token-and-secret").unwrap();
    for (variables, why) in [
        (&web[..], "no such identity (InvalidIdentityToken)"),
        (&pod[..], "401"),
    ] {
        let ran = roles.sync(variables, &SYNC).expect(5);
        ran.says(&["gives no credentials", why, "are safe in"]);
        assert!(
            !ran.stderr.contains("another-token") && !ran.stdout.contains("another-token"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(roles.noted("guard refused "), 0);
}

#[test]
#[ignore = "needs s3s-fs: run by `cargo xtask test`"]
fn a_role_that_nobody_gives_is_told_within_half_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let roles = Roles::start(folder.path(), &server);
    lake(folder.path());
    let closed = format!("http://127.0.0.1:{}", closed_port());
    let silent = format!("{}/silent", roles.metadata);
    for (endpoint, why) in [
        (&closed, "Connection refused"),
        (&silent, "no answer within 20 s"),
    ] {
        let began = Instant::now();
        let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str())];
        roles.sync(&variables, &SYNC).expect(5).says(&[
            "no credentials were found",
            why,
            "are safe in",
        ]);
        assert!(began.elapsed() < Duration::from_secs(30), "{endpoint}");
    }
    assert_eq!(roles.noted("guard "), 0);
}
