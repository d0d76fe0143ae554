-- The museum: six designs that look safe to retry, each with rows of its own. Lab only, never part of the feed.
--
-- A key is compared within a lane and a room, because every experiment has a room of its own.
create table museum_posts (
    id bigint generated always as identity primary key,
    lane text not null check (lane in ('check-then-insert', 'key-after-commit', 'cache', 'retry-without-key',
        'new-key-per-edit', 'server-minted')),
    -- The experiment that the arrival belongs to.
    run uuid,
    room text not null,
    key text check (char_length(key) between 1 and 255),
    content text not null check (char_length(content) between 1 and 2048),
    -- Which arrival wrote the row: when the answer to a COMMIT is lost, the server finds itself here.
    arrival uuid not null,
    create_timestamp timestamptz(3) not null
);

-- Three of the six leave the decision to the database, as they should; what is wrong with them lies elsewhere.
create unique index museum_posts_once on museum_posts (lane, room, key)
where key is not null and lane in ('retry-without-key', 'new-key-per-edit', 'server-minted');

-- The others look before they write. This index makes that fast and forbids nothing.
create index museum_posts_key on museum_posts (lane, room, key) where key is not null;

create index museum_posts_room on museum_posts (lane, room, id desc);
create index museum_posts_run on museum_posts (lane, run, id desc) where run is not null;
