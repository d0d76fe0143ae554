//! preview
use app::outbox_handle::*;
use leptos::prelude::*;
use protocol::key::PostId;
use wasm_bindgen::prelude::wasm_bindgen;
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        let slot: StoredValue<Option<OutboxHandle>> = StoredValue::new(None);
        let handle = OutboxHandle::new(move |ask| {
            leptos::logging::log!("{ask:?}");
            if let (Ask::Post { id, content, room }, Some(h)) = (ask, slot.get_value()) {
                h.pending.update(|p| {
                    if !p.iter().any(|i| i.id == id) {
                        p.push(Pending {
                            id,
                            content,
                            room,
                            state: "waiting",
                            words: "Waiting, next try in 3 s".into(),
                            note: Some(
                                "No answer yet. It may already be posted; trying again is safe.".into(),
                            ),
                            actions: vec![Ask::TryNow(id), Ask::Cancel(id)],
                        })
                    }
                });
                h.draft_id
                    .set(Some(PostId::mint(1_800_000_000_000 + h.pending.with(Vec::len) as u64, [3; 10])));
                h.draft_text.set(String::new());
            }
        });
        slot.set_value(Some(handle));
        provide_context(handle);
        let w = web_sys::window().unwrap();
        let demo = w.location().hash().unwrap_or_default() == "#demo";
        set_timeout(
            move || {
                handle.draft_id.set(Some(PostId::mint(1_800_000_000_000, [3; 10])));
                handle.keeping.set(Keeping::Durable);
                handle.live.set(LiveState::Open);
                if demo {
                    let id = |n: u8| PostId::mint(1_750_000_000_000, [n; 10]);
                    let p = |n: u8, c: &str, state, words: &str, note: Option<&str>, actions| Pending {
                        id: id(n),
                        content: c.into(),
                        room: "lobby".into(),
                        state,
                        words: words.into(),
                        note: note.map(Into::into),
                        actions,
                    };
                    handle.live.set(LiveState::Paused("12:04".into()));
                    handle.keeping.set(Keeping::Memory("Its storage did not open.".into()));
                    handle.pending.set(vec![
                        p(
                            1,
                            "A text that was refused",
                            "needs-you",
                            "Needs you",
                            Some("Another text is posted under this id. Compare the two."),
                            vec![Ask::PostAsNew(id(1)), Ask::CopyText(id(1)), Ask::Discard(id(1))],
                        ),
                        p(
                            2,
                            "Hello, tunnel",
                            "waiting",
                            "Waiting, next try in 3 s",
                            Some("No answer yet. It may already be posted; trying again is safe."),
                            vec![Ask::TryNow(id(2)), Ask::Cancel(id(2))],
                        ),
                        p(
                            3,
                            "Sending this one right as we look",
                            "sending",
                            "Sending, try 2",
                            None,
                            vec![Ask::Cancel(id(3))],
                        ),
                        p(4, "And one more", "saved", "Saved on this device", None, vec![Ask::Cancel(id(4))]),
                        Pending {
                            id: PostId::mint(1_700_000_000_000, [0; 10]),
                            content: "Hello, world".into(),
                            room: "lobby".into(),
                            state: "replayed",
                            words: "Posted (retry recognised)".into(),
                            note: None,
                            actions: vec![],
                        },
                        Pending {
                            id: PostId::mint(1_700_000_000_001, [1; 10]),
                            content: "Hello, world".into(),
                            room: "lobby".into(),
                            state: "posted",
                            words: "Posted".into(),
                            note: None,
                            actions: vec![],
                        },
                    ]);
                }
            },
            std::time::Duration::from_millis(50),
        );
        leptos::view! { <app::App/> }
    });
}
