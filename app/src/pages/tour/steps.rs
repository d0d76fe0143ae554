//! The steps of the tour: what is said, asked and done, and what each answer would have to be true of.

use protocol::methods::Trial;
use protocol::scenario::{Named, Scenario};
use protocol::trace::Lane;

/// What makes a predicted answer true, read from the evidence and never from this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// These lanes have so many rows at the end.
    Rows(&'static [(Lane, usize)]),
    /// The lane without a key has more than one row after this run of the step, counted from 0.
    Doubles(usize),
    /// The lane's last answer has this status.
    LastStatus(Lane, u16),
    /// What is measured of these methods: whether sending again leaves the state as it is.
    Idempotent(&'static [(Trial, bool)]),
    /// Whether the last trial's second call differs from its first, in status and in the state that it leaves.
    Again { status: bool, state: bool },
    /// So many rows hold what was written during an outage.
    Stored(usize),
}

/// A named scenario, and the designs that the step shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub name: &'static str,
    pub lanes: &'static [Lane],
}

impl Run {
    /// What is broken, in few words.
    pub fn title(&self) -> String {
        Named::find(self.name).map(|named| named.title).unwrap_or_default()
    }

    /// What is run; a test checks that every step's can be.
    pub fn scenario(&self) -> Option<Scenario> {
        let mut scenario = Named::find(self.name)?.scenario()?;
        scenario.compare = self.lanes.to_vec();
        scenario.expect.retain(|lane, _| self.lanes.contains(lane));
        Some(scenario)
    }
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place in the article's order, and in its path.
    pub number: u8,
    pub title: &'static str,
    /// At most two sentences.
    pub says: &'static str,
    pub question: &'static str,
    pub answers: &'static [(&'static str, Holds)],
    pub runs: &'static [Run],
    /// What is measured instead, where the step is about methods.
    pub trials: &'static [Trial],
    /// Nothing of the server is shown before the question is answered, which is asked while there is no answer yet.
    pub blindfold: bool,
    /// What is to be remembered, once the evidence is there.
    pub lesson: &'static str,
}

impl Step {
    /// Whether it is about a long outage, which no scenario tells.
    pub fn is_an_outage(&self) -> bool {
        self.answers.iter().any(|(_, answer)| matches!(answer, Holds::Stored(_)))
    }
}

/// In order.
pub const STEPS: [Step; 10] = [
    Step {
        number: 1,
        title: "Networks fail",
        says: "A request can vanish on its way. The browser hears nothing, and asks again.",
        question: "The first attempt never arrives. How many rows are there once both sides have an answer?",
        answers: &[
            ("One on each side", Holds::Rows(&[(Lane::Naive, 1), (Lane::Uuid, 1)])),
            ("Two without a key, one with a UUID", Holds::Rows(&[(Lane::Naive, 2), (Lane::Uuid, 1)])),
            ("None", Holds::Rows(&[(Lane::Naive, 0), (Lane::Uuid, 0)])),
        ],
        runs: &[Run { name: "a1-request-lost", lanes: &[Lane::Naive, Lane::Uuid] }],
        trials: &[],
        blindfold: false,
        lesson: "What never arrived did no harm. Had the browser not asked again, the post would be gone.",
    },
    Step {
        number: 2,
        title: "Databases fail, too",
        says: "The connection is refused, the transaction is rolled back, or it is committed and only the answer is \
               lost. Each time the server asks its database again by itself.",
        question: "Which of the three is stored twice where there is no key?",
        answers: &[
            ("The refused connection", Holds::Doubles(0)),
            ("The rolled-back transaction", Holds::Doubles(1)),
            ("The lost answer to COMMIT", Holds::Doubles(2)),
        ],
        runs: &[
            Run { name: "b1-connect-refused", lanes: &[Lane::Naive, Lane::Uuid] },
            Run { name: "b2-rolled-back", lanes: &[Lane::Naive, Lane::Uuid] },
            Run { name: "b3-commit-ack-lost", lanes: &[Lane::Naive, Lane::Uuid] },
        ],
        trials: &[],
        blindfold: false,
        lesson: "Only there the work was done before the error came. With a UUID the second try met its own row.",
    },
    Step {
        number: 3,
        title: "The blindfold",
        says: "Now you are the browser: you see what it sees, and nothing beyond. When there is no answer, you are asked \
               what the database holds.",
        question: "How many rows are there while there is no answer?",
        answers: &[],
        runs: &[Run { name: "a3-reply-lost", lanes: &[Lane::Uuid] }],
        trials: &[],
        blindfold: true,
        lesson: "A lost request leaves no row, a lost reply leaves one, and from here they look the same. So the browser has \
                 to be able to ask again, and asking again has to be harmless.",
    },
    Step {
        number: 4,
        title: "A retry makes copies",
        says: "Without a key a retry looks like a new post. Here the answer is lost five times in a row.",
        question: "How many rows are there when the sixth attempt is answered?",
        answers: &[
            ("One", Holds::Rows(&[(Lane::Naive, 1)])),
            ("Two", Holds::Rows(&[(Lane::Naive, 2)])),
            ("Six", Holds::Rows(&[(Lane::Naive, 6)])),
        ],
        runs: &[Run { name: "five-lost-replies", lanes: &[Lane::Naive] }],
        trials: &[],
        blindfold: false,
        lesson: "Six arrivals, six rows. Each insert was right by itself; nobody knew that they were one post.",
    },
    Step {
        number: 5,
        title: "A UUID per post",
        says: "The browser names the post once, before it first sends it, and sends the same name with every retry. \
               The weather is the same as before.",
        question: "How many rows does the side with a UUID have now?",
        answers: &[
            ("One", Holds::Rows(&[(Lane::Uuid, 1)])),
            ("Two", Holds::Rows(&[(Lane::Uuid, 2)])),
            ("Six", Holds::Rows(&[(Lane::Uuid, 6)])),
        ],
        runs: &[Run { name: "five-lost-replies", lanes: &[Lane::Naive, Lane::Uuid] }],
        trials: &[],
        blindfold: false,
        lesson: "Six arrivals, one row. The name is the primary key, so the row itself remembers that it was seen.",
    },
    Step {
        number: 6,
        title: "On conflict, do nothing",
        says: "The insert does nothing where the row is there, and a second statement reads it: \
               insert … on conflict (id) do nothing, then select.",
        question: "What is the second attempt answered?",
        answers: &[
            ("201 Created, as if it were new", Holds::LastStatus(Lane::Uuid, 201)),
            ("200 OK, with the stored post", Holds::LastStatus(Lane::Uuid, 200)),
            ("409 Conflict", Holds::LastStatus(Lane::Uuid, 409)),
        ],
        runs: &[Run { name: "a3-reply-lost", lanes: &[Lane::Uuid] }],
        trials: &[],
        blindfold: false,
        lesson: "A retry that finds its row is a success, and the answer is the post. A conflict would only make the \
                 client ask what it had done.",
    },
    Step {
        number: 7,
        title: "Methods",
        says: "HTTP says of each method whether it may be repeated. Here PUT and POST are sent three times each, and the \
               rows are read back after every call.",
        question: "Which of the two leaves the same state after one call and after three?",
        answers: &[
            ("PUT alone", Holds::Idempotent(&[(Trial::Put, true), (Trial::Post, false)])),
            ("POST alone", Holds::Idempotent(&[(Trial::Put, false), (Trial::Post, true)])),
            ("Both", Holds::Idempotent(&[(Trial::Put, true), (Trial::Post, true)])),
        ],
        runs: &[],
        trials: &[Trial::Put, Trial::Post],
        blindfold: false,
        lesson: "The id in the URL says which post is meant, so the second PUT finds it there. A POST names nothing, and is \
                 a new row each time, unless it carries a key.",
    },
    Step {
        number: 8,
        title: "DELETE: 200, then 404",
        says: "A post is deleted, and deleted again. The state is hashed after every call.",
        question: "In what does the second DELETE differ from the first?",
        answers: &[
            ("In its status, not in the state it leaves", Holds::Again { status: true, state: false }),
            ("In its status and in the state it leaves", Holds::Again { status: true, state: true }),
            ("In nothing", Holds::Again { status: false, state: false }),
        ],
        runs: &[],
        trials: &[Trial::Delete],
        blindfold: false,
        lesson: "Idempotent is about the state, not the status. The 404 tells the client that its goal is reached: the post \
                 is not there.",
    },
    Step {
        number: 9,
        title: "A long outage, and a replay",
        says: "The database is away while ten posts are written, and the server keeps them in a log. When it is back the log is \
               applied, and then all of it is applied twice more.",
        question: "How many rows are there at the end?",
        answers: &[("Ten", Holds::Stored(10)), ("Twenty", Holds::Stored(20)), ("Thirty", Holds::Stored(30))],
        runs: &[],
        trials: &[],
        blindfold: false,
        lesson: "A log delivers at least once: a consumer that dies before it has saved its offset reads the same records again. \
                 With the id as the primary key, once more is never twice.",
    },
    Step {
        number: 10,
        title: "Limits",
        says: "A key helps as long as somebody remembers it. This server keeps its keys in a cache for three seconds, \
               and the retry comes later.",
        question: "How many rows does the side with the cache have?",
        answers: &[("One", Holds::Rows(&[(Lane::Cache, 1)])), ("Two", Holds::Rows(&[(Lane::Cache, 2)]))],
        runs: &[Run { name: "cache", lanes: &[Lane::Cache, Lane::Uuid] }],
        trials: &[],
        blindfold: false,
        lesson: "A primary key does not forget: not after a restart, and not after the post is deleted, when a late \
                 packet meets its tombstone. Nor does it stretch: another text under the same name is refused, so an \
                 unanswered post keeps its text.",
    },
];

/// The step at `number`, and its place in the tour.
pub fn find(number: &str) -> Option<(usize, &'static Step)> {
    let mut places = STEPS.iter().enumerate();
    places.find(|(_, step)| step.number.to_string() == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_in_the_library_and_a_step_says_two_sentences_at_most() {
        for step in STEPS {
            assert!(step.says.matches(['.', '?']).count() <= 2, "step {}", step.number);
            for run in step.runs {
                let scenario = run.scenario().unwrap();
                assert_eq!(scenario.compare, run.lanes, "{}", run.name);
                assert_eq!(scenario.expect.len(), run.lanes.len(), "{}", run.name);
            }
        }
    }

    #[test]
    fn exactly_one_answer_agrees_with_what_the_scenarios_promise() {
        for step in STEPS.into_iter().filter(|step| !step.blindfold && step.trials.is_empty()) {
            let promised = |run: usize, lane: Lane| {
                let scenario = step.runs[run].scenario().unwrap();
                scenario.expect.get(&lane).map(|expected| usize::try_from(expected.rows).unwrap())
            };
            let holds = |answer: Holds| match answer {
                Holds::Rows(rows) => rows.iter().all(|(lane, rows)| promised(0, *lane) == Some(*rows)),
                Holds::Doubles(run) => promised(run, Lane::Naive) > Some(1),
                // A recognised retry; what the browser really heard is a browser test's business.
                Holds::LastStatus(_, status) => status == 200,
                Holds::Stored(rows) => rows == 10,
                Holds::Idempotent(_) | Holds::Again { .. } => false,
            };
            let right = step.answers.iter().filter(|(_, answer)| holds(*answer)).count();
            assert_eq!(right, 1, "step {}", step.number);
        }
    }

    #[test]
    fn a_step_is_found_by_its_own_number_alone() {
        assert_eq!(find("1").map(|(place, _)| place), Some(0));
        assert_eq!(find("10").map(|(place, _)| place), Some(9));
        for number in ["0", "01", "11", "", "1 "] {
            assert_eq!(find(number), None, "{number}");
        }
    }
}
