//! What the tests' SSH servers have in common once a client is in, and what their clients say.

use std::net::SocketAddr;

use netconf::server::ServerSession;
use netconf::ssh::{Credentials, Endpoint, Method};
use russh::Channel;
use russh::server::Msg;

const HELLO: &str = "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability>\
    </capabilities><session-id>1</session-id></hello>";

/// Speaks NETCONF in the channel until the client leaves. What an operation is answered by is up to `answer`; `None` is silence.
pub(crate) fn serve_netconf(
    channel: Channel<Msg>,
    answer: impl Fn(&str) -> Option<String> + Send + 'static,
) {
    tokio::spawn(async move {
        let mut server = ServerSession::start(channel.into_stream(), HELLO)
            .await
            .unwrap();
        while let Ok(Some(request)) = server.next_request().await {
            let Some(answer) = answer(&request.operation) else {
                continue;
            };
            let reply = format!("<rpc-reply {}>{answer}</rpc-reply>", request.attributes);
            if server.reply(reply.as_bytes()).await.is_err() {
                break;
            }
        }
    });
}

pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        host: address.ip().to_string(),
        port: address.port(),
    }
}

/// The user that the servers know.
pub(crate) fn user(methods: Vec<Method>) -> Credentials {
    Credentials {
        user: "lab".to_owned(),
        methods,
    }
}
