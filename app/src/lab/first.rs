//! The first screen: one press, both sides, the sentence, and where to go on.

use leptos::prelude::*;
use protocol::scenario::{Named, Scenario};
use protocol::trace::{Lane, Place};

use super::blindfold::{Blindfold, BlindfoldPanel};
use super::facts::FactsDialog;
use super::opening::Opening;
use super::playback::Playback;
use super::press::Press;
use super::stage::{Stage, Verdict, announce};
use crate::components::icon::{self, Icon};
use crate::components::ready::Ready;
use crate::lab_handle::{LabAsk, LabHandle};

/// What a press runs: the reply to the first attempt is lost.
const SCENARIO: &str = "a3-reply-lost";

#[component]
pub fn First() -> impl IntoView {
    let handle = LabHandle::of_page();
    let ready = Ready::of_page();
    let playback = Playback::follow(handle);
    let blindfold = Blindfold::off();
    let picked = RwSignal::new(None);
    let scenario =
        Signal::stored(Named::find(SCENARIO).and_then(|named| named.scenario()).unwrap_or_default());
    let armed = Signal::derive(move || {
        let fired = playback.picture.with(|picture| !picture.lanes.is_empty());
        if fired { Vec::new() } else { vec![(Place::Network, "reply 1 will be lost".to_owned())] }
    });
    announce(playback);
    let press = Press::of_page();
    carry_out(press, playback, handle, scenario);

    let again = move |blind: bool| {
        if playback.is_moving_untracked() {
            return;
        }
        let last = handle.scenario.get_untracked().unwrap_or_else(|| scenario.get_untracked());
        if blind {
            blindfold.put_on();
        } else {
            blindfold.take_off();
        }
        picked.set(None);
        playback.restart();
        handle.ask(LabAsk::Run(Box::new(last)));
    };
    let ran = move || handle.scenario.with(Option::is_some);
    let busy = move || playback.is_moving().then_some("true");
    view! {
        <div class="first">
            <Opening press />
            <BlindfoldPanel playback blindfold />
            <Stage lanes=Signal::stored(vec![Lane::Naive, Lane::Uuid]) playback blindfold picked armed />
            <Verdict playback blindfold />
            <div class="next-steps" hidden=move || !ready.get()>
                <button type="button" class="button" hidden=move || !ran() aria-disabled=busy on:click=move |_| again(false)>
                    "Do it again"
                </button>
                <button type="button" class="button" aria-disabled=busy on:click=move |_| again(true)>
                    <Icon path=Signal::stored(icon::BLIND) />
                    "Put on the blindfold"
                </button>
                <a class="button" href="/lab" rel="external">
                    "Break it somewhere else"
                </a>
            </div>
            <p class="quiet pace">
                "Every mark is an event that your browser or the server recorded. They happen within a millisecond or two, so they are shown one after the other; waits last as long as they did."
            </p>
            <FactsDialog playback picked />
        </div>
    }
    .into_any()
}

/// Runs what was pressed, also where that was before this was there.
fn carry_out(press: Press, playback: Playback, handle: LabHandle, scenario: Signal<Scenario>) {
    Effect::new(move |_| press.able.set(handle.able.get()));
    Effect::new(move |_| {
        if !handle.able.get() {
            return;
        }
        if let Some(text) = press.waiting.get() {
            playback.restart();
            handle.ask(LabAsk::Run(Box::new(Scenario { text, ..scenario.get_untracked() })));
            // Only now: in between nobody would be busy, and a second press would be taken.
            press.moving.set(true);
            press.waiting.set(None);
        }
    });
    Effect::new(move |_| press.moving.set(playback.is_moving()));
}
