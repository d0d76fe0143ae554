//! What a side stored, as the feed that its readers would see.

use leptos::prelude::*;
use protocol::trace::{Lane, LanePicture, StoredRow};
use protocol::user::display_name;

use super::playback::Playback;
use crate::components::avatar::{Avatar, initials};
use crate::components::content::Content;
use crate::components::icon::{self, Icon};
use crate::lab_handle::LabHandle;
use crate::ports::Viewer;

#[component]
pub fn Stored(
    lane: Lane,
    picture: Memo<Option<LanePicture>>,
    handle: LabHandle,
    playback: Playback,
) -> impl IntoView {
    let rows = Memo::new(move |_| {
        picture.with(|picture| picture.as_ref().map(|picture| picture.rows.clone()).unwrap_or_default())
    });
    let checked = move || {
        let everything = playback.is_at_end();
        let read = handle.rows.with(|read| read.get(&lane).map(Vec::len)).filter(|_| everything)?;
        let drawn = rows.with(Vec::len);
        Some(if read == drawn {
            view! { <p class="quiet checked" data-agrees="">"Read back from the database: the same."</p> }
                .into_any()
        } else {
            let words =
                format!("Read back from the database: {read} rows. The picture is not the whole story.");
            view! { <p class="problem checked">{words}</p> }.into_any()
        })
    };
    view! {
        <div class="stored" data-testid=format!("feed-{lane}")>
            {move || {
                rows.with(Vec::is_empty).then(|| view! { <p class="empty">"No rows yet."</p> })
            }}
            <ol>
                <For
                    each=move || rows.get()
                    key=|row| row.id.clone()
                    children=move |row| view! { <Card row rows /> }
                />
            </ol>
            {checked}
        </div>
    }
    .into_any()
}

#[component]
fn Card(row: StoredRow, rows: Memo<Vec<StoredRow>>) -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let name = viewer.map(|viewer| display_name(viewer.user_id));
    let number = row.number;
    let recognised =
        Memo::new(move |_| rows.with(|rows| rows.iter().any(|row| row.number == number && row.recognised)));
    let twin = row.twin;
    let kind = move || {
        if twin { Some("twin") } else { recognised.get().then_some("same") }
    };
    let state = move || if recognised.get() { "replayed" } else { "posted" };
    let tag = move || {
        let (path, words) = if twin {
            (icon::NOTICE, twice(number))
        } else if recognised.get() {
            (icon::RECOGNISED, "retry recognised".to_owned())
        } else {
            return None;
        };
        Some(view! {
            <span class="tag">
                <Icon path=Signal::stored(path) />
                {words}
            </span>
        })
    };
    view! {
        <li class="row-card" data-testid="post" data-id=row.id data-state=state data-row=kind>
            {viewer
                .zip(name.clone())
                .map(|(viewer, name)| view! { <Avatar user_id=viewer.user_id initials=initials(&name) /> })}
            <div>
                <Content text=row.content />
                <p class="quiet">
                    {name} " · id " <code title=row.id.clone()>{short(&row.id)}</code>
                </p>
            </div>
            {tag}
        </li>
    }
    .into_any()
}

fn twice(number: u32) -> String {
    match number {
        2 => "same post, stored twice".to_owned(),
        number => format!("same post, stored {number} times"),
    }
}

/// A counter as it is; of a UUID its two ends.
fn short(id: &str) -> String {
    match (id.get(..4), id.len().checked_sub(4).and_then(|start| id.get(start..))) {
        (Some(start), Some(end)) if id.len() > 12 => format!("{start}…{end}"),
        _ => id.to_owned(),
    }
}
