//! What a gateway's answer means.

use super::Failed;
use crate::Error;
use crate::http_client::{Reply, told};

/// Whether the series are there, or why not.
pub(super) fn judged(reply: &Reply, address: &str) -> Result<(), Failed> {
    if reply.status.is_success() {
        return Ok(());
    }
    let (number, words) = (reply.status.as_u16(), reply.words());
    if reply.passes() {
        return Err(Failed::Passing(
            format!("it answers {number}{words}"),
            reply.retry_after,
        ));
    }
    let why = match number {
        300..=399 => format!(
            "the Pushgateway {address} redirects ({number}) to {}; name that address, for a push is not sent on",
            reply
                .location
                .as_deref()
                .map_or_else(|| "nowhere".to_owned(), told)
        ),
        401 | 403 => format!(
            "the Pushgateway {address} does not let us in ({number}){words}; give its address as `https://user:password@host`"
        ),
        404 | 405 => format!(
            "{address} takes no pushes ({number}){words}; is it the address of a Pushgateway, without `/metrics`?"
        ),
        413 => format!(
            "the Pushgateway {address}, or a proxy before it, takes no push of this size (413){words}; push less at once, or with a lower `--metrics-detail`"
        ),
        _ => format!("the Pushgateway {address} refuses the series ({number}){words}"),
    };
    Err(Failed::For(Error::PushRefused(why)))
}
