//! Logging in, over one connector as a run has it: what is asked, what is refused once, and jump hosts that are shared.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod device;
mod test_server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use netconf::ssh::{AttemptOutcome, Connector, Hop, HostKeyPolicy, Method, Route, Target};
use netconf::{Error, Options, Phase, Timeouts};
use russh::MethodKind;
use russh::keys::{Algorithm, PrivateKey};
use tokio::net::TcpListener;

use device::{endpoint, user};
use test_server::TestServer;

fn target(address: SocketAddr, methods: Vec<Method>) -> Target {
    Target::new(endpoint(address), user(methods), HostKeyPolicy::Off)
}

fn password(text: &str) -> Method {
    Method::Password(text.into())
}

fn answer(text: &str) -> Method {
    Method::KeyboardInteractive(text.into())
}

#[expect(clippy::panic, reason = "a test says what it did not expect")]
fn outcomes(error: &Error) -> Vec<AttemptOutcome> {
    match error {
        Error::Authentication { attempts, .. } | Error::Credentials { attempts, .. } => attempts
            .iter()
            .map(|attempt| attempt.outcome.clone())
            .collect(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_refused_credential_is_tried_once_in_a_run_whoever_asks() {
    let server = TestServer::with(&[MethodKind::Password, MethodKind::KeyboardInteractive]);
    let address = server.open().await;
    let connector = Connector::new(Options::default());
    let wrong = target(address, vec![password("wrong"), answer("wrong")]);
    // At once, one after the other, and as the second method.
    let (one, two) = tokio::join!(connector.connect(&wrong), connector.connect(&wrong));
    let three = connector.connect(&wrong).await;
    assert_eq!(server.seen(), ["password wrong"]);
    for result in [one, two, three] {
        let error = result.unwrap_err();
        assert!(!error.is_transient());
        let outcomes = outcomes(&error);
        assert_eq!(outcomes[1], AttemptOutcome::RefusedBefore, "{error}");
        // Under this name nothing was refused; under the other, the same password.
        let told = "keyboard-interactive was not tried: the same credential was refused before in this run";
        assert!(error.to_string().contains(told), "{error}");
    }
    let right = target(address, vec![password("wrong"), password("right")]);
    connector
        .connect(&right)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert_eq!(server.seen(), ["password wrong", "password right"]);
    // Another run may try again.
    let again = Connector::new(Options::default());
    again.connect(&wrong).await.unwrap_err();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn hanging_up_over_a_password_is_refusing_it() {
    let mut server = TestServer::with(&[MethodKind::Password]);
    server.hangs_up = true;
    let address = server.open().await;
    let connector = Connector::new(Options::default());
    for _ in 0..2 {
        let error = connector
            .connect(&target(address, vec![password("wrong")]))
            .await;
        assert!(
            !error.unwrap_err().is_transient(),
            "or it would be tried again"
        );
    }
    assert_eq!(server.seen(), ["password wrong"]);
}

#[tokio::test]
async fn a_password_is_not_sent_to_a_device_that_does_not_ask_for_it() {
    let server = TestServer::with(&[MethodKind::KeyboardInteractive]);
    let address = server.open().await;
    let connector = Connector::new(Options::default());
    let both = target(address, vec![password("right"), answer("right")]);
    connector
        .connect(&both)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert_eq!(server.seen(), ["right"]);

    let error = connector
        .connect(&target(address, vec![password("right")]))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Credentials { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("did not ask for it (the device accepts: keyboard-interactive)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_key_is_shown_first_and_a_device_that_takes_none_has_refused_none() {
    let server = TestServer::with(&[MethodKind::Password]);
    let address = server.open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("id");
    let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap();
    let text = key.to_openssh(Default::default()).unwrap();
    std::fs::write(&path, text.as_bytes()).unwrap();
    let passphrase = None;
    let key_file = Method::KeyFile { path, passphrase };
    let connector = Connector::new(Options::default());
    for _ in 0..2 {
        let error = connector
            .connect(&target(address, vec![key_file.clone()]))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Credentials { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.ends_with(
                "id cannot be used: the device did not ask for it (the device accepts: password)"
            ),
            "{text}"
        );
    }
    let both = target(address, vec![key_file, password("right")]);
    let connection = connector.connect(&both).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(server.seen(), ["password right"]);
}

#[tokio::test]
async fn only_the_one_hidden_question_is_answered_with_the_secret() {
    let mut server = TestServer::with(&[MethodKind::KeyboardInteractive]);
    server.questions = vec![("Username: ", true), ("Password: ", false)];
    let address = server.open().await;
    let connector = Connector::new(Options::default());
    let right = target(address, vec![answer("right")]);
    connector
        .connect(&right)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert_eq!(server.seen(), ["lab right"]);
    // Asked again after a wrong answer, it is not given again.
    let error = connector
        .connect(&target(address, vec![answer("wrong")]))
        .await
        .unwrap_err();
    assert_eq!(outcomes(&error), [AttemptOutcome::Refused]);
    assert_eq!(server.seen(), ["lab right", "lab wrong"]);

    let mut expired = TestServer::with(&[MethodKind::KeyboardInteractive]);
    expired.questions = vec![("New password: ", false), ("Retype: ", false)];
    let address = expired.open().await;
    let error = connector
        .connect(&target(address, vec![answer("right")]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("New password"), "{error}");
    assert_eq!(expired.seen(), [""; 0], "the secret was not given");
}

#[tokio::test]
async fn devices_behind_a_jump_host_share_its_connection_and_leave_it_clean() {
    let (outer, inner, device) = (
        TestServer::with(&[MethodKind::Password]),
        TestServer::with(&[MethodKind::Password]),
        TestServer::with(&[MethodKind::Password]),
    );
    let (outer_at, inner_at, device_at) =
        (outer.open().await, inner.open().await, device.open().await);
    let hop = |address| Hop {
        endpoint: endpoint(address),
        credentials: user(vec![password("right")]),
        host_keys: HostKeyPolicy::Off,
        legacy: false,
    };
    let mut target = target(device_at, vec![password("right")]);
    target.route = Route::Jump(vec![hop(outer_at), hop(inner_at)]);
    let connector = Connector::new(Options::default());
    let mut open = Vec::new();
    for _ in 0..3 {
        let (one, two) = tokio::join!(connector.connect(&target), connector.connect(&target));
        open.extend([one.unwrap(), two.unwrap()]);
    }
    let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
    assert_eq!(count(&outer.connections), 1);
    assert_eq!(count(&inner.connections), 1);
    assert_eq!(count(&inner.tunnels), 6);
    assert_eq!(count(&device.connections), 6);
    for mut connection in open.drain(..3) {
        connection.request("<get/>").await.unwrap();
        connection.close().await.unwrap();
    }
    drop(open);
    for _ in 0..200 {
        if count(&inner.open_tunnels) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        count(&inner.open_tunnels),
        0,
        "closed or dropped, no tunnel is left"
    );
    // The connection to the jump host is still there for the next, and gone with the connector.
    connector
        .connect(&target)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert_eq!(count(&outer.connections), 1);
    drop(connector);
    for _ in 0..200 {
        if count(&outer.open_tunnels) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(count(&outer.open_tunnels), 0);
}

#[tokio::test]
async fn a_jump_host_that_fails_is_asked_once_for_all_who_wait() {
    let jump = TestServer::with(&[MethodKind::Password]);
    let jump_at = jump.open().await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let through = |address, secret| {
        let mut target = target(address, vec![password("right")]);
        target.route = Route::Jump(vec![Hop {
            endpoint: endpoint(jump_at),
            credentials: user(vec![password(secret)]),
            host_keys: HostKeyPolicy::Off,
            legacy: false,
        }]);
        target
    };
    let connector = Connector::new(Options::default());
    let wrong = through(closed, "wrong");
    let (one, two) = tokio::join!(connector.connect(&wrong), connector.connect(&wrong));
    assert_eq!(jump.connections.load(Ordering::SeqCst), 1);
    for result in [one, two] {
        let error = result.unwrap_err();
        assert_eq!(error.phase(), Phase::Authentication);
        let text = error.to_string();
        let begins = format!("{closed}: no way through the jump host: {jump_at}: authentication");
        assert!(text.starts_with(&begins), "{text}");
    }
    let error = connector
        .connect(&through(closed, "right"))
        .await
        .unwrap_err();
    assert_eq!(error.phase(), Phase::Connect);
    assert!(
        error
            .to_string()
            .contains("the jump host did not get through"),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_waits_for_a_jump_host_longer_than_opening_it_may_take() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let short = Duration::from_millis(100);
    let timeouts = Timeouts {
        resolve: short,
        connect: short,
        version_exchange: Duration::from_secs(1),
        key_exchange: short,
        authentication: short,
        ..Timeouts::default()
    };
    let together = Duration::from_millis(1500);
    let connector = Arc::new(Connector::new(Options {
        timeouts,
        ..Options::default()
    }));
    let mut target = target(silent.local_addr().unwrap(), vec![password("right")]);
    target.route = Route::Jump(vec![Hop {
        endpoint: endpoint(silent.local_addr().unwrap()),
        credentials: user(vec![password("right")]),
        host_keys: HostKeyPolicy::Off,
        legacy: false,
    }]);
    let began = Instant::now();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let (connector, target) = (connector.clone(), target.clone());
        waiting.push(tokio::spawn(
            async move { connector.connect(&target).await },
        ));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Those in front are given up before their own deadline, so that it begins anew for the next.
    tokio::time::sleep(Duration::from_millis(750)).await;
    waiting[0].abort();
    tokio::time::sleep(Duration::from_millis(750)).await;
    waiting[1].abort();
    let error = waiting.pop().unwrap().await.unwrap().unwrap_err();
    assert!(began.elapsed() >= together);
    assert_eq!(error.phase(), Phase::Connect);
    let told = "those in front did not open the connection to the jump host within 1.50 s";
    assert!(error.to_string().contains(told), "{error}");
}

#[tokio::test]
async fn a_device_that_says_why_it_leaves_is_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let device = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"Too many connections\r\n")
            .await
            .unwrap();
    };
    let connector = Connector::new(Options::default());
    let target = target(address, vec![password("right")]);
    let (result, ()) = tokio::join!(connector.connect(&target), device);
    let error = result.unwrap_err();
    assert_eq!(error.phase(), Phase::VersionExchange);
    assert!(error.is_transient());
    assert!(
        error.to_string().contains("Too many connections"),
        "{error}"
    );
}

/// The error of a login whose right answer is followed by these rounds, and what the device got.
async fn after_the_answer(
    rounds: Vec<(&'static str, Vec<(&'static str, bool)>)>,
) -> (Error, Vec<String>, Vec<String>) {
    let mut server = TestServer::with(&[MethodKind::KeyboardInteractive]);
    server.further_rounds = rounds;
    let address = server.open().await;
    let connector = Connector::new(Options::default());
    let target = target(address, vec![answer("right")]);
    let error = connector.connect(&target).await.unwrap_err();
    let seen = server.seen();
    connector.connect(&target).await.unwrap_err();
    (error, seen, server.seen())
}

#[tokio::test]
async fn an_expired_password_is_told_in_the_devices_words_and_is_not_refused() {
    let questions = vec![("New password: ", false), ("Retype new password: ", false)];
    let expired = vec![("Your password has expired.", questions)];
    let (error, seen, later) = after_the_answer(expired).await;
    let told = "keyboard-interactive was answered, but the device asks for more than a password: \
                \"Your password has expired. New password: Retype new password:\"";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(outcomes(&error), [AttemptOutcome::MoreAsked]);
    assert_eq!(seen, ["right"], "nothing else is answered");
    assert_eq!(
        later,
        ["right", "right"],
        "it was not remembered as refused"
    );
}

#[tokio::test]
async fn a_question_for_an_option_is_not_answered() {
    for is_shown in [true, false] {
        let question = vec![("Passcode or option (1-2): ", is_shown)];
        let rounds = vec![("Two factors. 1. Push 2. SMS", question)];
        let (error, seen, _) = after_the_answer(rounds).await;
        let told = "\"Two factors. 1. Push 2. SMS Passcode or option (1-2):\"";
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(seen, ["right"]);
    }
}

#[tokio::test]
async fn words_without_a_question_reach_the_person_with_the_refusal() {
    let rounds = vec![("Your account is locked.", Vec::new())];
    let (error, _, later) = after_the_answer(rounds).await;
    let told = "keyboard-interactive was refused: \"Your account is locked.\"";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(
        later.iter().filter(|answer| *answer == "right").count(),
        1,
        "{later:?}"
    );
}
