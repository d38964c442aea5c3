//! Remote write 1.0: encoded requests wait in a spool on disk and are posted in order, the same bytes each time.
//!
//! ```text
//!  metrics::encode::remote_write::Request ─► Spool::append ─► segments on disk ─► flush ─► POST
//!                                                                 │                 │
//!                                                                 └── position ◄────┘ moves on when a request is taken or given up
//! ```
//!
//! A request has one timestamp a series, so a receiver that has it already takes it again without harm: after an answer that was
//! lost, or after a crash between the answer and the position, the same bytes are sent once more. One request is under way at a time,
//! so samples of a series arrive in order.

mod flush;
mod receiver;
mod segment;
mod spool;

pub use flush::{Flush, Flushed, flush};
pub use receiver::{Access, Receiver};
pub use segment::{Record, Scanned, scan};
pub use spool::{Pending, Spool};
