"""The application gunicorn serves: `gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1 wsgi:app`."""

# Before anything else is imported: sockets and locks made earlier would block the whole server.
from gevent import monkey

monkey.patch_all()

import os
import sys

from skyspy.app import create_app, start
from skyspy.config import ConfigError
from skyspy.store import StoreError

try:
    app = create_app(os.environ)
except (ConfigError, StoreError) as error:
    # Exit status 3 is the one gunicorn's master takes for "will not boot", so it does not try again for ever.
    sys.stderr.write(f"skyspy: {error}\n")
    sys.exit(3)

start(app)
