"""What `wsgi.py` does to a worker's process, in a process of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.support.databases import python

STARTED = textwrap.dedent("""
    import os, sys
    from gevent import monkey
    monkey.patch_all()
    os.environ["SKYSPY_INSTANCE"] = sys.argv[1]
    import gc
    from wsgi import app
    print(gc.get_freeze_count(), len(gc.get_objects()), gc.isenabled(), gc.get_threshold()[2])
    app.extensions["skyspy.stop"]()
    os._exit(0)
""")


def test_the_collector_of_a_worker_leaves_alone_what_it_was_started_with(tmp_path: Path) -> None:
    done = python(STARTED, str(tmp_path))
    assert done.returncode == 0, done.stderr
    frozen, looked_at, enabled, rounds = done.stdout.split()
    assert int(frozen) > 100_000
    assert int(looked_at) < int(frozen) * 0.05
    assert enabled == "True"
    assert int(rounds) == 30, "a search of everything is three times as rare as Python's own"
