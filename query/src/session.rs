//! A DataFusion session that knows the lake, reads only, and stays within its bounds.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use url::Url;

use crate::datafusion_error;
use crate::error::{Error, Result};
use crate::lake::Lake;
use crate::table::ADDRESS;

/// What may be spilled to the folder of temporary files before a query is given up.
const SPILLED_BYTES: u64 = 20_000_000_000;

/// At most one part in so many of the memory is kept for merging what was spilled.
const SHARE_OF_MERGES: usize = 16;

/// Parts of a query under way for each core: while one waits for bytes of a file, another has some to work on.
const PARTITIONS_PER_CORE: usize = 2;

/// How many of the largest users of memory an error names.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN;

/// A session over `lake` whose queries hold at most `memory` bytes of intermediate results; what is more is sorted and grouped
/// by way of the folder of temporary files.
pub(crate) fn context(lake: &Arc<Lake>, memory: usize) -> Result<SessionContext> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(memory), NAMED_CONSUMERS);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_max_temp_directory_size(SPILLED_BYTES)
        .build_arc()
        .map_err(|error| datafusion_error::of_ours("session", &error))?;
    let address =
        Url::parse(ADDRESS).map_err(|error| Error::Failed(format!("{ADDRESS}: {error}")))?;
    runtime.register_object_store(&address, Arc::clone(&lake.store));

    let mut config = SessionConfig::new()
        .with_information_schema(true)
        .with_target_partitions(partitions());
    let options = config.options_mut();
    // Pages are skipped by their statistics; rows one by one while they are decoded only cost time where every page has some that pass,
    // and the keys of a join's other side are the worst of such conditions.
    options.execution.parquet.pushdown_filters = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    // What is full is sorted in one piece before it goes to the disk: merging many small runs instead takes several times their
    // size, and there is no such room when everything is full.
    options.execution.sort_in_place_threshold_bytes = memory;
    let merging = options.execution.sort_spill_reservation_bytes;
    options.execution.sort_spill_reservation_bytes = merging.min(memory / SHARE_OF_MERGES);
    // Where in the statement a column stands, for errors.
    options.sql_parser.collect_spans = true;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

fn partitions() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    cores.saturating_mul(PARTITIONS_PER_CORE)
}
