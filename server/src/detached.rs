//! Work that nobody has to wait for.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::task::TaskTracker;

/// Runs in the task of whoever waits for it, and goes on in one of its own once they have gone: a hang-up never cancels
/// a write. A task for each request from the start would cost two switches between tasks more.
pub struct Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    work: Option<Pin<Box<F>>>,
    tasks: TaskTracker,
}

impl<F> Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    /// Call it inside a Tokio runtime. What is left of `work` when this is dropped goes on in `tasks`.
    pub fn new(work: F, tasks: TaskTracker) -> Self {
        Self { work: Some(Box::pin(work)), tasks }
    }
}

impl<F> Future for Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Work that panics stays taken: it cannot go on.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<F> Drop for Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.tasks.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::panic::AssertUnwindSafe;

    use futures::FutureExt;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_goes_on_when_whoever_waited_has_gone() {
        let tasks = TaskTracker::new();
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let work = async move {
            gone.await.unwrap();
            tell.send("done").unwrap();
        };
        let mut waiting = Box::pin(Detached::new(work, tasks.clone()));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(tasks.len(), 0);
        drop(waiting);
        assert_eq!(tasks.len(), 1);
        go.send(()).unwrap();
        assert_eq!(told.await, Ok("done"));
        tasks.close();
        tasks.wait().await;
    }

    #[tokio::test]
    async fn work_that_nobody_ever_waited_for_is_done_too() {
        let tasks = TaskTracker::new();
        let (tell, told) = oneshot::channel();
        drop(Detached::new(async move { tell.send("done") }, tasks.clone()));
        assert_eq!(told.await, Ok("done"));
    }

    #[tokio::test]
    async fn work_that_is_done_or_panicked_does_not_go_on() {
        let tasks = TaskTracker::new();
        assert_eq!(Detached::new(async { 1 }, tasks.clone()).await, 1);
        let panics = Detached::new(async { panic!("on purpose") }, tasks.clone());
        assert!(AssertUnwindSafe(panics).catch_unwind().await.is_err());
        assert!(tasks.is_empty());
    }
}
