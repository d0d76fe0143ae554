//! `/posts`: the form was refused. Both texts, and a way on that cannot double the post.

use leptos::prelude::*;
use protocol::key::PostId;
use protocol::post::LOBBY;
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::user::UserId;

use crate::components::content::Content;
use crate::components::frame::Frame;
use crate::ports::{Refusal, Viewer};
use crate::status::{answer_with, redirect};

#[component]
pub fn Refused() -> impl IntoView {
    let Some(refusal) = use_context::<Refusal>() else {
        // Somebody followed a link to where forms are sent.
        redirect("/feed");
        return view! {
            <Frame title="Nothing to send">
                <h1>"Nothing was sent"</h1>
                <BackToFeed href="/feed".to_owned() />
            </Frame>
        }
        .into_any();
    };
    let Refusal { problem, sent, stored, room, sent_id, as_user } = refusal;
    answer_with(problem.status);
    let heading = heading_of(&problem);
    let way_on = way_on(&problem, sent_id);
    let is_known = problem.outcome != Outcome::Unknown;
    let room = if room.is_empty() { LOBBY.to_owned() } else { room };
    let feed = format!("/feed?room={room}");
    view! {
        <Frame title=heading>
            <div class="lede">
                <h1>{heading}</h1>
                <p>{explanation_of(&problem)}</p>
            </div>
            {stored
                .map(|stored| {
                    view! {
                        <section class="text" aria-labelledby="stored-heading">
                            <h2 id="stored-heading">"Stored under this id"</h2>
                            <div data-testid="stored-text">
                                <Content text=stored />
                            </div>
                        </section>
                    }
                })}
            <Again sent room way_on as_user is_known />
            <BackToFeed href=feed />
        </Frame>
    }
    .into_any()
}

#[component]
fn BackToFeed(href: String) -> impl IntoView {
    view! {
        <p class="paging">
            <a href=href rel="external">
                "Back to the feed"
            </a>
        </p>
    }
}

/// Under which id the text may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayOn {
    /// The same id: harmless whatever happened to the first request.
    Same(PostId),
    /// A new id: the first request stored nothing under its own, or something that stays.
    New,
    /// Neither is known to be safe.
    Nowhere,
}

fn way_on(problem: &Problem, sent_id: Option<PostId>) -> WayOn {
    match sent_id {
        Some(id) if problem.same_key_safe => WayOn::Same(id),
        _ if problem.new_key_safe => WayOn::New,
        _ => WayOn::Nowhere,
    }
}

#[component]
fn Again(
    sent: String,
    room: String,
    way_on: WayOn,
    as_user: Option<UserId>,
    /// Whether the outcome of the first request is known: it changed nothing.
    is_known: bool,
) -> impl IntoView {
    let fresh = use_context::<Viewer>().map(|viewer| viewer.fallback_id);
    let can_be_edited = is_known && way_on != WayOn::Nowhere;
    let (id, button) = match way_on {
        WayOn::Same(id) => (Some(id), "Post again"),
        WayOn::New => (fresh, "Post as a new post"),
        WayOn::Nowhere => (None, ""),
    };
    let field = view! {
        <label for="sent-text">"What you sent"</label>
        <textarea
            id="sent-text"
            name="content"
            rows="4"
            dir="auto"
            data-testid="sent-text"
            // While nobody knows what is stored under an id, only the same text goes with it.
            readonly=!can_be_edited
            inner_html=inside_of_a_textarea(&sent)
        ></textarea>
    };
    view! {
        <form class="composer" aria-label="Send it again" method="post" action="/posts">
            <input type="hidden" name="id" autocomplete="off" value=id.map(|id| id.to_string()) />
            {as_user
                .map(|user| {
                    view! { <input type="hidden" name="as_user" autocomplete="off" value=user.to_string() /> }
                })}
            <input type="hidden" name="room" value=room />
            {field}
            {id.map(|_| {
                view! {
                    <div class="composer-foot">
                        <button type="submit" class="primary">
                            {button}
                        </button>
                    </div>
                }
            })}
        </form>
    }
    .into_any()
}

/// The text as it has to be written between a textarea's tags, where the renderer escapes nothing: without this, a
/// text that closes the field would become markup. The first line break there is none of the text's.
fn inside_of_a_textarea(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

fn heading_of(problem: &Problem) -> &'static str {
    match problem.name() {
        _ if problem.outcome == Outcome::Unknown => "No answer yet",
        Some(ProblemName::KeyReused) => "This form was posted before, with another text",
        Some(ProblemName::PostDeleted) => "This post was deleted",
        Some(ProblemName::IdUnavailable) => "This form's id cannot be used",
        Some(ProblemName::InvalidContent) => "This text cannot be posted",
        Some(ProblemName::OtherIdentity) => "Not posted: this browser is somebody else now",
        Some(ProblemName::TooManyWrites) => "Not posted: too many posts at once",
        _ => "Not posted",
    }
}

fn explanation_of(problem: &Problem) -> String {
    match problem.name() {
        _ if problem.outcome == Outcome::Unknown => {
            "It may already be posted; trying again is safe.".to_owned()
        }
        Some(ProblemName::KeyReused) => {
            "One form makes one post. The first text stands in the feed; nothing was changed. Post the other one \
             as a new post if you mean both."
                .to_owned()
        }
        Some(ProblemName::OtherIdentity) => {
            "The form was opened under another identity of this browser, and is not sent in somebody else's name. \
             Nothing was stored. If you post it, it is posted as who you are now."
                .to_owned()
        }
        Some(ProblemName::PostDeleted) => {
            "A deleted post never comes back. You can post the text as a new post.".to_owned()
        }
        Some(ProblemName::IdUnavailable) => "Nothing was stored. You can post the text as a new post.".to_owned(),
        _ => problem.detail.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> PostId {
        PostId::mint(1, [7; 10])
    }

    #[test]
    fn a_text_cannot_leave_its_field() {
        let written = inside_of_a_textarea("</textarea><b>&lt;");
        assert_eq!(written, "\n&lt;/textarea>&lt;b>&amp;lt;");
    }

    #[test]
    fn an_unknown_outcome_is_never_called_a_failure_and_never_gets_a_new_id() {
        let problem = Problem::new(ProblemName::StoreUnavailable, "").outcome_unknown();
        assert_eq!(heading_of(&problem), "No answer yet");
        assert_eq!(way_on(&problem, Some(id())), WayOn::Same(id()));
        assert_eq!(way_on(&problem, None), WayOn::Nowhere);
    }

    #[test]
    fn a_spent_id_gives_way_to_a_new_one() {
        for name in [ProblemName::KeyReused, ProblemName::PostDeleted, ProblemName::IdUnavailable] {
            assert_eq!(way_on(&Problem::new(name, ""), Some(id())), WayOn::New);
        }
    }

    #[test]
    fn what_was_not_applied_is_sent_again_under_the_same_id() {
        // Another identity's post may stand under the id: posted under a new one it would be there twice.
        for name in [ProblemName::TooManyWrites, ProblemName::NotSignedIn, ProblemName::OtherIdentity] {
            assert_eq!(way_on(&Problem::new(name, ""), Some(id())), WayOn::Same(id()));
        }
        assert_eq!(way_on(&Problem::new(ProblemName::OtherIdentity, ""), None), WayOn::Nowhere);
    }
}
