//! What designs and places are called.

use protocol::trace::Lane;

/// The heading of a side.
pub const fn title(lane: Lane) -> &'static str {
    match lane {
        Lane::Naive => "Without a key",
        Lane::Uuid => "With a UUID",
        Lane::Key => "With an Idempotency-Key",
        Lane::CheckThenInsert => "Look first, then insert",
        Lane::KeyAfterCommit => "Key kept after the commit",
        Lane::Cache => "Keys kept in a cache",
        Lane::RetryWithoutKey => "The retry has no key",
        Lane::NewKeyPerEdit => "A new key for each edit",
        Lane::ServerMinted => "The server mints the UUID",
    }
}

/// One line below it: where the identity of a post comes from.
pub const fn subtitle(lane: Lane) -> &'static str {
    match lane {
        Lane::Naive => "The database counts: id 1, 2, 3 …",
        Lane::Uuid => "Your browser names the post before it sends it",
        Lane::Key => "The first answer is stored with the post, and given again",
        Lane::CheckThenInsert => "Two statements, and time between them",
        Lane::KeyAfterCommit => "Two transactions, and a failure between them",
        Lane::Cache => "Its memory is shorter than a retry may take",
        Lane::RetryWithoutKey => "After an error the client starts over",
        Lane::NewKeyPerEdit => "Another text, another post",
        Lane::ServerMinted => "Named too late for the browser's own retry",
    }
}
