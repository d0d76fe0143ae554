//! Pictures show what was recorded, and nothing else.

use protocol::fault::FaultPoint;
use protocol::scenario::library;
use protocol::trace::{
    Attempt, Lane, LanePicture, Outcome, Picture, Place, Progress, Verdict, arrivals, facts,
};

use super::run_named;
use super::world::run;

/// `browser→server arrived`, then its label and its cut.
fn hops(attempt: &Attempt) -> Vec<String> {
    let line = |hop: &protocol::trace::Hop| {
        let way = format!("{}→{} {}", hop.from.as_str(), hop.to.as_str(), hop.outcome.as_str());
        let cut = hop.cut.map_or_else(String::new, |cut| format!(" [{cut}]"));
        format!("{way}{cut} {}", hop.label).trim_end().to_owned()
    };
    attempt.hops.iter().map(line).collect()
}

fn lane_of(name: &str, lane: Lane) -> LanePicture {
    Picture::of(&run_named(name).trace.marks()).lane(lane).unwrap().clone()
}

#[test]
fn a_lost_reply_ends_at_the_network_and_the_retry_is_recognised_or_stored_again() {
    let naive = lane_of("a3-reply-lost", Lane::Naive);
    assert_eq!(
        hops(&naive.attempts[0]),
        [
            "browser→server arrived",
            "server→database arrived insert",
            "database→server arrived committed, row 1",
            "server→network lost [reply-lost] reply lost",
        ]
    );
    assert_eq!(naive.attempts[0].label, "no answer");
    assert_eq!(naive.attempts[0].progress, Progress::NoAnswer { timeout: false });
    assert_eq!(hops(&naive.attempts[1])[3], "server→browser arrived 201 Created");
    let twins: Vec<bool> = naive.rows.iter().map(|row| row.twin).collect();
    assert_eq!(twins, [false, true]);
    assert_eq!(naive.settled, Some(true));

    let uuid = lane_of("a3-reply-lost", Lane::Uuid);
    assert_eq!(
        hops(&uuid.attempts[1]),
        [
            "browser→server arrived",
            "server→database arrived insert",
            "database→server arrived already there",
            "server→browser arrived 200, already stored",
        ]
    );
    assert!(uuid.rows.len() == 1 && uuid.rows[0].recognised && !uuid.rows[0].twin);
}

#[test]
fn a_lost_request_ends_at_the_network() {
    let naive = lane_of("a1-request-lost", Lane::Naive);
    assert_eq!(hops(&naive.attempts[0]), ["browser→network lost [request-lost] never sent"]);
    assert_eq!(naive.arrivals(), 1);
}

#[test]
fn a_late_request_is_held_at_the_network_and_answered_to_nobody() {
    let naive = lane_of("a2-request-late", Lane::Naive);
    assert_eq!(
        hops(&naive.attempts[0]),
        [
            "browser→network arrived [request-late] held for 4.0 s",
            "network→server arrived arrives late",
            "server→database arrived insert",
            "database→server arrived committed, row 2",
            "server→network lost 201 Created, nobody waits for it",
        ]
    );
    assert_eq!(naive.attempts[0].label, "no answer in 2.0 s");
    assert_eq!(naive.rows[1].attempt, 1, "the first request made the second row");
}

#[test]
fn faults_at_the_database_end_where_they_strike() {
    let hops_of = |name| hops(&lane_of(name, Lane::Naive).attempts[0]);
    assert_eq!(
        hops_of("b1-connect-refused")[1..3],
        [
            "server→database lost [connect-refused] no connection",
            "server→database arrived insert again, try 2"
        ]
    );
    assert_eq!(
        hops_of("b2-rolled-back")[1..3],
        ["server→database arrived insert", "database→server lost [rolled-back] rolled back"]
    );
    assert_eq!(
        hops_of("b3-commit-ack-lost")[1..5],
        [
            "server→database arrived insert",
            "database→server lost [commit-ack-lost] answer lost",
            "server→database arrived insert again, try 2",
            "database→server arrived committed, row 2",
        ]
    );
    let own = hops(&lane_of("b3-commit-ack-lost", Lane::Uuid).attempts[0]);
    assert_eq!(own[4], "database→server arrived its own row");
    let refused = lane_of("b1-connect-refused-all", Lane::Uuid);
    assert_eq!(refused.attempts[0].label, "503, not stored");
}

#[test]
fn what_the_browser_sends_again_by_itself_is_said_so() {
    let naive = lane_of("browser-resend", Lane::Naive);
    assert_eq!((naive.attempts.len(), naive.arrivals(), naive.rows.len()), (1, 2, 2));
    assert!(naive.is_resent() && naive.attempts[0].is_resent());
    let resent = naive.attempts[0].hops.iter().find(|hop| hop.is_resent()).unwrap();
    assert_eq!(resent.label, "sent again by the browser, not by this page");
    assert_eq!(naive.rows[1].nth, 2);
    assert_eq!(naive.attempts[0].progress, Progress::Answered { status: 201, replayed: false });
}

#[test]
fn a_slow_answer_is_a_stay_and_the_retry_attaches() {
    let uuid = lane_of("check-then-insert", Lane::Uuid);
    let stay = uuid.attempts[0].hops.iter().find(|hop| hop.is_stay()).unwrap();
    assert_eq!((stay.from, stay.cut), (Place::Server, Some(FaultPoint::Slow)));
    assert!(hops(&uuid.attempts[1])[1].ends_with("waits for the first"));
    let checks = lane_of("check-then-insert", Lane::CheckThenInsert);
    assert_eq!(hops(&checks.attempts[1])[2], "database→server arrived not found");
    assert_eq!(checks.rows.len(), 2);
}

#[test]
fn a_picture_grows_mark_by_mark_and_ends_without_anything_pending() {
    for named in library() {
        let marks = run(&named.scenario().unwrap(), 0).trace.marks();
        let mut before = 0;
        for shown in 0..=marks.len() {
            let picture = Picture::of(&marks[..shown]);
            assert_eq!(picture, Picture::of(&marks[..shown]), "the same marks give the same picture");
            let count =
                |lane: &LanePicture| lane.attempts.iter().map(|attempt| attempt.hops.len()).sum::<usize>();
            let hops: usize = picture.lanes.iter().map(count).sum();
            assert!(hops >= before, "{}: a hop vanished at {shown}", named.name);
            before = hops;
            let all = picture.lanes.iter().flat_map(|lane| &lane.attempts).flat_map(|attempt| &attempt.hops);
            assert!(all.clone().all(|hop| hop.mark < shown && hop.began_us <= hop.at_us));
        }
        let whole = Picture::of(&marks);
        assert!(whole.is_settled(), "{}", named.name);
        let mut hops = whole.lanes.iter().flat_map(|lane| &lane.attempts).flat_map(|attempt| &attempt.hops);
        assert!(hops.all(|hop| hop.outcome != Outcome::Pending), "{}", named.name);
    }
}

#[test]
fn every_mark_has_its_facts() {
    for named in library() {
        let marks = run(&named.scenario().unwrap(), 0).trace.marks();
        for (index, mark) in marks.iter().enumerate() {
            let facts = facts(&marks, index).unwrap();
            assert!(facts.lane == mark.lane && facts.at_us == mark.at_us);
            assert!(facts.title.starts_with("Attempt ") && !facts.pairs.is_empty(), "{mark:?}");
        }
        assert_eq!(facts(&marks, marks.len()), None);
    }
}

#[test]
fn the_ledger_has_a_row_for_each_arrival() {
    let run = run_named("browser-resend");
    let rows = arrivals(&run.ledger);
    assert_eq!(rows.len(), 4);
    let naive: Vec<_> = rows.iter().filter(|row| row.lane == Lane::Naive).collect();
    assert_eq!((naive[0].nth, naive[1].nth), (1, 2));
    assert_eq!(naive[0].fault.as_deref(), Some("reply-lost; bare"));
    assert!(naive.iter().all(|row| row.verdict == Verdict::Inserted && row.rows.len() == 1));
    let uuid: Vec<_> = rows.iter().filter(|row| row.lane == Lane::Uuid).collect();
    assert_eq!(uuid[1].verdict, Verdict::Recognised);
    assert!(uuid[1].rows.is_empty());
    let stages: Vec<&str> = naive[0].hops.iter().map(|stage| stage.hop.as_str()).collect();
    assert_eq!(stages, ["server", "database", "server", "answer"]);
    assert!(naive[0].hops.iter().all(|stage| stage.us == 200));
    let json = serde_json::to_value(&rows[0]).unwrap();
    assert_eq!(json["verdict"], "inserted");
}

#[test]
fn a_commit_that_nobody_heard_of_is_two_rows_of_one_arrival() {
    let run = run_named("b3-commit-ack-lost");
    let rows = arrivals(&run.ledger);
    assert_eq!(rows.len(), 2);
    let of = |lane| rows.iter().find(|row| row.lane == lane).unwrap();
    assert_eq!(of(Lane::Naive).rows.len(), 2);
    assert_eq!((of(Lane::Uuid).rows.len(), of(Lane::Uuid).verdict), (1, Verdict::Inserted));
}
