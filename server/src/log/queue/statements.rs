//! The queue's statements. Lists come as one parameter of JSON, so that each statement is prepared once.

/// Before [`ADD_RECORDS`]: what is in the log already was applied, or waits already.
pub(super) const ADD_WAITING: &str = "
insert into waiting (partition, position, author, post, key, meaning, until)
select value ->> 'partition', value ->> 'position', unhex(value ->> 'author'), unhex(value ->> 'post'),
    value ->> 'key', unhex(value ->> 'meaning'), value ->> 'until'
from json_each(?1)
where not exists (select 1 from records
    where records.partition = value ->> 'partition' and records.position = value ->> 'position')";

pub(super) const ADD_RECORDS: &str = "
insert into records (partition, position, payload)
select value ->> 'partition', value ->> 'position', value ->> 'payload'
from json_each(?1)
where true
on conflict (partition, position) do nothing";

pub(super) const REMOVE: &str = "
delete from waiting
where (partition, position) in (select value ->> 0, value ->> 1 from json_each(?1))";

#[cfg(feature = "kafka")]
pub(super) const FORGET: &str = "
delete from records
where partition = ?1 ->> 0 and position < ?1 ->> 1
    and not exists (select 1 from waiting
        where waiting.partition = records.partition and waiting.position = records.position)";

pub(super) const END: &str = "select coalesce(max(position), -1) + 1 from records where partition = ?1";

#[cfg(feature = "kafka")]
pub(super) const FIRST_WAITING: &str = "select min(position) from waiting where partition = ?1";

pub(super) const PAGE: &str = "
select partition, position, payload from records
where partition = ?1 and position >= ?2
order by position limit ?3";

pub(super) const READY: &str = "
select w.partition, w.position, records.payload
from waiting as w join records using (partition, position)
where not exists (select 1 from waiting as held indexed by waiting_held
    where held.author = w.author and held.until > 0 and held.until > ?1
        and held.partition = w.partition and held.position <= w.position)
order by w.partition, w.position limit ?2";

pub(super) const WAITING: &str = "
select unhex(value) from json_each(?1)
where exists (select 1 from waiting where author = unhex(value))";

pub(super) const PENDING_POSTS: &str = "
select wanted.value ->> 0, post, meaning
from json_each(?1) as wanted
join waiting on author = unhex(wanted.value ->> 1) and post = unhex(wanted.value ->> 2)
order by partition, position";

pub(super) const PENDING_KEYS: &str = "
select wanted.value ->> 0, post, meaning
from json_each(?1) as wanted
join waiting on author = unhex(wanted.value ->> 1) and waiting.key = wanted.value ->> 2
order by partition, position";

/// An author's records among the last `?2` of each partition, and until when each waits.
pub(super) const RECENT: &str = "
with recursive parts (number) as (
    select min(partition) from records
    union all
    select (select min(partition) from records where partition > number) from parts where number is not null
)
select r.partition, r.position, r.payload, w.until
from parts
join records as r on r.partition = parts.number
    and r.position > (select max(position) from records where partition = parts.number) - ?2
left join waiting as w on w.partition = r.partition and w.position = r.position
where case when json_valid(r.payload) then r.payload ->> 'author' end = ?1
order by r.partition, r.position";

pub(super) const NO_LONGER_SET_ASIDE: &str = "
update waiting set until = 0 where author = unhex(?1) and until > 0";
