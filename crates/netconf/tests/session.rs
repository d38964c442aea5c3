//! A session against a peer that follows a script, over a pipe in memory and on simulated time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use netconf::server::ServerSession;
use netconf::{Error, Framing, FramingError, Options, Phase, Session, Severity};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

const HELLO: &str = "<!-- user lab --><!-- one more -->\n<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\
    <capabilities><capability>urn:ietf:params:netconf:base:1.0</capability>\
    <capability>urn:ietf:params:netconf:base:1.1</capability></capabilities>\
    <session-id>42</session-id></hello>";

type Peer = ServerSession<DuplexStream>;

/// Both ends of a session, after the hellos.
async fn start(options: &Options) -> (Session<DuplexStream>, Peer) {
    let (near, far) = duplex(64 * 1024);
    let (session, server) = tokio::join!(
        Session::start(near, options),
        ServerSession::start(far, HELLO)
    );
    (session.unwrap(), server.unwrap())
}

/// Waits for a request, and answers with `content` in a reply of its own.
async fn answer(peer: &mut Peer, content: &str) {
    let request = peer.next_request().await.unwrap().unwrap();
    let reply = format!("<rpc-reply {}>{content}</rpc-reply>", request.attributes);
    peer.reply(reply.as_bytes()).await.unwrap();
}

fn chunked() -> Options {
    Options {
        offer: Framing::Chunked,
        ..Options::default()
    }
}

#[tokio::test]
async fn requests_are_answered_in_either_framing() {
    for (options, framing) in [
        (Options::default(), Framing::EndOfMessage),
        (chunked(), Framing::Chunked),
    ] {
        let (mut session, mut peer) = start(&options).await;
        assert_eq!(session.peer().session_id, Some(42));
        assert_eq!(session.framing(), framing);
        let device = tokio::spawn(async move {
            for content in ["<a/>", "<b>&lt;</b>\n"] {
                answer(&mut peer, content).await;
            }
            let last = peer.next_request().await.unwrap().unwrap();
            assert_eq!(last.operation, "<close-session/>");
            let reply = format!("<rpc-reply {}><ok/></rpc-reply>", last.attributes);
            peer.reply(reply.as_bytes()).await.unwrap();
        });
        let first = session.request("<get-a/>").await.unwrap();
        let text = String::from_utf8(first.bytes).unwrap();
        assert!(
            text.starts_with("<rpc-reply xmlns=") && text.ends_with("<a/></rpc-reply>"),
            "{text}"
        );
        assert!(first.errors.is_empty());
        let second = session.request("<get-b/>").await.unwrap();
        assert!(second.bytes.ends_with(b"<b>&lt;</b>\n</rpc-reply>"));
        session.close().await.unwrap();
        device.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_late_is_dropped_and_the_session_goes_on() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let device = tokio::spawn(async move {
        sleep(Duration::from_secs(70)).await;
        answer(&mut peer, "<late/>").await;
        answer(&mut peer, "<punctual/>").await;
        peer
    });
    let started = Instant::now();
    let error = session.request("<slow/>").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(60));
    assert!(
        matches!(error, Error::Timeout { .. }) && error.phase() == Phase::Request,
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("no first byte of the reply within 60 s"),
        "{error}"
    );
    assert!(error.is_transient());
    let reply = session.request("<quick/>").await.unwrap();
    assert!(reply.bytes.ends_with(b"<punctual/></rpc-reply>"));
    drop(device.await);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_is_no_first_byte_of_the_next() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let device = tokio::spawn(async move {
        sleep(Duration::from_secs(70)).await;
        answer(&mut peer, "<late/>").await;
        peer
    });
    session.request("<slow/>").await.unwrap_err();
    let started = Instant::now();
    let error = session.request("<silence/>").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(60));
    assert!(error.to_string().contains("no first byte"), "{error}");
    drop(device.await);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_dribbles_has_a_deadline_too() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let device = tokio::spawn(async move {
        peer.next_request().await.unwrap();
        peer.send_unframed(b"<rpc-reply>").await.unwrap();
        loop {
            sleep(Duration::from_secs(10)).await;
            if peer.send_unframed(b"<more/>").await.is_err() {
                break;
            }
        }
    });
    let started = Instant::now();
    let error = session.request("<get/>").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(180));
    let text = error.to_string();
    assert!(
        text.contains("no complete reply within 180 s (13"),
        "{text}"
    );
    drop(session);
    device.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_costs_no_more_than_the_hello_deadline() {
    let (near, _far) = duplex(4096);
    let started = Instant::now();
    let error = Session::start(near, &Options::default()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(20));
    assert!(
        matches!(error, Error::Timeout { .. }) && error.phase() == Phase::Hello,
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_costs_no_more_than_the_deadline() {
    let (mut session, peer) = start(&Options::default()).await;
    let large = format!("<put>{}</put>", "x".repeat(200_000));
    let error = session.request(&large).await.unwrap_err();
    assert!(
        error.to_string().contains("could not be sent within 60 s"),
        "{error}"
    );
    let error = session.request("<get/>").await.unwrap_err();
    assert!(
        matches!(error, Error::Unusable { .. }),
        "half a request was sent: {error:?}"
    );
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_no_longer_than_its_deadline() {
    let (session, _peer) = start(&Options::default()).await;
    let started = Instant::now();
    let error = session.close().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    assert_eq!(error.phase(), Phase::Close);
}

#[tokio::test]
async fn a_peer_that_hangs_up_on_close_has_closed() {
    let (session, mut peer) = start(&Options::default()).await;
    let device = tokio::spawn(async move { peer.next_request().await.unwrap().unwrap() });
    session.close().await.unwrap();
    device.await.unwrap();
}

#[tokio::test]
async fn a_cancelled_request_does_not_leave_its_reply_to_the_next() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let cancelled = tokio::time::timeout(Duration::from_millis(20), session.request("<a/>")).await;
    assert!(cancelled.is_err());
    let device = tokio::spawn(async move {
        answer(&mut peer, "<first/>").await;
        answer(&mut peer, "<second/>").await;
        peer
    });
    let reply = session.request("<b/>").await.unwrap();
    assert!(reply.bytes.ends_with(b"<second/></rpc-reply>"));
    drop(device.await);
}

/// What a request gives when the peer sends `reply` to it.
async fn request_answered_by(reply: &[u8]) -> Result<netconf::Reply, Error> {
    let (mut session, mut peer) = start(&Options::default()).await;
    let (result, _) = tokio::join!(session.request("<get/>"), async {
        peer.next_request().await.unwrap();
        peer.reply(reply).await.unwrap();
    });
    result
}

#[tokio::test]
async fn a_reply_to_something_else_is_an_error() {
    let error = request_answered_by(b"<rpc-reply message-id=\"99\"/>")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Reply { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("expected the reply with message-id \"1\", found message-id \"99\""),
        "{text}"
    );
    let error = request_answered_by(b"<notification/>").await.unwrap_err();
    assert!(
        error.to_string().contains("found \"<notification/>\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_reply_that_is_no_xml_is_shown() {
    let error = request_answered_by(b"error: \x07 unknown command\r\n")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains(r#"found "error: \x07 unknown command\r\n""#),
        "{error}"
    );
}

#[tokio::test]
async fn a_reply_without_id_or_with_damage_inside_is_handed_on_as_it_came() {
    for reply in [
        &b"<rpc-reply><a/></rpc-reply>\n"[..],
        b"<rpc-reply message-id=\"1\"><a><b>\xff</a>",
    ] {
        assert_eq!(request_answered_by(reply).await.unwrap().bytes, reply);
    }
}

#[tokio::test]
async fn errors_in_a_reply_are_typed_and_warnings_stand_apart() {
    let reply = request_answered_by(
        b"<rpc-reply message-id=\"1\"><good/><rpc-error><error-tag>operation-failed</error-tag>\
          <error-severity>error</error-severity><error-message>no such port</error-message></rpc-error>\
          <rpc-error><error-severity>warning</error-severity></rpc-error></rpc-reply>",
    )
    .await
    .unwrap();
    assert_eq!(reply.failures().count(), 1);
    assert_eq!(reply.warnings().count(), 1);
    assert_eq!(
        reply.errors[0].to_string(),
        "operation-failed: no such port"
    );
    assert_eq!(reply.errors[1].severity, Severity::Warning);
}

#[tokio::test]
async fn a_peer_that_announces_chunks_and_sends_none_is_named() {
    let (mut session, mut peer) = start(&chunked()).await;
    peer.set_reply_framing(Framing::EndOfMessage);
    let (result, ()) = tokio::join!(session.request("<get/>"), answer(&mut peer, "<a/>"));
    let error = result.unwrap_err();
    let cause = FramingError::ChunksExpected {
        found: String::new(),
    };
    assert!(
        matches!(&error, Error::Framing { cause: found, .. } if std::mem::discriminant(found) == std::mem::discriminant(&cause)),
        "{error:?}"
    );
    assert!(!error.is_transient());
    assert!(matches!(
        session.request("<get/>").await,
        Err(Error::Unusable { .. })
    ));
}

#[tokio::test]
async fn a_reply_over_the_limit_is_an_error() {
    let options = Options {
        max_reply_bytes: 1000,
        ..Options::default()
    };
    let (mut session, mut peer) = start(&options).await;
    let large = "<a/>".repeat(1000);
    let (result, ()) = tokio::join!(session.request("<get/>"), answer(&mut peer, &large));
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("larger than the limit of 1000 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_cut_in_mid_reply_says_how_far_it_came() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let (result, ()) = tokio::join!(session.request("<get/>"), async {
        peer.next_request().await.unwrap();
        peer.send_unframed(b"<rpc-reply message-id=\"1\"><a>")
            .await
            .unwrap();
        drop(peer);
    });
    let error = result.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Disconnected {
                received_bytes: 29,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_session_stays_usable() {
    let (mut session, mut peer) = start(&Options::default()).await;
    for operation in ["", "  ", "<a>]]>]]></a>"] {
        let error = session.request(operation).await.unwrap_err();
        assert!(matches!(error, Error::Operation { .. }), "{error:?}");
    }
    let (reply, ()) = tokio::join!(session.request("<get/>"), answer(&mut peer, "<a/>"));
    reply.unwrap();
}

#[tokio::test]
async fn something_other_than_a_hello_is_shown() {
    let (near, mut far) = duplex(4096);
    far.write_all(b"This account is locked\r\n]]>]]>")
        .await
        .unwrap();
    let error = Session::start(near, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Hello { .. }), "{error:?}");
    assert!(
        error.to_string().contains("This account is locked"),
        "{error}"
    );
    let mut sent = vec![0; 5];
    far.read_exact(&mut sent).await.unwrap();
    assert_eq!(sent, b"<?xml");
}

/// A server that processes one message a read, and looks at what is left over only when more bytes come.
async fn overlooks_requests(mut stream: DuplexStream, framing: Framing) -> Vec<u8> {
    let hello = match framing {
        Framing::EndOfMessage => HELLO.replace("base:1.1", "other"),
        Framing::Chunked => HELLO.to_owned(),
    };
    stream
        .write_all(format!("{hello}]]>]]>").as_bytes())
        .await
        .unwrap();
    // The client's hello and its first request come in one read.
    sleep(Duration::from_millis(100)).await;
    let mut wire = Vec::with_capacity(4096);
    stream.read_buf(&mut wire).await.unwrap();
    assert!(wire.ends_with(b"]]>]]>") || wire.ends_with(b"\n##\n"));
    let mut decoder = netconf::framing::Decoder::new(9999);
    decoder.push(&wire);
    decoder.next_message().unwrap().unwrap();
    decoder.set_framing(framing);
    let mut id = 0;
    loop {
        let mut more = Vec::with_capacity(4096);
        if stream.read_buf(&mut more).await.unwrap() == 0 {
            return wire;
        }
        wire.extend_from_slice(&more);
        decoder.push(&more);
        while decoder.next_message().unwrap().is_some() {
            id += 1;
            let reply = format!("<rpc-reply message-id=\"{id}\"><ok/></rpc-reply>");
            let reply = netconf::framing::encode(reply.as_bytes(), framing);
            let reply: Vec<u8> = reply.flat_map(std::borrow::Cow::into_owned).collect();
            stream.write_all(&reply).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_read_together_with_the_hello_is_answered() {
    for (options, framing) in [
        (Options::default(), Framing::EndOfMessage),
        (chunked(), Framing::Chunked),
    ] {
        let (near, far) = duplex(64 * 1024);
        let server = tokio::spawn(overlooks_requests(far, framing));
        let mut session = Session::start(near, &options).await.unwrap();
        assert_eq!(session.framing(), framing);
        let started = Instant::now();
        for _ in 0..3 {
            session.request("<get-a/>").await.unwrap();
        }
        assert!(
            started.elapsed() < Duration::from_secs(3),
            "{:?}",
            started.elapsed()
        );
        session.close().await.unwrap();
        let wire = String::from_utf8(server.await.unwrap()).unwrap();
        // All that was sent is four messages, by the letter of the framing.
        let requests = wire.split_once("]]>]]>").unwrap().1;
        match framing {
            Framing::EndOfMessage => {
                assert_eq!(requests.matches("]]>]]>").count(), 4, "{requests}")
            }
            Framing::Chunked => {
                assert!(!requests.contains("\n\n\n"), "{requests:?}");
                assert_eq!(requests.matches("\n##\n").count(), 4, "{requests}");
                assert_eq!(requests.matches("\n#1\n<\n#").count(), 1, "{requests}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_long_for_the_first_reply_gets_legal_bytes_only() {
    for options in [Options::default(), chunked()] {
        let (mut session, mut peer) = start(&options).await;
        let device = tokio::spawn(async move {
            // Both requests are read after many early bytes.
            sleep(Duration::from_secs(55)).await;
            answer(&mut peer, "<a/>").await;
            answer(&mut peer, "<b/>").await;
            peer
        });
        session.request("<get-a/>").await.unwrap();
        session.request("<get-b/>").await.unwrap();
        drop(device.await.unwrap());
    }
}

#[tokio::test]
async fn bytes_before_a_reply_are_skipped_and_reported() {
    for options in [Options::default(), chunked()] {
        let (mut session, mut peer) = start(&options).await;
        let device = tokio::spawn(async move {
            for junk in ["\x07", "", "\nshutdown: going down\n"] {
                let request = peer.next_request().await.unwrap().unwrap();
                let reply = format!("{junk}<rpc-reply {}><a/></rpc-reply>", request.attributes);
                peer.reply(reply.as_bytes()).await.unwrap();
            }
            peer
        });
        for skipped in [Some(r"\x07"), None, Some("shutdown: going down")] {
            let reply = session.request("<get-a/>").await.unwrap();
            assert!(reply.bytes.starts_with(b"<rpc-reply "));
            assert_eq!(reply.skipped.as_deref(), skipped);
        }
        drop(device.await.unwrap());
    }
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_is_in_the_error() {
    let (mut session, mut peer) = start(&Options::default()).await;
    let device = tokio::spawn(async move {
        peer.next_request().await.unwrap();
        peer.reply(b"% internal error").await.unwrap();
        peer.next_request().await.unwrap();
        peer.send_unframed(b"#12\n<rpc-reply/>").await.unwrap();
        peer
    });
    let error = session.request("<get-a/>").await.unwrap_err();
    assert_eq!(error.received(), Some(&b"% internal error"[..]), "{error}");
    let error = session.request("<get-a/>").await.unwrap_err();
    assert!(matches!(error, Error::Framing { .. }), "{error}");
    assert_eq!(error.received(), Some(&b"#12\n<rpc-reply/>"[..]), "{error}");
    drop(device.await.unwrap());
}
