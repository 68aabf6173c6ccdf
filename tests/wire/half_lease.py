"""A server whose lease of the history takes half of the time: another process takes it after 3 s."""

from __future__ import annotations

import os

from skyspy.app import Components, create_app, start
from tests.support.lease_times import LEASES

app = create_app(os.environ, components=Components(lease=LEASES["half"]))
start(app)
