//! The steps of the tour: what is said, asked and done, and what each answer would have to be true of.

use protocol::trace::Lane;

/// What makes a predicted answer true, read from the evidence and never from this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// These lanes have so many rows at the end.
    Rows(&'static [(Lane, usize)]),
    /// The lane without a key has more than one row after this run of the step, counted from 0.
    Doubles(usize),
    /// The lane's last answer has this status.
    LastStatus(Lane, u16),
    /// Whatever the rows are: the browser had no means of knowing.
    Always,
    /// A guess, even where the rows happen to be as many.
    Never,
}

/// A scenario that the step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// What is broken, in few words.
    pub(super) name: &'static str,
    pub(super) query: &'static str,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its place in the article's order, and in its path.
    pub(super) number: u8,
    pub(super) title: &'static str,
    /// At most two sentences.
    pub(super) says: &'static str,
    pub(super) question: &'static str,
    pub(super) answers: &'static [(&'static str, Holds)],
    pub(super) runs: &'static [Run],
    /// Nothing of the server is shown before the question is answered.
    pub(super) blindfold: bool,
    /// What is to be remembered, once the evidence is there.
    pub(super) lesson: &'static str,
}

/// In order. Steps 7 to 9 belong to pages that this build does not have.
pub(super) const STEPS: [Step; 7] = [
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
        runs: &[Run {
            name: "The request is lost",
            query: "v=1&seed=42&compare=naive,uuid&faults=request-lost@1&retry=fixed:500&timeout=4000&text=Hello\
                    &expect=naive:1,uuid:1",
        }],
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
            Run {
                name: "The connection is refused",
                query: "v=1&seed=42&compare=naive,uuid&faults=connect-refused;tries=1@1&retry=fixed:500\
                        &timeout=4000&text=Hello&expect=naive:1,uuid:1",
            },
            Run {
                name: "The transaction is rolled back",
                query: "v=1&seed=42&compare=naive,uuid&faults=rolled-back;tries=1@1&retry=fixed:500\
                        &timeout=4000&text=Hello&expect=naive:1,uuid:1",
            },
            Run {
                name: "The answer to COMMIT is lost",
                query: "v=1&seed=42&compare=naive,uuid&faults=commit-ack-lost@1&retry=fixed:500\
                        &timeout=4000&text=Hello&expect=naive:2,uuid:1",
            },
        ],
        blindfold: false,
        lesson: "Only there the work was done before the error came. With a UUID the second try met its own row.",
    },
    Step {
        number: 3,
        title: "The blindfold",
        says: "Now you are the browser: you see what it sees, and nothing beyond. The answer to your one attempt \
               does not come.",
        question: "No answer. How many rows are there?",
        answers: &[
            ("None", Holds::Never),
            ("One", Holds::Never),
            ("It cannot be known from here", Holds::Always),
        ],
        runs: &[Run {
            name: "There is no answer",
            query: "v=1&seed=42&compare=uuid&faults=reply-lost@1&retry=none&timeout=4000&text=Hello&expect=uuid:1",
        }],
        blindfold: true,
        lesson: "This time there was one. A lost request looks the same from here and leaves none, so the browser has \
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
        runs: &[Run {
            name: "Five replies are lost",
            query: "v=1&seed=42&compare=naive&faults=reply-lost@1-5&retry=fixed:200&timeout=4000&text=Hello\
                    &expect=naive:6",
        }],
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
        runs: &[Run {
            name: "Five replies are lost",
            query: "v=1&seed=42&compare=naive,uuid&faults=reply-lost@1-5&retry=fixed:200&timeout=4000&text=Hello\
                    &expect=naive:6,uuid:1",
        }],
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
        runs: &[Run {
            name: "The reply is lost",
            query: "v=1&seed=42&compare=uuid&faults=reply-lost@1&retry=fixed:500&timeout=4000&text=Hello\
                    &expect=uuid:1",
        }],
        blindfold: false,
        lesson: "A retry that finds its row is a success, and the answer is the post. A conflict would only make the \
                 client ask what it had done.",
    },
    Step {
        number: 10,
        title: "Limits",
        says: "A key helps as long as somebody remembers it. This server keeps its keys in a cache for three seconds, \
               and the retry comes later.",
        question: "How many rows does the side with the cache have?",
        answers: &[("One", Holds::Rows(&[(Lane::Cache, 1)])), ("Two", Holds::Rows(&[(Lane::Cache, 2)]))],
        runs: &[Run {
            name: "The retry comes after the cache forgot",
            query: "v=1&seed=42&compare=cache,uuid&faults=reply-lost@1&retry=fixed:3500&timeout=4000&text=Hello\
                    &expect=cache:2,uuid:1",
        }],
        blindfold: false,
        lesson: "A primary key does not forget: not after a restart, and not after the post is deleted, when a late \
                 packet meets its tombstone. Nor does it stretch: another text under the same name is refused, so an \
                 unanswered post keeps its text.",
    },
];

/// The step at `number`, and its place in the tour.
pub(super) fn find(number: &str) -> Option<(usize, &'static Step)> {
    let mut places = STEPS.iter().enumerate();
    places.find(|(_, step)| step.number.to_string() == number)
}

#[cfg(test)]
mod tests {
    use protocol::scenario::Scenario;

    use super::*;

    fn scenario(run: &Run) -> Scenario {
        Scenario::parse(run.query).unwrap()
    }

    #[test]
    fn every_run_is_canonical_and_a_step_says_two_sentences_at_most() {
        for step in STEPS {
            for run in step.runs {
                assert_eq!(scenario(run).to_string(), run.query, "step {}", step.number);
            }
            assert!(step.says.matches(['.', '?']).count() <= 2, "step {}", step.number);
        }
    }

    #[test]
    fn exactly_one_answer_agrees_with_what_the_scenarios_promise() {
        for step in STEPS {
            let promised = |run: usize, lane: Lane| {
                scenario(&step.runs[run])
                    .expect
                    .get(&lane)
                    .map(|expected| usize::try_from(expected.rows).unwrap())
            };
            let holds = |answer: Holds| match answer {
                Holds::Rows(rows) => rows.iter().all(|(lane, rows)| promised(0, *lane) == Some(*rows)),
                Holds::Doubles(run) => promised(run, Lane::Naive) > Some(1),
                Holds::LastStatus(_, status) => status == 200,
                Holds::Always => true,
                Holds::Never => false,
            };
            let right = step.answers.iter().filter(|(_, answer)| holds(*answer)).count();
            assert_eq!(right, 1, "step {}", step.number);
        }
    }

    #[test]
    fn a_step_is_found_by_its_own_number_alone() {
        assert_eq!(find("1").map(|(place, _)| place), Some(0));
        assert_eq!(find("10").map(|(place, _)| place), Some(6));
        for number in ["0", "01", "7", "11", "", "1 "] {
            assert_eq!(find(number), None, "{number}");
        }
    }
}
