//! Retries requests that failed for what may pass, with exponential backoff.

use std::time::Duration;

use super::store_error::StoreError;
use crate::backoff::Backoff;

/// Runners whose store came back do not all call at once.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(16),
};

/// Tries as often as there are attempts what failed for what may pass.
pub(super) async fn retried<T>(
    attempts: u32,
    mut attempt: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut failures = 0;
    loop {
        match attempt().await {
            Err(error) if error.is_passing() && failures + 1 < attempts => {
                failures += 1;
                let pause = BACKOFF.pause(failures, rand::random());
                tracing::debug!(failures, pause_ms = pause.as_millis(), error = %error, "retry");
                tokio::time::sleep(pause).await;
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::deadline::answered;
    use super::super::store_error::StoreErrorKind;
    use super::*;

    #[tokio::test]
    async fn a_request_without_an_answer_is_given_up_and_made_again() {
        let mut requests = 0;
        let done = retried(2, async || {
            requests += 1;
            let is_first = requests == 1;
            answered(Duration::from_millis(20), async move {
                if is_first {
                    std::future::pending::<()>().await;
                }
                Ok("there")
            })
            .await
        });
        assert_eq!(done.await.unwrap(), "there");
        assert_eq!(requests, 2);
    }

    #[tokio::test]
    async fn what_stays_is_not_tried_again_and_zero_attempts_are_one() {
        for (attempts, kind) in [
            (9, StoreErrorKind::AccessDenied),
            (0, StoreErrorKind::NoAnswer),
            (1, StoreErrorKind::NoAnswer),
        ] {
            let mut requests = 0;
            let failed: Result<(), _> = retried(attempts, async || {
                requests += 1;
                Err(StoreError::new(kind, "no"))
            })
            .await;
            assert_eq!(failed.unwrap_err().kind(), kind);
            assert_eq!(requests, 1);
        }
    }
}
