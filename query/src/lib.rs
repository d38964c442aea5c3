//! `lanewatch-query`: SQL over the lake, with DataFusion.
//!
//! ```text
//!  process ─► arguments ─► ask ─► engine      a lake that is open for questions
//!                                   session     a DataFusion session within its bounds
//!                                   catalogue   tables from the one list of columns, views, tables of mappings
//!                                     table ─► lake     the folders that a condition on dt and hr leaves
//!                                   statement   text ─► a plan that only reads; datafusion_error makes sentences of errors
//!                                 answer      batches ─► table, CSV, JSON lines, Parquet
//!                                 explain     what was read and what was skipped
//! ```
//!
//! `lanewatch query` hands over to this program, so that nobody compiles a query engine who does not ask. It reads, and
//! changes nothing: neither the lake, nor anything else but the file that it is told to write. A library it is for
//! `examples/ask_again.rs` alone, by which `cargo xtask bench lake` asks the same engine in one process again and again.

mod answer;
mod arguments;
mod ask;
mod catalogue;
mod datafusion_error;
mod engine;
mod error;
mod explain;
mod lake;
mod place;
mod printer;
mod process;
mod quantity;
mod session;
mod statement;
mod table;
mod views;

pub use engine::Engine;
pub use error::{Error, Result};
pub use lake::Days;
pub use place::Place;
pub use process::{main, runtime};

/// Batches come and go by the thousand and from several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
