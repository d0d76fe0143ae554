-- The control arm: posts under a counter, as in most first designs. Every arrival is a new row, so a retry is
-- a second post. It exists to be compared with, and is never part of the feed.
create table naive_posts (
    id integer primary key autoincrement,
    content text not null check (length(content) between 1 and 2048),
    room text not null,
    -- The experiment that the arrival belongs to.
    run blob check (length(run) = 16),
    create_timestamp integer not null
) strict;

create index naive_posts_room on naive_posts (room, id desc);
create index naive_posts_run on naive_posts (run, id desc) where run is not null;
