//! One NETCONF session of one device: hello, then a reply for each request until the client has enough.
//!
//! The device behind it is simulated or recorded; the session knows only how to ask it. Answers are made on a blocking thread, for they
//! take milliseconds of arithmetic and a write to the ledger. [`Faults`] stand between these steps.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use netconf::{
    Framing,
    server::{IncomingRpc, ServerError, ServerSession},
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    answer::Respondent,
    clock::Clock,
    faults::{
        Fault, Faults,
        reply::{Then, send, with_another_id},
        wire::swallow,
    },
    ledger::Ledger,
    operation::Operation,
    recorded::Player,
    render::{self, xml::escaped},
    stop::Stopping,
};

const CAPABILITIES: [&str; 8] = [
    "urn:ietf:params:netconf:base:1.0",
    "urn:ietf:params:netconf:capability:candidate:1.0",
    "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
    "urn:ietf:params:netconf:capability:validate:1.0",
    "urn:ietf:params:xml:ns:netconf:base:1.0",
    "urn:ietf:params:xml:ns:netconf:capability:candidate:1.0",
    "http://xml.juniper.net/netconf/junos/1.0",
    "http://xml.juniper.net/dmi/system/1.0",
];

/// What a device announces besides that lies about its framing.
const BASE_1_1: &str = "urn:ietf:params:netconf:base:1.1";

/// What answers on a device's port.
#[derive(Debug)]
pub(crate) enum Behind {
    Simulated(Box<Respondent>),
    Recorded(Player),
}

/// Everything that the sessions of one device share.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) behind: Behind,
    pub(crate) clock: Clock,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) user: String,
    next_session: AtomicU32,
}

impl Host {
    pub(crate) fn new(behind: Behind, clock: Clock, ledger: Arc<Ledger>, user: String) -> Self {
        Self {
            behind,
            clock,
            ledger,
            user,
            next_session: AtomicU32::new(4_001),
        }
    }

    /// The hello of a new session, with the two comments that a Junos box puts before it.
    fn hello(&self, faults: &Faults) -> String {
        let session = self.next_session.fetch_add(1, Ordering::Relaxed);
        // Two hyphens would end the comment.
        let user = escaped(&self.user).replace("--", "- -");
        let lie = faults.has(Fault::FalseBase11).then_some(&BASE_1_1);
        let capabilities: String = CAPABILITIES
            .iter()
            .chain(lie)
            .map(|capability| format!("<capability>{capability}</capability>\n"))
            .collect();
        format!(
            "<!-- No photons were harmed in the making of this session -->\n\
             <!-- user {user}, class j-read-only -->\n\
             <hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n\
             <capabilities>\n{capabilities}</capabilities>\n\
             <session-id>{session}</session-id>\n\
             </hello>\n"
        )
    }

    /// The whole reply to a request. An error is the ledger's.
    fn reply(&self, request: &IncomingRpc) -> std::io::Result<Vec<u8>> {
        let IncomingRpc {
            attributes,
            operation,
        } = request;
        match &self.behind {
            Behind::Simulated(respondent) => respondent
                .reply(attributes, operation, self.clock.now(), &self.ledger)
                .map(String::into_bytes),
            Behind::Recorded(player) => Ok(player.reply(attributes, operation)),
        }
    }
}

/// Speaks with one client until it closes the session, or `ended` says that it has left or that the fleet stops.
pub(crate) async fn hold<S>(
    stream: S,
    host: Arc<Host>,
    faults: Arc<Faults>,
    ended: Stopping,
) -> Result<(), ServerError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let ended = ended.heard();
    tokio::pin!(ended);
    let hello = host.hello(&faults);
    let greeting = async {
        if faults.has(Fault::NoHello) {
            swallow(stream).await;
            return Ok(None);
        }
        ServerSession::start(stream, &hello).await.map(Some)
    };
    let started = tokio::select! {
        started = greeting => started?,
        () = &mut ended => return Ok(()),
    };
    let Some(mut server) = started else {
        return Ok(());
    };
    if faults.has(Fault::FalseBase11) {
        server.set_reply_framing(Framing::EndOfMessage);
    }
    let mut replies = 0;
    while !faults.kill_after(replies) {
        let request = tokio::select! {
            request = server.next_request() => request?,
            () = &mut ended => return Ok(()),
        };
        let Some(mut request) = request else {
            return Ok(());
        };
        let faults = faults.on_reply(replies);
        replies += 1;
        if faults.has(Fault::WrongMessageId) {
            request.attributes = with_another_id(&request.attributes);
        }
        let is_last = Operation::parse(&request.operation)
            .is_ok_and(|operation| operation.name == "close-session");
        let reply = if is_last {
            render::reply(&request.attributes, "", "<ok/>\n").into_bytes()
        } else if faults.has(Fault::RpcError) {
            let error = render::rpc_error("the simulated device will not answer", None);
            render::reply(&request.attributes, "", &error).into_bytes()
        } else {
            let host = Arc::clone(&host);
            // Waited for even while the fleet stops: nothing of ours outlives it.
            let answered = tokio::task::spawn_blocking(move || host.reply(&request)).await;
            answered.map_err(std::io::Error::other)??
        };
        let then = tokio::select! {
            then = send(&mut server, &reply, &faults) => then?,
            () = &mut ended => return Ok(()),
        };
        if is_last || then == Then::Ends {
            break;
        }
    }
    server.close().await
}
