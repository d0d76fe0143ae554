-- Who writes. The row is made in the transaction of its author's first write, and not before.
create table users (
    id uuid primary key,
    name text not null,
    create_timestamp timestamptz(3) not null
);

-- Pictures. A post may only name one that is here.
create table images (
    id uuid primary key,
    user_id uuid not null references users (id),
    create_timestamp timestamptz(3) not null
);

-- Posts, and the tombstones of posts.
--
-- The id is minted by whoever writes the post, and it is the primary key. That one unique index is the whole
-- deduplication: it is permanent, it is written in the transaction of the work, and it decides every race,
-- also the one between a create and a deletion, because a tombstone is a row of this table too.
--
-- A deletion erases what was said and keeps what the rules need: id, author and fingerprint. A deletion may
-- come before its create (a late packet); its tombstone then never held a post, and has no room.
create table posts (
    id uuid primary key,
    user_id uuid not null references users (id),
    image_id uuid references images (id),
    content text check (char_length(content) between 1 and 2048),
    create_timestamp timestamptz(3) not null,
    room text,

    -- The order of the feed, which is the order of commits. It never moves.
    sequence bigint not null,
    -- Where this row last changed. It starts as the sequence and is drawn anew by every change.
    change bigint not null,

    -- What the create meant, and the version of the rule that hashed it.
    fingerprint bytea check (octet_length(fingerprint) = 32),
    fingerprint_version smallint,
    -- Which command wrote the row last: when the answer to a COMMIT is lost, the command finds itself here.
    write_id uuid not null,

    deleted_at timestamptz(3),
    -- False in a tombstone that came before its create: nobody ever saw a post, so nobody is told.
    was_stored boolean not null,

    check ((content is null) = (deleted_at is not null)),
    check ((room is null) = not was_stored),
    check ((fingerprint is null) = not was_stored),
    check ((fingerprint_version is null) = not was_stored),
    check (was_stored or deleted_at is not null)
);

-- A page of the feed: one room, newest first, the same cost at any size.
create unique index posts_feed on posts (room, sequence desc) where deleted_at is null;

-- What happened in a room since a cursor.
create unique index posts_room_changes on posts (room, change) where was_stored;

-- The newest change of all, from which the next one is counted.
create unique index posts_changes on posts (change);
