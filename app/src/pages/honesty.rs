//! `/honesty`: what is real here, what is made up, what is slowed or shortened, and where the SQL departs from the
//! article's.

use leptos::prelude::*;

use crate::components::frame::Frame;

/// A thing that is shown, and the truth about it.
type Line = (&'static str, &'static str);

const REAL: [Line; 8] = [
    (
        "The rows",
        "Both sides write to the same database, SQLite or Postgres. The counts under a run are read from it at the \
         end, not added up in the page.",
    ),
    (
        "A lost reply",
        "The server commits, and then resets the TCP connection that the request came on. Not a byte of the final \
         answer leaves; your browser reports a network error because it had one.",
    ),
    (
        "A refused connection",
        "The server connects to a port where nobody listens; with SQLite it opens a file that cannot exist.",
    ),
    (
        "A rolled-back transaction",
        "The insert is executed, then its connection is closed before COMMIT. The database undoes it.",
    ),
    (
        "A late request",
        "The server holds what arrived before it registers it, and executes it even if your browser has hung up.",
    ),
    (
        "The hidden re-send",
        "On a connection used before, and cut without any answer, a browser may send a POST again by itself. \
         Nothing on the page does that: the server counts the arrivals. A cut that should not be re-sent is \
         preceded by an interim answer, 100 Continue.",
    ),
    (
        "The measured methods",
        "Your browser sends every request, and reads the rows back after each. The hash is taken of what the server \
         lists for the experiment: of posts and rows, not of tombstones and remembered keys.",
    ),
    (
        "The log, its drain and its replay",
        "What the outage page shows are rows of your browser's IndexedDB and records of the server's log. A replay \
         there runs the code of the command line, on your records alone; so does the crash, which leaves an offset \
         unsaved, and has the records read again.",
    ),
];

const MADE_UP: [Line; 7] = [
    (
        "A lost request",
        "Made in your browser: the request is never sent, and reported as unanswered at once. No server can lose \
         what it never receives.",
    ),
    (
        "A lost COMMIT answer",
        "The database commits and answers. The server throws that answer away, closes the connection and goes on \
         as if it had never heard.",
    ),
    (
        "The weather",
        "Each request asks for its own fault, drawn from a script or from odds with a seed. So both sides meet the \
         same failures, and nobody else meets yours.",
    ),
    (
        "The side without a key",
        "Written for this comparison, to be as careful as the other: same validation, same retries, same database. \
         It lacks the key alone. The half-fixes of the museum are written for it, too.",
    ),
    (
        "The hops' own times",
        "Each machine measures with its own clock. The two are fitted to each other by what \
     caused what, so an arrow never points back in time; the picture says how exact that can be.",
    ),
    (
        "The plug",
        "The database goes away to your requests, which say until when; it serves everybody else. That it can be \
         stopped in earnest is a matter of the tests.",
    ),
    (
        "The herd",
        "Two hundred browsers are not there. They are simulated on the page, from a seed, as is the server that \
         they come back to.",
    ),
];

const SLOWED: [Line; 4] = [
    (
        "The pace of the picture",
        "A request on one machine takes a few milliseconds. Marks appear at a pace that can be read; waiting \
         between attempts takes as long as it does.",
    ),
    ("The cache of the museum", "It forgets after 3 seconds. It stands for one that forgets after 30."),
    (
        "The client's patience",
        "The lab gives up on an answer after a few seconds, so that you do not wait. The feed waits longer.",
    ),
    (
        "What is kept of a run",
        "The ledger lives in the memory of one server for an hour at most, holds so many events and no more, and \
         cuts long bodies. Behind several servers it knows the arrivals of one.",
    ),
];

const SQL: [Line; 5] = [
    (
        "Clause order",
        "RETURNING comes last. Where it stands before ON CONFLICT, the statement does not parse.",
    ),
    (
        "Quoting",
        "Text is in single quotes and names are in double quotes or none. Here neither is spliced into a \
         statement: every value is bound.",
    ),
    (
        "Types",
        "The id is a uuid column and the primary key. A uuid does not fit where a counter was, and a counter \
         cannot be known before the row is there.",
    ),
    (
        "Nothing returns nothing",
        "ON CONFLICT DO NOTHING returns no row for the row that was there. A second statement in the same \
         transaction reads it; an update that changes nothing would also return it, and write it again.",
    ),
    (
        "Same id, same content",
        "What was there is compared with what was sent, by a hash. A different text under the same id is refused, \
         not taken for a retry.",
    ),
];

#[component]
pub fn Honesty() -> impl IntoView {
    view! {
        <Frame
            title="Honesty"
            here="/honesty"
            description="What is real in PostOnce, what is simulated, what is slowed down, and where its SQL departs from the article's."
        >
            <div class="lede">
                <h1>"What is real, and what is not"</h1>
                <p>
                    "This site shows failures on purpose. Here is which of them happen, which are made up, and what is
                    slower or shorter than life."
                </p>
            </div>
            <div class="prose">
                <Truths id="real" heading="Real" lines=REAL.to_vec() />
                <Truths id="made-up" heading="Made up" lines=MADE_UP.to_vec() />
                <Truths id="slowed" heading="Slowed down or cut short" lines=SLOWED.to_vec() />
                <Truths
                    id="sql"
                    heading="The article's SQL, corrected"
                    lines=SQL.to_vec()
                    lead="The idea is from “Designing Idempotent APIs” by Nancy Chauhan: name the post before it is sent, \
                     insert it unless it is there, and return the one that is. These details differ from its \
                     statements:"
                />
            </div>
        </Frame>
    }
    .into_any()
}

/// A section of truths.
#[component]
fn Truths(
    id: &'static str,
    heading: &'static str,
    lines: Vec<Line>,
    #[prop(optional)] lead: Option<&'static str>,
) -> impl IntoView {
    let lines = lines
        .into_iter()
        .map(|(name, truth)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{truth}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby=id>
            <h2 id=id>{heading}</h2>
            {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
            <dl class="truths">{lines}</dl>
        </section>
    }
    .into_any()
}
