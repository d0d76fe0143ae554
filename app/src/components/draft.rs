//! The draft in the composer: its text and its id change together, so that no press can send one text under
//! two ids.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use protocol::key::PostId;
use protocol::post::{InvalidContent, check_content};

use crate::outbox_handle::{Ask, OutboxHandle};

/// What a press of Post comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// No id of the browser's own stands in the form: let it post natively.
    Native,
    /// It came too soon after another one: the second press of a double click finds the field emptied by the
    /// first, or another text while the first is being saved.
    Nothing,
    Refused(InvalidContent),
    Post {
        id: PostId,
        content: String,
    },
}

/// The id of the field, where *Edit as new* leads.
pub const FIELD_ID: &str = "composer-text";

/// Leads whoever pressed a button elsewhere to the field.
pub fn go_to_field() {
    let field = document().get_element_by_id(FIELD_ID);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        // A field that cannot take the focus leaves it where it is.
        let _ = field.focus();
    }
}

#[derive(Clone, Copy)]
pub struct Draft {
    handle: OutboxHandle,
    pub form: NodeRef<html::Form>,
    pub hidden_id: NodeRef<html::Input>,
    pub field: NodeRef<html::Textarea>,
    /// The text in the field, for what counts it.
    pub text: RwSignal<String>,
    /// The browser's own id, once it stands in the form.
    pub id: RwSignal<Option<PostId>>,
    /// The text that was handed to the outbox under this id and is not yet known to be saved.
    handed: RwSignal<Option<String>>,
    /// Whether anything was typed since the last post was saved.
    touched: StoredValue<bool>,
}

impl Draft {
    /// The draft of a composer; `handle` gives it ids, restored texts and news of what was saved.
    pub fn new(handle: OutboxHandle) -> Self {
        let draft = Self {
            handle,
            form: NodeRef::new(),
            hidden_id: NodeRef::new(),
            field: NodeRef::new(),
            text: RwSignal::default(),
            id: RwSignal::default(),
            handed: RwSignal::new(None),
            touched: StoredValue::new(true),
        };
        // What was typed before the program arrived is in the field alone.
        Effect::new(move |_| {
            if let Some(field) = draft.field.get() {
                draft.text.set(field.value());
            }
        });
        Effect::new(move |_| {
            if let Some(id) = handle.draft_id.get() {
                draft.begin(id);
            }
        });
        Effect::new(move |_| draft.join(handle.draft_text.get()));
        // What was not taken is the visitor's again. Nothing else frees the text: as long as it is not decided, a slow
        // disk may have it, and a second press has to carry the same id.
        Effect::new(move |_| {
            if handle.refused_presses.get() > 0 {
                draft.handed.set(None);
            }
        });
        draft
    }

    /// Whether a press of Post is not decided yet.
    pub fn is_saving(self) -> bool {
        self.handed.with(Option::is_some)
    }

    /// The visitor typed.
    pub fn typed(self) {
        if let Some(field) = self.field.get_untracked() {
            self.touched.set_value(true);
            self.text.set(field.value());
            self.save();
        }
    }

    /// The visitor pressed Post. A second press before the first is saved carries the same id, and so is the
    /// same post.
    pub fn press(self) -> Press {
        let Some(id) = self.id.get_untracked() else { return Press::Native };
        let content = self.field.get_untracked().map(|field| field.value()).unwrap_or_default();
        match check_content(&content) {
            // The first text is being saved under this id; this one is the next draft's in a moment.
            Ok(())
                if self.handed.with_untracked(|handed| handed.as_ref().is_some_and(|it| *it != content)) =>
            {
                Press::Nothing
            }
            Ok(()) => {
                self.handed.set(Some(content.clone()));
                Press::Post { id, content }
            }
            Err(InvalidContent::Empty) if !self.touched.get_value() => Press::Nothing,
            Err(why) => Press::Refused(why),
        }
    }

    /// A new draft begins. If the one before was handed over, it is saved: what was typed since then is the new
    /// draft's, the rest is taken away.
    fn begin(self, id: PostId) {
        let Some(input) = self.hidden_id.get() else { return };
        if self.id.get_untracked() == Some(id) {
            return;
        }
        input.set_value(&id.to_string());
        if let Some(form) = self.form.get() {
            // Refusals are worded here from now on.
            form.set_no_validate(true);
        }
        self.id.set(Some(id));
        if let Some(saved) = self.handed.try_update(Option::take).flatten() {
            self.touched.set_value(false);
            let typed = self.text.get_untracked();
            self.write(typed.strip_prefix(&saved).unwrap_or(&typed).to_owned());
        }
        if !self.text.with_untracked(String::is_empty) {
            self.save();
        }
    }

    /// A restored draft, or a text to edit as new, joins what is there: nothing that was typed is lost.
    fn join(self, given: String) {
        let typed = self.text.get_untracked();
        if given.is_empty() || given == typed {
            return;
        }
        self.write(if typed.is_empty() { given } else { format!("{typed}\n\n{given}") });
        self.save();
    }

    fn write(self, content: String) {
        if let Some(field) = self.field.get_untracked() {
            field.set_value(&content);
        }
        self.text.set(content);
    }

    /// Text typed after a press belongs to the next draft, which saves it when it begins.
    fn save(self) {
        if let Some(id) = self.id.get_untracked()
            && self.handed.with_untracked(Option::is_none)
        {
            self.handle.ask(Ask::SaveDraft { id, content: self.text.get_untracked() });
        }
    }
}
