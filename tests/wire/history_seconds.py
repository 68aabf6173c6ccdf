"""A server that also keeps, for each second, which process saw it and under which fence that was written."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite

from skyspy.app import Components, create_app, start
from skyspy.loop import Loop
from skyspy.server import server_of
from skyspy.store.history.lease import fence_of
from tests.support.lease_times import LEASES

METADATA = MetaData()
SECONDS = Table(
    "toy_second",
    METADATA,
    Column("second", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_by", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
)


def write_seconds(connection: Connection, seconds: Sequence[int]) -> None:
    """Write the seconds, in place of those that another process wrote."""
    new = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(SECONDS)
    values = {"seen_by": new.excluded.seen_by, "fence": new.excluded.fence}
    rows = [{"second": second, "seen_by": os.getpid(), "fence": fence_of(connection)} for second in seconds]
    connection.execute(new.on_conflict_do_update(index_elements=["second"], set_=values), rows)


lease = LEASES[os.environ.get("TEST_LEASE", "shipped")]
app = create_app(os.environ, components=Components(lease=lease))
history = server_of(app).history
history.commit_anywhere(METADATA.create_all)
start(app)
loop = Loop("a test", lambda: history.enqueue(write_seconds, int(time.time())), server_of(app).clock, 1.0)
loop.start()
