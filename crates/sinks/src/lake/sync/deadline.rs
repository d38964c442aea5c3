//! Deadlines: how long a store may take over a request, and when the whole sync has to end.

use std::time::{Duration, Instant};

use super::store_error::{StoreError, StoreErrorKind};

/// How long a store may take over a few bytes, and how many a second at least.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const LEAST_BYTES_A_SECOND: u64 = 64 * 1024;

/// How long a request may take that moves so many bytes. A request that a store has forgotten costs this, and not the limit of
/// the largest request.
pub(super) fn time_for(bytes: u64) -> Duration {
    ANSWER_WITHIN + Duration::from_secs(bytes / LEAST_BYTES_A_SECOND)
}

/// What a store answers, if it does within this time.
pub(super) async fn answered<T>(
    within: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(within, answer).await;
    answer.unwrap_or_else(|_| {
        let seconds = within.as_secs_f64();
        Err(StoreError::new(
            StoreErrorKind::NoAnswer,
            format!("the store did not answer within {seconds:.0} s"),
        ))
    })
}

/// What work gives, if it ends before the time for the whole sync is over.
pub(super) async fn until<T>(
    end: Option<Instant>,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    let Some(end) = end else {
        return Ok(work.await);
    };
    let ended = tokio::time::timeout_at(end.into(), work).await;
    ended.map_err(|_| StoreError::new(StoreErrorKind::Deadline, "the time for it was over"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_an_error_that_may_pass() {
        let never = std::future::pending::<Result<(), StoreError>>();
        let error = answered(Duration::from_millis(20), never)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::NoAnswer);
        assert!(error.to_string().contains("did not answer"), "{error}");
    }

    #[tokio::test]
    async fn work_ends_with_the_time_for_the_whole_sync() {
        let end = Instant::now() + Duration::from_millis(20);
        let error = until(Some(end), std::future::pending::<()>()).await;
        assert_eq!(error.unwrap_err().kind(), StoreErrorKind::Deadline);
        assert_eq!(until(None, async { 7 }).await, Ok(7));
    }

    #[test]
    fn a_large_file_is_given_the_time_that_a_slow_line_takes() {
        assert_eq!(time_for(0), ANSWER_WITHIN);
        assert_eq!(time_for(32 * 1024 * 1024).as_secs(), 30 + 512);
    }
}
