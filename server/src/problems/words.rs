//! Each problem in plain words.

use protocol::problem::ProblemName as P;

/// What happened.
pub const fn happened(name: P) -> &'static str {
    match name {
        P::InvalidId => {
            "The id in the path is no UUID of version 4 or 7. Other versions are refused because they can follow from \
             the content, so that two equal posts that were both meant would become one."
        }
        P::MalformedBody => {
            "The body is not one JSON object with the fields that belong there, each once and of its type, in UTF-8. \
             What two readers could understand differently is refused."
        }
        P::KeyRequired => {
            "The request came without an `Idempotency-Key`. Without one the server could not tell a retry from \
             another post."
        }
        P::KeyMalformed => {
            "The `Idempotency-Key` came twice, is not 1 to 255 visible ASCII characters, opens a quote that it does \
             not close, or is another id than that in the path."
        }
        P::MalformedFault => {
            "The server runs with faults on and cannot read `Fault`, `Attempt` or `Run`. An experiment that silently \
             ran without its fault would prove the wrong thing."
        }
        P::MalformedHeader => "A header that says whose the request is came twice, or holds no user's id.",
        P::OtherIdentity => {
            "The request says in `As-User` whose it is, and its session is somebody else's, as after a change of \
             identity in the same browser. Nothing was looked at."
        }
        P::InvalidQuery => "A part of the query, a cursor or the room's name cannot be read.",
        P::NotSignedIn => "The request needs an identity, and came without one that this server signed.",
        P::CrossSite => {
            "The request was signed in by a cookie and came from a page of another site, which a browser sends \
             without asking you."
        }
        P::NotFound => {
            "There is nothing at this path. Some paths are there only where the server runs with faults on."
        }
        P::PostNotFound => {
            "No post of this id can be seen by you: it was never stored, or is deleted already, or it is someone \
             else's and you wanted to change it."
        }
        P::MethodNotAllowed => "The resource is there, and has other methods than this one.",
        P::RequestTimeout => "The body did not arrive within ten seconds.",
        P::IdUnavailable => {
            "This id cannot be used by you. The answer is the same whatever stands there, so that it says nothing \
             about anybody else."
        }
        P::InFlight => {
            "An earlier copy of this request is still being written, for longer than this one would wait."
        }
        P::PostDeleted => {
            "The post was deleted by its author, perhaps before it ever arrived. A deleted post never comes back."
        }
        P::PreconditionFailed => {
            "`If-None-Match: *` asked for a new post and there is one, or `If-Match` named a version that the post \
             no longer is."
        }
        P::TooLarge => "The body is over 64 KiB.",
        P::UnsupportedMediaType => {
            "The body is of a media type that is not read here, or does not say its type."
        }
        P::KeyReused => {
            "You used this id or key before, for something else. What was stored first stands, and this answer does \
             not show it."
        }
        P::InvalidContent => {
            "The text is empty, over 2,048 characters or contains NUL, or the room is none. `pointer` names the field."
        }
        P::ImageMissing => "The post names a picture that is not there.",
        P::TooManyWrites => {
            "You bring new ids faster than this server takes them from one author. Retries are never counted."
        }
        P::Internal => "The server failed in a way that nobody foresaw. What failed is in its log.",
        P::StoreUnavailable => "The server cannot reach its database, or did not hear its answer.",
    }
}

/// What to do next.
pub(super) const fn next(name: P) -> &'static str {
    match name {
        P::InvalidId => {
            "Mint a UUID of version 4 or 7, once per post and before the first attempt. Spell it with hyphens or as \
             32 hexadecimal digits."
        }
        P::MalformedBody => {
            "Send one JSON object with the text in `content`. `detail` says what could not be read. Under the same \
             key you may send the corrected body: nothing was kept."
        }
        P::KeyRequired => {
            "Make a key before the first attempt, keep it, and send the same one on every attempt."
        }
        P::KeyMalformed => {
            "Send one line with one key. On PUT send none at all: the id in the path is the key."
        }
        P::MalformedFault => "Correct the headers, or leave them out.",
        P::MalformedHeader => "Send one `As-User` with the user's id, or none.",
        P::OtherIdentity => {
            "Keep it, and send it again under the same key once its own user is signed in. It must not be sent as \
             somebody else's."
        }
        P::InvalidQuery => "Correct the query. Give cursors back as they came.",
        P::NotSignedIn => {
            "Get a token from `POST /api/session` and send it as `Authorization: Bearer`, or open a page in a browser. \
             Keep what you wanted to send, and send it under the same key."
        }
        P::CrossSite => "Send it from a page of this site, or with a bearer token.",
        P::NotFound => "Check the path. `/api/docs` lists what is there.",
        P::PostNotFound => {
            "If you were deleting, you are done. If you were creating, send it again under the same id."
        }
        P::MethodNotAllowed => "Use a method that `Allow` names.",
        P::RequestTimeout => "Send it again under the same key.",
        P::IdUnavailable => "Mint a new id and send the post under that.",
        P::InFlight => {
            "Wait as long as `Retry-After` says and send the same again. `Prefer: wait=N` makes a copy wait longer."
        }
        P::PostDeleted => "Nothing. If you want the text back, post it anew under a new id.",
        P::PreconditionFailed => "Read the post, then decide.",
        P::TooLarge => "Shorten it. A text has at most 2,048 characters.",
        P::UnsupportedMediaType => {
            "Send `application/json`; `POST /api/posts` takes `application/x-www-form-urlencoded`, too."
        }
        P::KeyReused => {
            "If this is an edit, use PATCH. If it is another post, mint a new id for it. If neither, your client makes \
             its keys in the wrong place: a key belongs to one intent, not to one request."
        }
        P::InvalidContent => "Correct the field that `pointer` names and send it under the same key.",
        P::ImageMissing => "Upload the picture first, or post without it.",
        P::TooManyWrites => "Wait as long as `Retry-After` says and send the same again.",
        P::Internal => {
            "Send the same again under the same key: that is safe. Give up only where `same_key_safe` is false."
        }
        P::StoreUnavailable => {
            "Wait as long as `Retry-After` says and send the same again under the same key: that is always safe."
        }
    }
}
