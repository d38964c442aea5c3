//! Turns: how many devices are at work at once, and who is next.
//!
//! A turn that ends goes to a device that waits for its next attempt, before those that have not started: a retry must not queue
//! behind the whole fleet. Within each queue the first to wait is the first to go on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Which queue a device waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnQueue {
    /// Devices that have not started.
    First,
    /// Devices that wait for their next attempt; they go first.
    Retry,
}

/// The turns of a run.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    free: usize,
    retries: VecDeque<oneshot::Sender<Turn>>,
    first: VecDeque<oneshot::Sender<Turn>>,
}

/// Held while a device is at work. Dropped, it goes to the next device that waits.
#[derive(Debug)]
pub(super) struct Turn {
    /// None once it was handed on.
    turns: Option<Turns>,
}

impl Turns {
    /// So many turns at once; at least one.
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: at_once.max(1),
            ..State::default()
        })))
    }

    /// Waits for a turn. A wait that is given up leaves the queue.
    pub(super) async fn take(&self, queue: TurnQueue) -> Turn {
        let waiting = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return self.turn();
            }
            let (sender, receiver) = oneshot::channel();
            match queue {
                TurnQueue::First => state.first.push_back(sender),
                TurnQueue::Retry => state.retries.push_back(sender),
            }
            receiver
        };
        match waiting.await {
            Ok(turn) => turn,
            // The queues live as long as this value does.
            Err(_) => std::future::pending().await,
        }
    }

    fn turn(&self) -> Turn {
        Turn {
            turns: Some(self.clone()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.turns.take() else {
            return;
        };
        loop {
            let next = {
                let mut state = turns.state();
                let next = state
                    .retries
                    .pop_front()
                    .or_else(|| state.first.pop_front());
                if next.is_none() {
                    state.free += 1;
                }
                next
            };
            let Some(next) = next else {
                return;
            };
            match next.send(turns.turn()) {
                Ok(()) => return,
                // Whoever waited there has given up: the turn goes to the next.
                Err(mut turn) => drop(turn.turns.take()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_waiting<T>(work: impl Future<Output = T>) -> bool {
        tokio::time::timeout(Duration::from_millis(5), work)
            .await
            .is_err()
    }

    #[tokio::test]
    async fn a_retry_goes_before_devices_that_have_not_started() {
        let turns = Turns::new(1);
        let held = turns.take(TurnQueue::First).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for (name, queue) in [
            ("one", TurnQueue::First),
            ("two", TurnQueue::First),
            ("again", TurnQueue::Retry),
        ] {
            let (turns, order) = (turns.clone(), Arc::clone(&order));
            tasks.spawn(async move {
                let _turn = turns.take(queue).await;
                order.lock().unwrap().push(name);
            });
            tokio::task::yield_now().await;
        }
        drop(held);
        while tasks.join_next().await.is_some() {}
        assert_eq!(*order.lock().unwrap(), ["again", "one", "two"]);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_costs_nobody_a_turn() {
        let turns = Turns::new(1);
        let held = turns.take(TurnQueue::First).await;
        for _ in 0..10_000 {
            let waiting = turns.take(TurnQueue::First);
            let mut waiting = std::pin::pin!(waiting);
            assert!(
                std::future::poll_fn(|context| {
                    std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())
                })
                .await
            );
        }
        drop(held);
        let held = turns.take(TurnQueue::First).await;
        assert!(is_waiting(turns.take(TurnQueue::Retry)).await);
        drop(held);
        assert!(!is_waiting(turns.take(TurnQueue::Retry)).await);
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_from_its_channel_goes_on() {
        let turns = Turns::new(1);
        let held = turns.take(TurnQueue::First).await;
        let mut waiting = Box::pin(turns.take(TurnQueue::First));
        assert!(is_waiting(&mut waiting).await);
        drop(held); // the turn is on its way to `waiting`
        drop(waiting);
        assert!(!is_waiting(turns.take(TurnQueue::First)).await);
    }
}
