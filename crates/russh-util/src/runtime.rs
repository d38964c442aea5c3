//! Tasks and their ends.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The task ended without a result: it panicked, or its runtime was shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinError;

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task ended without a result")
    }
}

impl Error for JoinError {}

/// Waits for a task. The task goes on when this is dropped.
#[derive(Debug)]
pub struct JoinHandle<T>(tokio::task::JoinHandle<T>);

/// Starts a task on the Tokio runtime that runs the caller. Without one it panics, as Tokio does.
pub fn spawn<F, T>(future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    JoinHandle(tokio::spawn(Box::pin(future)))
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = Pin::new(&mut self.0).poll(cx);
        ended.map_err(|_| JoinError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_hands_over_its_result() {
        assert_eq!(spawn(async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn a_task_that_panics_is_told_and_hurts_nobody() {
        let panics = spawn(async { assert!(std::hint::black_box(false), "on purpose") });
        assert_eq!(panics.await, Err(JoinError));
    }

    #[tokio::test]
    async fn a_task_goes_on_when_nobody_waits_for_it() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        drop(spawn(async move { sender.send(7) }));
        assert_eq!(receiver.await, Ok(7));
    }
}
