-- The control arm: posts under a counter, as in most first designs. Every arrival is a new row, so a retry is
-- a second post. It exists to be compared with, and is never part of the feed.
create table naive_posts (
    id bigint generated always as identity primary key,
    content text not null check (char_length(content) between 1 and 2048),
    room text not null,
    -- The experiment that the arrival belongs to.
    run uuid,
    create_timestamp timestamptz(3) not null
);

create index naive_posts_room on naive_posts (room, id desc);
create index naive_posts_run on naive_posts (run, id desc) where run is not null;
