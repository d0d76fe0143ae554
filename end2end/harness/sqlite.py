"""Prints all rows of `posts` as JSON, oldest first: python3 sqlite.py FILE.

Python's own module reads the write-ahead log of a live server, and needs no native build.
"""

import json
import sqlite3
import sys
import uuid

connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=rw", uri=True, timeout=10)
connection.execute("pragma query_only = on")
rows = connection.execute(
    "select id, user_id, room, content, deleted_at is not null from posts order by sequence"
).fetchall()
print(
    json.dumps(
        [
            {
                "id": str(uuid.UUID(bytes=row_id)),
                "user_id": str(uuid.UUID(bytes=user_id)),
                "room": room,
                "content": content,
                "deleted": bool(deleted),
            }
            for row_id, user_id, room, content, deleted in rows
        ]
    )
)
