-- Who writes. The row is made in the transaction of its author's first write, and not before.
create table users (
    id blob primary key not null check (length(id) = 16),
    name text not null,
    create_timestamp integer not null
) strict, without rowid;

-- Pictures. A post may only name one that is here.
create table images (
    id blob primary key not null check (length(id) = 16),
    user_id blob not null references users (id),
    create_timestamp integer not null
) strict, without rowid;

-- Posts, and the tombstones of posts.
--
-- The id is minted by whoever writes the post, and it is the primary key. That one unique index is the whole
-- deduplication: it is permanent, it is written in the transaction of the work, and it decides every race,
-- also the one between a create and a deletion, because a tombstone is a row of this table too.
--
-- A deletion erases what was said and keeps what the rules need: id, author and fingerprint. A deletion may
-- come before its create (a late packet); its tombstone then never held a post, and has no room.
--
-- Timestamps are milliseconds since 1970, ids and digests are bytes.
create table posts (
    id blob primary key not null check (length(id) = 16),
    user_id blob not null references users (id),
    image_id blob references images (id),
    content text check (length(content) between 1 and 2048),
    create_timestamp integer not null,
    room text,

    -- The order of the feed, which is the order of commits. It never moves.
    sequence integer not null,
    -- Where this row last changed. It starts as the sequence and is drawn anew by every change.
    change integer not null,

    -- What the create meant, and the version of the rule that hashed it.
    fingerprint blob check (length(fingerprint) = 32),
    fingerprint_version integer,
    -- Which command wrote the row last: when the answer to a COMMIT is lost, the command finds itself here.
    write_id blob not null check (length(write_id) = 16),

    deleted_at integer,
    -- False in a tombstone that came before its create: nobody ever saw a post, so nobody is told.
    was_stored integer not null check (was_stored in (0, 1)),

    check ((content is null) = (deleted_at is not null)),
    check ((room is null) = (was_stored = 0)),
    check ((fingerprint is null) = (was_stored = 0)),
    check ((fingerprint_version is null) = (was_stored = 0)),
    check (was_stored = 1 or deleted_at is not null)
) strict;

-- A page of the feed: one room, newest first, the same cost at any size.
create unique index posts_feed on posts (room, sequence desc) where deleted_at is null;

-- What happened in a room since a cursor.
create unique index posts_room_changes on posts (room, change) where was_stored = 1;

-- The newest change of all, from which the next one is counted.
create unique index posts_changes on posts (change);
