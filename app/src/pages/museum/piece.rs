//! One exhibit, and what happens when it is touched.

use leptos::prelude::*;
use protocol::trace::Lane;

use super::exhibits::{Exhibit, Sighting};
use crate::components::announcer::Announcer;
use crate::components::checked::{is_as_promised, rows_at_end, sentence};
use crate::components::icon::{Icon, NOTICE, SCISSORS, TICK};
use crate::components::ready::Ready;
use crate::lab::blindfold::Blindfold;
use crate::lab::playback::Playback;
use crate::lab::stage::Stage;
use crate::lab_handle::{LabAsk, LabHandle};

/// What the exhibits share: one of them is touched at a time.
#[derive(Clone, Copy)]
pub struct Room {
    handle: LabHandle,
    pub playback: Playback,
    pub picked: RwSignal<Option<usize>>,
    /// The exhibit that was touched last.
    touched: RwSignal<Option<Lane>>,
}

impl Room {
    pub fn enter() -> Self {
        let handle = LabHandle::of_page();
        let playback = Playback::follow(handle);
        let room = Self { handle, playback, picked: RwSignal::new(None), touched: RwSignal::new(None) };
        let announcer = use_context::<Announcer>();
        Effect::new(move |_| {
            if let (Some(announcer), Some(found)) = (announcer, room.found()) {
                announcer.say(found.words);
            }
        });
        room
    }

    fn touch(self, exhibit: &Exhibit) {
        if self.playback.is_moving_untracked() || !self.handle.able.get_untracked() {
            return;
        }
        let Some(scenario) = exhibit.scenario() else { return };
        self.picked.set(None);
        self.playback.restart();
        self.handle.ask(LabAsk::Run(Box::new(scenario)));
        self.touched.set(Some(exhibit.lane));
    }

    /// What the database held at the end, once all of the run was seen.
    fn found(self) -> Option<Found> {
        let rows = rows_at_end(self.handle, self.playback)?;
        let touched = self.touched.get()?;
        let scenario = self.handle.scenario.get()?;
        let as_promised = is_as_promised(&scenario, &rows);
        let doubled = rows.get(&touched).is_some_and(|rows| *rows > 1);
        let verdict = match (as_promised, doubled) {
            (false, _) => "It came out differently this time.",
            (true, true) => "It broke where its label says.",
            (true, false) => "It held.",
        };
        Some(Found { doubled, words: format!("{} {verdict}", sentence(&scenario.compare, &rows)) })
    }
}

struct Found {
    doubled: bool,
    words: String,
}

/// One exhibit. Its fragment is its lane's name.
#[component]
pub fn Piece(
    exhibit: Exhibit,
    /// Whether this server lets it be broken.
    open: bool,
    room: Room,
) -> impl IntoView {
    let Exhibit { lane, name, does, right, breaks, sighting } = exhibit;
    let id = lane.as_str();
    let works = breaks.is_none();
    let is_touched = Memo::new(move |_| room.touched.get() == Some(lane));
    view! {
        <li data-touched=move || is_touched.get().then_some("")>
            <article class="piece" id=id data-works=works.then_some("") aria-labelledby=format!("{id}-name")>
                <h3 id=format!("{id}-name")>{name}</h3>
                <p class="does">{does}</p>
                <dl class="verdicts">
                    <div>
                        <dt>{if works { "Why it is right" } else { "Why it looks right" }}</dt>
                        <dd>{right}</dd>
                    </div>
                    {breaks
                        .map(|breaks| {
                            view! {
                                <div class="breaks">
                                    <dt>
                                        <Icon path=NOTICE />
                                        "Where it breaks"
                                    </dt>
                                    <dd>{breaks}</dd>
                                </div>
                            }
                        })}
                </dl>
                {sighting.map(|sighting| view! { <Seen sighting /> })}
                {open.then(|| view! { <Touch exhibit room /> })}
            </article>
            <Show when=move || is_touched.get()>
                <Evidence exhibit room />
            </Show>
        </li>
    }
    .into_any()
}

#[component]
fn Seen(sighting: Sighting) -> impl IntoView {
    view! {
        <p class="seen quiet">
            "Seen in public: "
            <a href=sighting.url rel="external noreferrer">
                {sighting.thread}
            </a>
            ". "
            {sighting.says}
        </p>
    }
    .into_any()
}

/// The one press, and the way to the lab.
#[component]
fn Touch(exhibit: Exhibit, room: Room) -> impl IntoView {
    let ready = Ready::of_page();
    let words = if exhibit.breaks.is_some() { "Break it" } else { "Try to break it" };
    let stuck = move || (room.playback.is_moving() || !room.handle.able.get()).then_some("true");
    let why_id = format!("{}-why", exhibit.lane);
    let why = move || {
        if ready.get() && !room.handle.able.get() {
            "This browser cannot mint ids, so nothing can be run here."
        } else if room.playback.is_moving() {
            "One run at a time: one is going on."
        } else {
            ""
        }
    };
    view! {
        <div class="piece-foot">
            <button
                type="button"
                class="button strong later"
                aria-disabled=stuck
                aria-describedby=why_id.clone()
                on:click=move |_| room.touch(&exhibit)
            >
                <Icon path=SCISSORS />
                {words}
                <span class="unseen">": " {exhibit.name}</span>
            </button>
            {exhibit
                .scenario()
                .map(|scenario| {
                    view! {
                        <a class="button" href=format!("/lab?{scenario}") rel="external">
                            "Open in the lab"
                            <span class="unseen">": " {exhibit.name}</span>
                        </a>
                    }
                })}
            <p class="why-not" id=why_id>
                {why}
            </p>
        </div>
    }
    .into_any()
}

/// The run, and what the database held at its end.
#[component]
fn Evidence(exhibit: Exhibit, room: Room) -> impl IntoView {
    let lanes = exhibit.scenario().map(|scenario| scenario.compare).unwrap_or_default();
    let found = move || {
        room.found().map(|Found { doubled, words }| {
            view! {
                <p class="found" data-testid="found" data-doubled=doubled.then_some("")>
                    <Icon path=if doubled { NOTICE } else { TICK } />
                    {words}
                </p>
            }
        })
    };
    view! {
        <div class="piece-evidence">
            <Stage lanes=Signal::stored(lanes) playback=room.playback blindfold=Blindfold::off() picked=room.picked />
            {found}
        </div>
    }
    .into_any()
}
