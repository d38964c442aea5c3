//! Memory budget of uploads: how many bytes of the files on their way are in memory at once.
//!
//! Small files go many at a time, for each waits for its answer; large ones would be half a gigabyte then.

use tokio::sync::{Semaphore, SemaphorePermit};

const KIB: u64 = 1024;
/// All that may be in memory at once, in KiB. More than the largest file that goes in one piece.
const ALL_KIB: u32 = 64 * 1024;

/// The memory for content, given out in the order in which it is asked for.
pub(super) struct MemoryBudget {
    free_kib: Semaphore,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self {
            free_kib: Semaphore::new(ALL_KIB as usize),
        }
    }
}

impl MemoryBudget {
    /// Waits until there is room for so many bytes, or until all of it is free if they are more. Dropped, the room is free again.
    pub(super) async fn room_for(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(bytes.div_ceil(KIB)).unwrap_or(ALL_KIB);
        // None would mean that nobody gives out memory any more, which does not happen: the semaphore is never closed.
        self.free_kib.acquire_many(kib.min(ALL_KIB)).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MIB: u64 = 1024 * KIB;

    #[test]
    fn what_is_more_than_the_memory_waits_and_a_file_larger_than_all_of_it_goes_alone() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().unwrap();
        runtime.block_on(async {
            let memory = MemoryBudget::default();
            let is_free = async |bytes| {
                tokio::time::timeout(Duration::from_millis(20), memory.room_for(bytes))
                    .await
                    .is_ok()
            };
            let first = memory.room_for(31 * MIB).await;
            let second = memory.room_for(31 * MIB).await;
            assert!(is_free(2 * MIB).await);
            assert!(!is_free(31 * MIB).await);
            drop(first);
            assert!(is_free(31 * MIB).await);
            assert!(!is_free(1024 * MIB).await);
            drop(second);
            assert!(is_free(1024 * MIB).await);
        });
    }
}
