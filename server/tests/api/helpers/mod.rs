//! What every story stands on.
//!
//! A story is an `async fn` that takes the running server. [`stories!`] makes two tests of it, one on each
//! database, and each of them ends by checking the invariants.

mod answer;
mod app;
mod ask;
mod database;
mod events;
mod history;
mod invariants;
mod kafka;
mod postgres;
mod process;
mod raw;
mod visitor;
mod wait;
mod warden;

pub use answer::Answer;
pub use app::{TestApp, file_log};
pub use ask::Ask;
pub use database::{Database, Engine};
pub use events::{Event, Events};
pub use kafka::{topic, topic_on};
pub use process::{LogKind, Process, Setup, nginx};
pub use raw::{End, Raw};
pub use visitor::{Visitor, id};
pub use wait::{DEADLINE, eventually};
pub use warden::Warden;

/// Turns each named story into a test on each database. `with` gives the server's setup, the default one where
/// it is missing.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        stories!(with Setup::default(); $($name),+);
    };
    (with $setup:expr; $($name:ident),+ $(,)?) => {
        $(
            mod $name {
                use $crate::helpers::{Engine, Setup, tell};

                #[test]
                fn on_sqlite() {
                    tell(Engine::Sqlite, &$setup, &super::$name);
                }

                #[test]
                fn on_postgres() {
                    tell(Engine::Postgres, &$setup, &super::$name);
                }
            }
        )+
    };
}
pub(crate) use stories;

/// Runs one story on a server and a database of its own.
pub fn tell(engine: Engine, setup: &Setup, story: &impl AsyncFn(&mut TestApp)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut app = TestApp::start(engine, setup.clone()).await;
        story(&mut app).await;
        app.finish().await;
    });
}
