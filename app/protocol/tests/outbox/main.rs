//! The outbox, driven by hand: a leader with storage that never fails.
//!
//! | module | what it holds |
//! |---|---|
//! | `rules` | the rules, one by one |
//! | `storage` | storage that fails and comes back, and rows that others wrote |
//! | `stories` | what once broke a simulated schedule |
//! | `borders` | what is not the server, not the user, not the time: where the outbox ends |

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod borders;
mod rules;
mod storage;
mod stories;

use protocol::key::PostId;
use protocol::outbox::{
    Answer, Command, Config, Event, Item, Leadership, NoAnswer, Outbox, Request, SessionId, State, Wake,
};
use protocol::post::{Post, Room};
use protocol::problem::{Problem, ProblemName};
use protocol::time::{Now, Timestamp};
use protocol::user::UserId;
use protocol::wire::CreateBody;
use uuid::Uuid;

const ME: UserId = UserId(Uuid::from_u128(1));
const START: u64 = 1_700_000_000_000;

struct Driver {
    outbox: Outbox,
    now: Now,
    /// When something was last stored, on the monotonic clock.
    answered_at: u64,
}

impl Driver {
    /// A page that has read its storage and holds the lead.
    fn leading(rows: Vec<Item>) -> (Self, Vec<Command>) {
        let now = Now { monotonic_ms: 0, wall_ms: START };
        let outbox = Outbox::new(Config::default(), SessionId(Uuid::from_u128(9)), ME, now);
        let mut driver = Self { outbox, now, answered_at: 0 };
        driver.tell(Event::Loaded(rows.clone()));
        driver.tell(Event::LeaderGained(Leadership::Lock));
        let commands = driver.tell(Event::Loaded(rows));
        (driver, commands)
    }

    fn tell(&mut self, event: Event) -> Vec<Command> {
        self.outbox.handle(event, self.now, u64::MAX / 2)
    }

    fn post(&mut self, item: &Item) -> Option<Request> {
        let commands = self.tell(Event::Enqueued(item.clone()));
        if commands.contains(&Command::Lead) {
            self.tell(Event::LeaderGained(Leadership::Lock));
            let rows = self.outbox.items().into_iter().cloned().collect();
            return sent(&self.tell(Event::Loaded(rows)));
        }
        sent(&commands)
    }

    fn advance(&mut self, ms: u64) -> Vec<Command> {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms;
        self.tell(Event::Woken(Wake::Timer))
    }

    fn silence(&mut self, request: &Request) -> Vec<Command> {
        self.tell(Event::NoAnswer { of: request.of, how: NoAnswer::Network })
    }

    fn answer(&mut self, request: &Request, answer: Answer) -> Vec<Command> {
        self.tell(Event::Answered { of: request.of, answer })
    }

    fn state(&self, id: PostId) -> &State {
        &self.outbox.item(id).unwrap().state
    }
}

fn item(number: u64) -> Item {
    let body = CreateBody { content: format!("post {number}"), image_id: None, room: None };
    Item::new(PostId::mint(START + number, [1; 10]), ME, body, number, START)
}

fn sent(commands: &[Command]) -> Option<Request> {
    commands.iter().find_map(|command| match command {
        Command::Send { request, .. } => Some(request.clone()),
        _ => None,
    })
}

fn stored(item: &Item, status: u16, replayed: bool) -> Answer {
    let post = Post {
        id: item.id,
        user_id: ME,
        author: "Teal Otter".to_owned(),
        image_id: None,
        content: item.body.content.clone(),
        room: Room::lobby(),
        create_timestamp: Timestamp::from_unix_ms(0),
    };
    let body = serde_json::to_string(&post).unwrap();
    Answer { status, content_type: Some("application/json".to_owned()), replayed, body, ..Answer::default() }
}

fn refusal(name: ProblemName) -> Answer {
    let problem = Problem::new(name, "");
    Answer {
        status: problem.status,
        content_type: Some("application/problem+json; charset=utf-8".to_owned()),
        body: serde_json::to_string(&problem).unwrap(),
        ..Answer::default()
    }
}
