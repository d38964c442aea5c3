//! Credentials of every source, from services and programs of the tests' own.

use std::fs;
use std::path::Path;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::client::{HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService};

use super::super::shared_config::SharedConfig;
use super::*;

type Answer = Box<dyn Fn(usize, &HttpRequest) -> (u16, String) + Send + Sync>;

/// An HTTP service that answers by a closure, which is told how many requests came before, and keeps what was asked.
struct Service {
    answer: Answer,
    asked: AtomicUsize,
    requests: Arc<StdMutex<Vec<HttpRequest>>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Service")
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let (status, body) = (self.answer)(self.asked.fetch_add(1, Ordering::SeqCst), &request);
        self.requests.lock().unwrap().push(request);
        let body = HttpResponseBody::from(bytes::Bytes::from(body));
        Ok(http::Response::builder().status(status).body(body).unwrap())
    }
}

/// The credentials that these files and variables lead to, from a service that answers so; and what it was asked.
fn credentials(
    config: &str,
    variables: &[(&str, &str)],
    answer: impl Fn(usize, &HttpRequest) -> (u16, String) + Send + Sync + 'static,
) -> (Credentials, Arc<StdMutex<Vec<HttpRequest>>>) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = Environment::of(variables.iter().map(owned));
    let config = SharedConfig::of(config, "");
    let options = AwsOptions::default();
    let access = options.resolve_from(&environment, &config).unwrap();
    let requests = Arc::default();
    let service = Service {
        answer: Box::new(answer),
        asked: AtomicUsize::new(0),
        requests: Arc::clone(&requests),
    };
    let client = HttpClient::new(service);
    (Credentials::with_client(&access, client), requests)
}

fn nobody(_: usize, request: &HttpRequest) -> (u16, String) {
    panic!("nothing was to be asked: {}", request.uri())
}

const POD: &[(&str, &str)] = &[(
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "http://127.0.0.1:1/pod",
)];

/// A container's answer with keys that last so long.
fn lasting(number: usize, life: Duration) -> (u16, String) {
    let end = Timestamp::now() + life;
    let body = format!(
        r#"{{"AccessKeyId":"AK{number}","SecretAccessKey":"SK","Token":"T","Expiration":"{end}"}}"#
    );
    (200, body)
}

#[tokio::test]
async fn credentials_are_fetched_once_and_renewed_before_they_end() {
    let brief = |number, _: &HttpRequest| lasting(number, Duration::from_secs(2));
    let (credentials, requests) = credentials("", POD, brief);
    for _ in 0..3 {
        let now = credentials.get_credential().await.unwrap();
        assert_eq!(
            (now.key_id.as_str(), now.token.as_deref()),
            ("AK0", Some("T"))
        );
    }
    assert_eq!(requests.lock().unwrap().len(), 1);
    tokio::time::sleep(Duration::from_millis(1100)).await; // half of their life
    let renewed = credentials.get_credential().await.unwrap();
    assert_eq!(renewed.key_id, "AK1");
}

#[tokio::test]
async fn requests_at_once_share_one_fetch() {
    let hour = |number, _: &HttpRequest| lasting(number, Duration::from_secs(3600));
    let (credentials, requests) = credentials("", POD, hour);
    let all = futures_util::future::join_all((0..16).map(|_| credentials.get_credential())).await;
    assert!(all.iter().all(|one| one.as_ref().unwrap().key_id == "AK0"));
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_credentials_in_use_until_they_end() {
    let (credentials, _) = credentials("", POD, |number, _| match number {
        0 => lasting(0, Duration::from_secs(3)),
        _ => (403, "no".to_owned()),
    });
    credentials.get_credential().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1600)).await;
    let still = credentials.get_credential().await.unwrap();
    assert_eq!(still.key_id, "AK0");
    tokio::time::sleep(Duration::from_millis(1600)).await;
    let error = credentials.ask().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoCredentials);
    assert!(error.to_string().contains("403"), "{error}");
}

#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (passing, requests) = credentials("", POD, |number, _| match number {
        0 => (503, String::new()),
        _ => lasting(number, Duration::from_secs(3600)),
    });
    passing.ask().await.unwrap();
    assert_eq!(requests.lock().unwrap().len(), 2);
    let (refused, requests) = credentials("", POD, |_, _| (401, String::new()));
    let error = refused.ask().await.unwrap_err().to_string();
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 1);
}

fn process(command: &str) -> Credentials {
    let config = format!("[default]\ncredential_process = {command}\n");
    credentials(&config, &[], nobody).0
}

#[tokio::test]
async fn a_program_can_print_the_keys_and_its_output_is_never_shown() {
    let printed =
        r#"printf '{"Version":1,"AccessKeyId":"AK","SecretAccessKey":"a  b","SessionToken":"t"}'"#;
    let keys = process(printed).get_credential().await.unwrap();
    assert_eq!(
        (keys.secret_key.as_str(), keys.token.as_deref()),
        ("a  b", Some("t"))
    );
    for (command, told) in [
        ("printf s3cret", "JSON"),
        (r#"printf '{"Version":"s3cret"}'"#, "JSON"),
        (
            r#"printf '{"Version":1,"SecretAccessKey":"s3cret"}'"#,
            "`AccessKeyId`",
        ),
        ("echo s3cret >&2; exit 3", "exit status: 3"),
    ] {
        let error = process(command).ask().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::NoCredentials);
        let error = error.to_string();
        assert!(
            error.contains("`default`") && error.contains(told),
            "{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}

/// The clock of the runtime stands until everything waits, and then jumps to the next deadline.
#[tokio::test(start_paused = true)]
async fn a_program_that_hangs_is_given_up_at_the_deadline_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let command = format!("echo $$ > {}; exec sleep 600", pid.display());
    let error = process(&command).ask().await.unwrap_err().to_string();
    assert!(error.contains("no answer within 20 s"), "{error}");
    // The clock may have jumped before the shell had written its number.
    let Ok(pid) = fs::read_to_string(&pid) else {
        return;
    };
    let process = Path::new("/proc").join(pid.trim());
    for _ in 0..500 {
        let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!process.exists(), "it was not ended");
}

const ROLE: &str = "[default]\nrole_arn = arn:aws:iam::123456789012:role/lake\nsource_profile = base\nexternal_id = ext\n\
                    [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = SK\n";

fn sts_answer(action: &str) -> String {
    let end = Timestamp::now() + Duration::from_secs(3600);
    format!(
        r#"<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
           <AccessKeyId>ASIAROLEROLEROLEROLE</AccessKeyId><SecretAccessKey>SK2</SecretAccessKey>
           <SessionToken>T2</SessionToken><Expiration>{end}</Expiration></Credentials></{action}Result></{action}Response>"#
    )
}

#[tokio::test]
async fn a_role_is_assumed_with_the_keys_of_its_source_at_the_address_of_sts() {
    for (variables, host) in [
        (&[][..], "sts.us-east-1.amazonaws.com"),
        (
            &[("AWS_REGION", "eu-west-1")],
            "sts.eu-west-1.amazonaws.com",
        ),
        (
            &[("AWS_ENDPOINT_URL_STS", "http://sts.example:8443")],
            "sts.example:8443",
        ),
    ] {
        let (credentials, requests) =
            credentials(ROLE, variables, |_, _| (200, sts_answer("AssumeRole")));
        let keys = credentials.get_credential().await.unwrap();
        assert_eq!(
            (keys.secret_key.as_str(), keys.token.as_deref()),
            ("SK2", Some("T2"))
        );
        let requests = requests.lock().unwrap();
        let asked = requests[0].uri();
        assert_eq!(asked.authority().unwrap().as_str(), host);
        let query = asked.query().unwrap();
        assert!(query.contains("ExternalId=ext") && query.contains("RoleSessionName=lanewatch"));
        let signed = requests[0].headers()["authorization"].to_str().unwrap();
        assert!(signed.contains("Credential=AKIABASE/"), "{signed}");
    }
}

#[tokio::test]
async fn a_refusal_of_sts_is_told_in_its_words_with_the_profile() {
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    let (credentials, _) = credentials(ROLE, &[], |_, _| (403, body.to_owned()));
    let error = credentials.ask().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "STS gives no credentials for the role arn:aws:iam::123456789012:role/lake of the AWS profile `default`: \
         not authorized to perform: sts:AssumeRole (AccessDenied)"
    );
}

#[tokio::test]
async fn a_web_identity_is_exchanged_and_its_token_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "the-token\n").unwrap();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/x"),
        ("AWS_ENDPOINT_URL_STS", "https://sts.example"),
    ];
    let (good, requests) = credentials("", &variables, |_, _| {
        (200, sts_answer("AssumeRoleWithWebIdentity"))
    });
    assert_eq!(good.get_credential().await.unwrap().secret_key, "SK2");
    let asked = requests.lock().unwrap().remove(0);
    assert_eq!(asked.uri(), "https://sts.example/");
    let sent = asked.body().as_bytes().unwrap();
    assert!(sent.windows(9).any(|window| window == b"the-token"));

    let (bad, _) = credentials("", &variables, |_, _| {
        (
            400,
            "<Error><Code>InvalidIdentityToken</Code><Message>the-token is bad</Message></Error>"
                .to_owned(),
        )
    });
    let error = bad.ask().await.unwrap_err().to_string();
    assert!(
        error.ends_with("(withheld) is bad (InvalidIdentityToken)"),
        "{error}"
    );
    fs::remove_file(&token).unwrap();
    let error = bad.ask().await.unwrap_err().to_string();
    assert!(
        error.contains("cannot read ") && error.contains("No such file"),
        "{error}"
    );
}

#[tokio::test]
async fn sso_exchanges_the_token_that_the_aws_tools_keep() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let config = "[default]\nsso_session = corp\nsso_account_id = 123\nsso_role_name = Reader\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x\n";
    let variables = [("HOME", home.path().to_str().unwrap())];
    let (credentials, requests) = credentials(config, &variables, |_, _| {
        let end = (Timestamp::now() + Duration::from_secs(3600)).as_second() * 1000;
        (
            200,
            format!(
                r#"{{"roleCredentials":{{"accessKeyId":"AK","secretAccessKey":"SK3","sessionToken":"T","expiration":{end}}}}}"#
            ),
        )
    });
    let error = credentials.ask().await.unwrap_err().to_string();
    assert!(
        error.ends_with("`aws sso login --profile default` begins a new session"),
        "{error}"
    );
    // Named after the SHA-1 of `corp`.
    let file = cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    let token = |end| format!(r#"{{"accessToken":"bearer","expiresAt":"{end}"}}"#);
    fs::write(&file, token("2020-01-01T00:00:00Z")).unwrap();
    let error = credentials.ask().await.unwrap_err().to_string();
    assert!(error.contains("session has ended"), "{error}");
    fs::write(&file, token("2099-01-01T00:00:00Z")).unwrap();
    assert_eq!(
        credentials.get_credential().await.unwrap().secret_key,
        "SK3"
    );
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].headers()["x-amz-sso_bearer_token"], "bearer");
    assert_eq!(
        requests[0].uri().query(),
        Some("role_name=Reader&account_id=123")
    );
}

#[tokio::test]
async fn an_instance_gives_its_role_by_the_second_version_of_its_protocol() {
    let variables = [(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "http://127.0.0.1:1/below/",
    )];
    let (credentials, requests) = credentials("", &variables, |number, request| {
        let role = "/below/latest/meta-data/iam/security-credentials/";
        match request.uri().path() {
            "/below/latest/api/token" => (200, "tok".to_owned()),
            path if path == role => (200, "runner".to_owned()),
            _ => {
                let (status, body) = lasting(number, Duration::from_secs(3600));
                (status, body.replacen('{', r#"{"Code":"Success","#, 1))
            }
        }
    });
    assert_eq!(credentials.get_credential().await.unwrap().key_id, "AK2");
    let requests = requests.lock().unwrap();
    assert_eq!(requests[0].method(), "PUT");
    assert_eq!(requests[2].headers()["x-aws-ec2-metadata-token"], "tok");
}
