-- Records of the log that will not be applied, with their reason: refused by a rule that nobody could check while the
-- database was away, or spoiled. The rest of the log goes on.
create table dead_letters (
    -- The command that the record held, or its place in the log where it holds none.
    record text primary key,
    user_id uuid,
    post_id uuid,
    key text,
    fingerprint bytea check (octet_length(fingerprint) = 32),
    -- The problem as the API would have answered it.
    problem text not null,
    payload text not null,
    create_timestamp timestamptz(3) not null
);

-- What its author is told.
create index dead_letters_post on dead_letters (user_id, post_id, create_timestamp desc);
