//! One NETCONF session of a device: sends the hello, then a reply to each request, until the client closes.
//!
//! The device behind it is simulated or recorded. Replies are made on a blocking thread, because they take milliseconds of arithmetic and
//! a write to the ledger. [`Faults`] act between these steps.

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
    answer::SimulatedDevice,
    clock::SimClock,
    faults::{
        Fault, Faults,
        reply::{AfterReply, send, with_wrong_message_id},
        stream::discard_input,
    },
    ledger::Ledger,
    operation::Operation,
    recorded::ReplayedDevice,
    render::{self, xml::escaped},
    shutdown::ShutdownSignal,
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

/// The capability that a device announces falsely with [`Fault::FalseBase11`].
const BASE_1_1: &str = "urn:ietf:params:netconf:base:1.1";

/// The source of a device's replies.
#[derive(Debug)]
pub(crate) enum DeviceBackend {
    Simulated(Box<SimulatedDevice>),
    Recorded(ReplayedDevice),
}

/// The shared state of a device's sessions.
#[derive(Debug)]
pub(crate) struct SessionContext {
    pub(crate) backend: DeviceBackend,
    pub(crate) clock: SimClock,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) user: String,
    next_session: AtomicU32,
}

impl SessionContext {
    pub(crate) fn new(
        backend: DeviceBackend,
        clock: SimClock,
        ledger: Arc<Ledger>,
        user: String,
    ) -> Self {
        Self {
            backend,
            clock,
            ledger,
            user,
            next_session: AtomicU32::new(4_001),
        }
    }

    /// The hello of a new session, with the two comments that a Junos device puts before it.
    fn hello(&self, faults: &Faults) -> String {
        let session = self.next_session.fetch_add(1, Ordering::Relaxed);
        // Two hyphens would end the comment.
        let user = escaped(&self.user).replace("--", "- -");
        let false_capability = faults.has(Fault::FalseBase11).then_some(&BASE_1_1);
        let capabilities: String = CAPABILITIES
            .iter()
            .chain(false_capability)
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

    /// The whole reply to a request. An error comes from the ledger.
    fn reply(&self, request: &IncomingRpc) -> std::io::Result<Vec<u8>> {
        let IncomingRpc {
            attributes,
            operation,
        } = request;
        match &self.backend {
            DeviceBackend::Simulated(simulated) => simulated
                .reply(attributes, operation, self.clock.now(), &self.ledger)
                .map(String::into_bytes),
            DeviceBackend::Recorded(replayed) => Ok(replayed.reply(attributes, operation)),
        }
    }
}

/// Serves one client until it closes the session, or until `ended` signals its disconnect or the fleet's shutdown.
pub(crate) async fn serve<S>(
    stream: S,
    context: Arc<SessionContext>,
    faults: Arc<Faults>,
    ended: ShutdownSignal,
) -> Result<(), ServerError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let ended = ended.triggered();
    tokio::pin!(ended);
    let hello = context.hello(&faults);
    let hello_exchange = async {
        if faults.has(Fault::NoHello) {
            discard_input(stream).await;
            return Ok(None);
        }
        ServerSession::start(stream, &hello).await.map(Some)
    };
    let started = tokio::select! {
        started = hello_exchange => started?,
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
            request.attributes = with_wrong_message_id(&request.attributes);
        }
        let is_last = Operation::parse(&request.operation)
            .is_ok_and(|operation| operation.name == "close-session");
        let reply = if is_last {
            render::reply(&request.attributes, "", "<ok/>\n").into_bytes()
        } else if faults.has(Fault::RpcError) {
            let error = render::rpc_error("the simulated device will not answer", None);
            render::reply(&request.attributes, "", &error).into_bytes()
        } else {
            let context = Arc::clone(&context);
            // Waited for even while the fleet stops: nothing of ours outlives it.
            let answered = tokio::task::spawn_blocking(move || context.reply(&request)).await;
            answered.map_err(std::io::Error::other)??
        };
        let after = tokio::select! {
            after = send(&mut server, &reply, &faults) => after?,
            () = &mut ended => return Ok(()),
        };
        if is_last || after == AfterReply::Disconnect {
            break;
        }
    }
    server.close().await
}
