//! Devices are read ahead: some threads read and parse documents while another takes the rows, in the order of the devices.
//!
//! Each thread has every n-th device and a queue of one. So the order is kept without a buffer, and as many devices are in memory as
//! there are threads, twice over and one.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// More threads than this only wait for the one that writes.
const MAX_THREADS: usize = 4;

/// Reads each item on one of several threads and takes what was read in the order of the items, on this one. An error of `take` ends
/// it all.
pub(super) fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    read: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(MAX_THREADS).min(items.len()).max(1);
    let read = &read;
    thread::scope(|scope| {
        let queues: Vec<Receiver<R>> = (0..threads)
            .map(|first| {
                let (sender, receiver) = sync_channel(1);
                scope.spawn(move || {
                    for item in items.iter().skip(first).step_by(threads) {
                        if sender.send(read(item)).is_err() {
                            return; // nobody takes it any more
                        }
                    }
                });
                receiver
            })
            .collect();
        for (item, queue) in items.iter().zip(queues.iter().cycle()) {
            // A thread that panicked sends nothing, and the scope passes its panic on.
            let Ok(found) = queue.recv() else { break };
            take(item, found)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_read_comes_in_order_however_long_each_takes() {
        for count in [0, 1, 2, 3, 100] {
            let items: Vec<usize> = (0..count).collect();
            let mut taken = Vec::new();
            let read = |item: &usize| {
                thread::sleep(Duration::from_micros((item * 7919 % 13) as u64 * 50));
                item * 2
            };
            in_order(&items, read, |item, found| {
                taken.push((*item, found));
                Ok::<_, ()>(())
            })
            .unwrap();
            let expected: Vec<_> = items.iter().map(|item| (*item, item * 2)).collect();
            assert_eq!(taken, expected);
        }
    }

    #[test]
    fn no_more_is_read_than_a_few_ahead_and_nothing_after_an_error() {
        let items: Vec<usize> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let read = |_: &usize| begun.fetch_add(1, Ordering::SeqCst);
        let ended = in_order(&items, read, |item, _| match *item {
            20 => {
                thread::sleep(Duration::from_millis(50));
                Err("full")
            }
            _ => Ok(()),
        });
        assert_eq!(ended, Err("full"));
        let begun = begun.into_inner();
        assert!(begun <= 21 + 2 * MAX_THREADS, "{begun} were read");
    }
}
