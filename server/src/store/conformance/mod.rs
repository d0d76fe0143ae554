//! What every store must do, as plain functions over any of them. An implementation's tests are the list below.

mod edits;
mod faults;
mod keys;
mod pages;
mod verdicts;

use std::sync::Arc;

use super::testing::TestDatabase;
use super::{Command, Edit, KeptAnswer, Store, Verdict};

/// Two instances on one database.
struct Pair {
    database: TestDatabase,
    one: Arc<dyn Store>,
    two: Arc<dyn Store>,
}

impl Pair {
    async fn on(database: TestDatabase) -> Self {
        let one = database.store().await;
        let two = database.store().await;
        Self { database, one, two }
    }
}

async fn apply(store: &Arc<dyn Store>, command: impl Into<Command>) -> Verdict {
    store.apply(&[command.into()], None).await.unwrap().remove(0)
}

impl From<Edit> for Command {
    fn from(edit: Edit) -> Self {
        Self::Edit(edit)
    }
}

/// The answer of a command that was the first under its key.
#[track_caller]
fn done(verdict: Verdict) -> KeptAnswer {
    match verdict {
        Verdict::Done { answer, replayed: false } => answer,
        other => panic!("not done: {other:?}"),
    }
}

fn replay_of(answer: &KeptAnswer) -> Verdict {
    Verdict::Done { answer: answer.clone(), replayed: true }
}

macro_rules! conformance {
    ($($module:ident: $($name:ident),+ $(,)?;)+) => {
        mod sqlite {
            use super::*;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $module::$name(Pair::on(TestDatabase::sqlite()).await).await;
                }
            )+)+
        }

        mod postgres {
            use super::*;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $module::$name(Pair::on(TestDatabase::postgres().await).await).await;
                }
            )+)+
        }
    };
}

conformance! {
    verdicts:
        the_first_write_creates_and_a_retry_is_a_replay,
        case_1_other_content_picture_or_room_is_key_reused,
        case_2_someone_elses_id_is_unavailable_whatever_stands_there,
        case_4_a_deleted_post_never_comes_back,
        a_deletion_that_comes_first_keeps_the_id_for_its_author,
        someone_elses_post_cannot_be_deleted_and_leaves_no_tombstone,
        a_picture_that_is_not_there_is_refused_and_an_existing_row_is_judged_first,
        text_is_stored_verbatim,
        a_batch_gives_each_command_its_own_verdict,
        case_17_of_32_writers_at_once_one_creates,
        case_21_and_22_an_insert_gives_way_to_its_own_id_alone_and_touches_no_row,
        a_create_and_a_deletion_that_race_end_in_a_tombstone;
    keys:
        the_first_under_a_key_creates_and_a_retry_gets_its_bytes,
        a_key_belongs_to_its_author_and_tells_case,
        another_post_under_a_key_is_key_reused,
        a_deletion_erases_the_answer_and_keeps_the_key,
        a_missing_picture_leaves_the_key_free,
        case_26_a_lost_commit_answer_leaves_a_key_that_its_command_recognises,
        a_rolled_back_claim_leaves_the_key_free,
        of_32_claims_at_once_one_creates,
        a_batch_mixes_keys_and_ids;
    edits:
        an_edit_is_applied_once_and_its_retry_gets_its_bytes,
        an_edit_of_nothing_of_ones_own_is_not_found,
        an_edit_of_a_deleted_post_is_gone,
        a_stale_tag_is_refused_and_leaves_the_key_free,
        what_would_be_too_long_is_refused,
        a_key_used_for_one_thing_cannot_be_used_for_another,
        an_edit_moves_the_change_and_not_the_place,
        case_5_a_retried_create_finds_the_edited_post;
    pages:
        sequence_order_is_commit_order,
        a_page_is_stable_while_posts_arrive,
        changes_tell_each_post_at_its_last_change,
        a_tombstone_that_came_first_is_no_change,
        every_commit_is_told_and_names_its_rooms,
        the_control_arm_stores_every_arrival;
    faults:
        a_refused_connection_leaves_no_row,
        a_rolled_back_insert_leaves_no_row,
        case_26_a_lost_commit_answer_leaves_a_row_that_its_command_recognises,
        a_lost_answer_to_a_deletion_is_recognised,
        the_control_arm_doubles_when_a_commit_answer_is_lost,
        a_spoiled_batch_stores_nothing_and_is_no_transient_failure,
        migrating_twice_changes_nothing,
        a_store_that_cannot_reach_its_database_says_not_applied;
}
