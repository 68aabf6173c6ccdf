"""What gunicorn.conf.py does to a worker's process, in a process of its own."""

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
    from types import SimpleNamespace
    from skyspy.transport.setup import configure_worker
    from wsgi import app
    before = len(gc.get_objects())
    configure_worker(SimpleNamespace(wsgi=app, sockets=[]))
    print(before, gc.get_freeze_count(), len(gc.get_objects()))
    app.extensions["skyspy.stop"]()
    os._exit(0)
""")


def test_the_collector_of_a_worker_leaves_alone_what_it_was_started_with(tmp_path: Path) -> None:
    done = python(STARTED, str(tmp_path))
    assert done.returncode == 0, done.stderr
    before, frozen, looked_at = map(int, done.stdout.split())
    assert frozen > before * 0.8
    assert looked_at < before * 0.05
