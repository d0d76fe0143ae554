//! Two instances on one Postgres: no promise depends on which of them is asked.

use futures::future::join_all;

use crate::helpers::{Engine, Process, Setup, TestApp, Visitor, eventually, id, tell};

/// Stories for two instances. SQLite serves one alone.
macro_rules! stories_of_two {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                tell(Engine::Postgres, &Setup::with_faults(), &stories::$name);
            }
        )+
    };
}

stories_of_two![
    copies_of_one_request_at_both_at_once_are_one_row,
    what_one_answered_under_a_key_the_other_replays_byte_for_byte,
    a_deletion_at_one_holds_at_the_other,
    a_copy_at_the_other_does_not_wait_for_a_slow_answer,
    what_is_posted_at_one_is_live_at_the_other,
];

/// An identity at both instances; its token is good at either.
async fn at_both(app: &TestApp) -> (Visitor, Visitor, Process) {
    let other = app.another_instance().await;
    let ada = app.visitor().await;
    let there = ada.at(other.base());
    (ada, there, other)
}

mod stories {
    use super::*;

    /// Case 17, where no table in memory can know of both.
    pub(super) async fn copies_of_one_request_at_both_at_once_are_one_row(app: &mut TestApp) {
        let (here, there, _other) = at_both(app).await;
        for round in 0..30 {
            let id = id();
            let copies = [&here, &there, &here, &there, &here, &there].map(|visitor| {
                let ask = visitor.on_another_device().put(id, "hello");
                tokio::spawn(ask.into_future())
            });
            let mut answers: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
            answers.sort_by_key(|answer| std::cmp::Reverse(answer.status));
            answers[0].assert_created();
            for answer in &answers[1..] {
                answer.assert_replayed();
                assert_eq!(answer.body, answers[0].body, "round {round}");
            }
            assert_eq!(app.database.rows_of(id).await.len(), 1);
        }
        for round in 0..30 {
            let key = format!("round-{round}");
            let copies = [&here, &there, &here, &there].map(|visitor| {
                let ask = visitor.on_another_device().post_with_key(&key, &key);
                tokio::spawn(ask.into_future())
            });
            let answers: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
            let marked = |answer: &&crate::helpers::Answer| answer.header("idempotency-replayed").is_some();
            assert_eq!(answers.iter().filter(marked).count(), 3, "round {round}");
            assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
        }
        assert_eq!(app.database.rows().await.len(), 60);
    }

    pub(super) async fn what_one_answered_under_a_key_the_other_replays_byte_for_byte(app: &mut TestApp) {
        let (here, there, _other) = at_both(app).await;
        let created = here.post_with_key("order-7", "hello").await;
        let post = created.assert_created();
        let replayed = there.post_with_key("order-7", "hello").await;
        replayed.assert_post_replayed();
        assert_eq!(
            (&replayed.body, replayed.header("location")),
            (&created.body, created.header("location"))
        );
        there.post_with_key("order-7", "other").await.assert_problem(422, "key-reused");

        let edited = there.append(post.id.as_uuid(), "edit-1", " and more").await;
        edited.assert_status(200);
        let again = here.append(post.id.as_uuid(), "edit-1", " and more").await;
        again.assert_status(200).assert_header("idempotency-replayed", "true");
        assert_eq!(again.body, edited.body);
    }

    /// Case 4.
    pub(super) async fn a_deletion_at_one_holds_at_the_other(app: &mut TestApp) {
        let (here, there, _other) = at_both(app).await;
        let id = id();
        here.put(id, "hello").await.assert_created();
        there.delete(id).await.assert_status(200);
        here.put(id, "hello").await.assert_problem(410, "post-deleted");
        here.delete(id).await.assert_problem(404, "post-not-found");
    }

    /// The answer is held in one process; the row is everybody's.
    pub(super) async fn a_copy_at_the_other_does_not_wait_for_a_slow_answer(app: &mut TestApp) {
        let (here, there, _other) = at_both(app).await;
        let id = id();
        let slow = tokio::spawn(here.put(id, "hello").fault("slow; delay=3000").into_future());
        eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
        there.put(id, "hello").attempt(2).await.assert_replayed();
        assert!(!slow.is_finished());
        slow.await.unwrap().assert_created();
    }

    pub(super) async fn what_is_posted_at_one_is_live_at_the_other(app: &mut TestApp) {
        let (_, there, _other) = at_both(app).await;
        let mut stream = app.events("lobby").await;
        let id = id();
        there.put(id, "hello").await.assert_created();
        assert_eq!(stream.expect("post").await.post_id(), id);
    }
}
