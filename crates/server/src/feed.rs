//! The states of a job as a stream. The control API and the client without an instance both take them from here.

use std::time::Duration;

use app::JobState;
use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::timeout;

/// How often the progress of a job is told at most.
const PACE: Duration = Duration::from_millis(100);

/// The states of a job from now on, the last with its end; those in between as far as there is time for them.
pub(crate) fn states(job: watch::Receiver<JobState>) -> impl Stream<Item = JobState> + Send {
    stream::unfold((job, None::<JobState>), |(mut job, told)| async move {
        let next = match told {
            None => job.borrow().clone(),
            Some(told) if told.end.is_some() => return None,
            Some(told) => {
                drop(timeout(PACE, job.wait_for(|state| state.end.is_some())).await);
                job.wait_for(|state| *state != told).await.ok()?.clone()
            }
        };
        Some((next.clone(), (job, Some(next))))
    })
}

#[cfg(test)]
mod tests {
    use app::{Code, Failure, JobId, Progress};
    use futures_util::StreamExt;

    use super::*;

    fn state(done: u64) -> JobState {
        JobState {
            id: JobId(1),
            name: "count".to_owned(),
            progress: Progress {
                done,
                total: 9,
                bytes: 0,
            },
            partial: None,
            end: None,
        }
    }

    #[tokio::test]
    async fn a_job_is_told_from_now_to_its_end() {
        let (sender, job) = watch::channel(state(1));
        let mut states = Box::pin(states(job));
        assert_eq!(states.next().await.unwrap().progress.done, 1);
        sender.send_replace(state(2));
        sender.send_replace(state(3));
        assert_eq!(states.next().await.unwrap().progress.done, 3);
        let failure = Failure::new(Code::Cancelled, "cancelled");
        sender.send_replace(JobState {
            end: Some(Err(failure.clone())),
            ..state(3)
        });
        assert_eq!(states.next().await.unwrap().end, Some(Err(failure)));
        assert!(states.next().await.is_none());
    }

    #[tokio::test]
    async fn a_job_that_is_gone_without_an_end_ends_the_stream() {
        let (sender, job) = watch::channel(state(1));
        let mut states = Box::pin(states(job));
        states.next().await.unwrap();
        drop(sender);
        assert!(states.next().await.is_none());
    }
}
