"""What gunicorn reads from the working directory, so that the plain command line gets the right server.

gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1 -b HOST:PORT wsgi:app
"""

# The master imports this first: patched here, the application is safe with --preload too.
from gevent import monkey

monkey.patch_all()

from skyspy.transport import setup

bind = "127.0.0.1:8000"
workers = 1
worker_class = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
# Above MAX_CONNECTIONS: a full pool stops accepting silently, while the door refuses with a reason.
worker_connections = 20_000
# Open sockets do not end by themselves; they get this long to take their last packets.
graceful_timeout = 3
timeout = 60
# Nobody uses gunicorn's own control socket here, and it would be left in the operator's home directory.
control_socket_disable = True
# gevent-websocket's handler writes no access log, and a query string may hold what should not be logged.
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker):
    """Put the bounded WebSocket handler and the listener's socket options in force before the worker serves."""
    setup.configure_worker(worker)


def worker_exit(_server, worker):
    """Write what waits to be written before the process ends."""
    # A worker that could not start has no application: its one line says why, and nothing else is to be read.
    stop = getattr(getattr(worker, "wsgi", None), "extensions", {}).get("skyspy.stop")
    if stop is not None:
        stop()
