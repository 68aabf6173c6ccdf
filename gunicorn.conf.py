"""gunicorn reads this file from the working directory: the command line below needs no more options.

gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1 -b HOST:PORT wsgi:app
"""

# gunicorn's master imports this first, so with --preload the application is patched too.
from gevent import monkey

monkey.patch_all()

from skyspy.transport import setup

bind = "127.0.0.1:8000"
workers = 1
worker_class = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
# Above MAX_CONNECTIONS: a full pool stops accepting without an answer; the application refuses with a reason.
worker_connections = 20_000
# Seconds for open sockets to receive their last packets.
graceful_timeout = 3
timeout = 60
# gunicorn's control socket is not used, and would be left in the home directory.
control_socket_disable = True
# gevent-websocket's handler writes no access log, and a query string may hold what should not be logged.
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker):
    """Install the bounded WebSocket handler and the socket options before the worker serves."""
    setup.configure_worker(worker)


def worker_exit(_server, worker):
    """Stop the application, which writes what is queued, before the process ends."""
    # A worker that failed to start has no application; its error is logged already.
    stop = getattr(getattr(worker, "wsgi", None), "extensions", {}).get("skyspy.stop")
    if stop is not None:
        stop()
