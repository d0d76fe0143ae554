-- The log beside the database: what was accepted while the database was away.
--
-- This is a file of its own, so that it can be written while the posts' database cannot. Where the log is a broker,
-- the same tables are a copy of what is still to be applied, and can be made again from the broker at any time.

-- Every record, in the order in which it was accepted; kept after it was applied, so that it can be applied again.
create table records (
    partition integer not null,
    position integer not null,
    payload text not null,
    primary key (partition, position)
) strict, without rowid;

-- Which of them are still to be applied. The columns are what a record is looked up by, so that neither a write
-- nor the start of a server has to read the log to learn who has something in it.
create table waiting (
    partition integer not null,
    position integer not null,
    -- Null where the record cannot be read.
    author blob check (length(author) = 16),
    post blob check (length(post) = 16),
    key text,
    -- The kind of the command and its fingerprint: a retry of the same has the same.
    meaning blob,
    -- Unix milliseconds before which it is not to be applied; 0 where it may be at once.
    until integer not null,
    primary key (partition, position)
) strict, without rowid;

create index waiting_post on waiting (author, post);
create index waiting_key on waiting (author, key) where key is not null;
create index waiting_held on waiting (author, partition, position) where until > 0;
