//! What is said of each trial, before anything is sent and of what came.

use protocol::methods::{Request, State, Trial};

/// What is sent, and what was made ready for it.
pub fn sends(trial: Trial) -> &'static str {
    match trial {
        Trial::Get => "A post is made ready, then read.",
        Trial::Head => "A post is made ready, then asked for without its body.",
        Trial::Options => "A post is made ready, then asked which methods it has.",
        Trial::Put => "A post under an id from your browser, in the URL. Nothing is there before.",
        Trial::Delete => "A post is made ready, then deleted by its author.",
        Trial::Post => "A post without any key, to the control arm. Nothing is there before.",
        Trial::Patch => "A row of the control arm is made ready. Each arrival appends “!”.",
        Trial::PostKey => "A post with one Idempotency-Key, the same on every call.",
        Trial::PatchKey => "A post is made ready. Each call appends “!” under one key.",
        Trial::PatchSet => "Each call says what the text shall be.",
        Trial::PatchAppend => "Each call says what shall be added to it.",
        Trial::CountingGet => "Each read leaves a tally mark in a row.",
        Trial::AppendingPut => "Each replacement adds to what is there.",
        Trial::StalePlain => {
            "A, B, and A once more under another key: the server cannot know that it is late."
        }
        Trial::StaleTag => "Each write names the version that its sender had seen.",
        Trial::StaleKey => "The late copy is the first request, byte for byte.",
    }
}

/// What the hash is taken of.
pub fn state_of(trial: Trial) -> &'static str {
    if trial.is_on_the_control_arm() {
        "The state: all rows of this experiment in the control arm’s table."
    } else {
        "The state: all posts in this experiment’s own room."
    }
}

/// What is to be remembered of a trial.
pub fn remark(trial: Trial) -> &'static str {
    match trial {
        Trial::Get => {
            "Reading leaves nothing behind, so it may be repeated, prefetched and retried by anybody."
        }
        Trial::Head => "The same status and headers as GET, and no body.",
        Trial::Options => "It answers with the methods that the resource has, in Allow.",
        Trial::Put => {
            "201, then 200: the status tells the first from its retries; the state is the same after each."
        }
        Trial::Delete => "200, then 404: idempotent is about the state, not the status.",
        Trial::Post => "Each arrival is a row. Nothing in the request says that it is the same one.",
        Trial::Patch => "Each arrival appends once more.",
        Trial::PostKey => {
            "201 each time: the first answer is given again, marked as a replay, and there is one row."
        }
        Trial::PatchKey => {
            "The second call meets its key: the first answer is given again, and nothing is appended."
        }
        Trial::PatchSet | Trial::PatchAppend | Trial::CountingGet | Trial::AppendingPut => "",
        Trial::StalePlain | Trial::StaleTag | Trial::StaleKey => "",
    }
}

/// The request before any id was minted.
pub fn shape(trial: Trial) -> &'static str {
    match trial {
        Trial::Get => "GET /api/posts/{id}",
        Trial::Head => "HEAD /api/posts/{id}",
        Trial::Options => "OPTIONS /api/posts/{id}",
        Trial::Put => {
            "PUT /api/posts/{id}\nContent-Type: application/json\n\n{\"content\":\"…\",\"room\":\"{room}\"}"
        }
        Trial::Delete => "DELETE /api/posts/{id}",
        Trial::Post => {
            "POST /api/naive/posts\nContent-Type: application/json\n\n{\"content\":\"…\",\"room\":\"{room}\"}"
        }
        Trial::PostKey => {
            "POST /api/posts\nContent-Type: application/json\nIdempotency-Key: \"{id}\"\n\n\
             {\"content\":\"…\",\"room\":\"{room}\"}"
        }
        Trial::Patch => {
            "PATCH /api/naive/posts/{number}\nContent-Type: application/json\n\n{\"append\":\"!\"}"
        }
        Trial::PatchKey => {
            "PATCH /api/posts/{id}\nContent-Type: application/json\nIdempotency-Key: \"{key}\"\n\n\
             {\"append\":\"!\"}"
        }
        Trial::PatchSet | Trial::PatchAppend | Trial::StalePlain | Trial::StaleTag | Trial::StaleKey => {
            "PATCH /api/posts/{id}"
        }
        Trial::CountingGet => "GET /api/lab/promise/visits/{run}",
        Trial::AppendingPut => "PUT /api/lab/promise/notes/{run}",
    }
}

/// A request as it goes over the wire.
pub fn spelled(request: &Request) -> String {
    let mut text = format!("{} {}", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(body) = &request.body {
        text.push_str(&format!("\n\n{body}"));
    }
    text
}

/// A status with its phrase.
pub fn status(code: u16) -> String {
    let phrase = match code {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        422 => "Unprocessable",
        429 => "Too Many Requests",
        500 => "Internal Error",
        503 => "Unavailable",
        _ => "",
    };
    format!("{code} {phrase}").trim_end().to_owned()
}

/// How many rows a state has, and what they say.
pub fn rows(state: &State) -> String {
    let contents = state.contents();
    let said: String = contents.join(", ").chars().take(40).collect();
    match contents.len() {
        0 => "no rows".to_owned(),
        1 => format!("1 row: {said}"),
        count => format!("{count} rows: {said}"),
    }
}
