"""The application gunicorn serves: `gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1 wsgi:app`."""

# Before every other import: sockets and locks created earlier would block the whole server.
from gevent import monkey

monkey.patch_all()

import gc
import os
import sys

# What the imports and the start make (modules, classes, routes, tables) stays for the whole life of the process. It is not searched for
# garbage meanwhile, nor afterwards: a collection stops every greenlet, for 100 ms with these objects and 20 ms without.
gc.disable()

from skyspy.app import create_app, start
from skyspy.config import ConfigError
from skyspy.garbage import Freezer
from skyspy.store import StoreError

try:
    app = create_app(os.environ)
except (ConfigError, StoreError) as error:
    # gunicorn's master reads exit status 3 as "failed to boot" and does not start the worker again.
    sys.stderr.write(f"skyspy: {error}\n")
    sys.exit(3)

start(app)
Freezer().install()
# Clients that come and go cause a search of the oldest generation each second. A third as many are enough: nearly all garbage is found by
# the small searches.
young, middle, _ = gc.get_threshold()
gc.set_threshold(young, middle, 30)
gc.enable()
