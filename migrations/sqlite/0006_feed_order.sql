-- A page of the feed is read from its end. In ascending order each new post goes to the end of its room, where a tree
-- grows by adding pages; in descending order it went to the front, where pages that are full are rewritten.
drop index posts_feed;
create unique index posts_feed on posts (room, sequence) where deleted_at is null;
