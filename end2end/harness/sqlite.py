"""Prints rows of the database as JSON: python3 sqlite.py FILE posts | copies RUN.

`posts` are all posts and tombstones, oldest first; `copies` counts what each lane of one experiment has stored.
Python's own module reads the write-ahead log of a live server, and needs no native build.
"""

import json
import sqlite3
import sys
import uuid


def posts(connection):
    rows = connection.execute(
        "select id, user_id, room, content, deleted_at is not null from posts order by sequence"
    )
    return [
        {
            "id": str(uuid.UUID(bytes=row_id)),
            "user_id": str(uuid.UUID(bytes=user_id)),
            "room": room,
            "content": content,
            "deleted": bool(deleted),
        }
        for row_id, user_id, room, content, deleted in rows
    ]


def copies(connection, run):
    run = uuid.UUID(run)
    rows = connection.execute(
        "select 'naive', count(*) from naive_posts where run = :run"
        " union all select lane, count(*) from museum_posts where run = :run group by lane"
        " union all select 'posts', count(*) from posts where room = :room and deleted_at is null",
        {"run": run.bytes, "room": run.hex},
    )
    return dict(rows.fetchall())


database, what, *arguments = sys.argv[1:]
connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=10)
connection.execute("pragma query_only = on")
print(json.dumps({"posts": posts, "copies": copies}[what](connection, *arguments)))
