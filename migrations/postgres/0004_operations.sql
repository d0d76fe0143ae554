-- What was done under an opaque key. A key belongs to its author and is never forgotten.
--
-- The row is written in the transaction of the work, before it: whoever inserts it first does the work, everybody
-- else finds it and does nothing. It keeps the answer, so that a retry gets the same bytes, whatever became of the
-- post meanwhile. A deletion erases the answer, which says what the post said, and leaves the key.
create table operations (
    user_id uuid not null references users (id),
    key text not null check (char_length(key) between 1 and 255),
    kind text not null check (kind in ('create', 'edit')),
    -- The post stands in the database by the end of the transaction.
    post_id uuid not null references posts (id) deferrable initially deferred,

    -- What the request meant, and the version of the rule that hashed it.
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    fingerprint_version smallint not null,

    status smallint not null,
    -- An object of header names and their values.
    headers text not null,
    -- Null once the post was deleted.
    body text,

    -- Which command wrote the row: when the answer to a COMMIT is lost, the command finds itself here.
    write_id uuid not null,
    create_timestamp timestamptz(3) not null,

    primary key (user_id, key)
);

-- What a deletion has to erase.
create index operations_post on operations (post_id);
