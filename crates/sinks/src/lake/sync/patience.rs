//! How long a store is waited for, and how often it is asked again.

use std::time::Duration;

use super::refusal::{Failure, Kind};

/// How long to wait before the attempt after this one: at random below a bound that doubles, so that runners whose store came
/// back do not all call at once.
fn pause(attempt: u32) -> Duration {
    let bound = Duration::from_millis(250) * 2_u32.saturating_pow(attempt.min(6));
    bound.mul_f64(rand::random::<f64>())
}

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
    answer: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let answer = tokio::time::timeout(within, answer).await;
    answer.unwrap_or_else(|_| {
        let seconds = within.as_secs_f64();
        Err(Failure::passing(format!(
            "the store did not answer within {seconds:.0} s"
        )))
    })
}

/// Tries as often as there are attempts what failed for what may pass.
pub(super) async fn retried<T>(
    attempts: u32,
    mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut tried = 0;
    loop {
        tried += 1;
        match attempt().await {
            Err(failure) if failure.kind == Kind::Passing && tried < attempts.max(1) => {
                tokio::time::sleep(pause(tried)).await;
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap().block_on(work)
    }

    #[test]
    fn a_request_without_an_answer_is_given_up_and_made_again() {
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
        assert_eq!(run(done).unwrap(), "there");
        assert_eq!(requests, 2);

        let never = std::future::pending::<Result<(), Failure>>();
        let failure = run(answered(Duration::from_millis(20), never)).unwrap_err();
        assert_eq!(failure.kind, Kind::Passing);
        assert!(failure.text.contains("did not answer"), "{}", failure.text);
    }

    #[test]
    fn a_large_file_is_given_the_time_that_a_slow_line_takes() {
        assert_eq!(time_for(0), ANSWER_WITHIN);
        assert_eq!(time_for(32 * 1024 * 1024).as_secs(), 30 + 512);
    }
}
