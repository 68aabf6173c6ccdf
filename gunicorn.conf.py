"""gunicorn reads this file from the working directory: the command line below needs no more options.

gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1 -b HOST:PORT wsgi:app

gunicorn's master runs it too. The master imports the libraries and none of SkySpy's own code: a worker that takes the place of one that
died starts in half the time, and a reload (SIGHUP) takes SkySpy's code as it is then. (Other versions of the libraries need a restart.)
Invariant: what is made at import starts no thread and opens nothing, since workers are forks; `tests/wire/test_start.py` looks.
"""

from gevent import monkey

monkey.patch_all()

import errno
import importlib
import socket
import sys
import time

LIBRARIES = (
    "alembic.command",
    "alembic.config",
    "argon2",
    "cryptography.hazmat.primitives.ciphers.aead",
    "engineio",
    "flask",
    "flask_login",
    "flask_socketio",
    "flask_wtf",
    "gevent.pywsgi",
    "gevent.threadpool",
    "geventwebsocket.handler",
    "jwt",
    "msgspec",
    "orjson",
    "paho.mqtt.client",
    "prometheus_client.core",
    "psycopg",
    "pygeomag.wmm.wmm_2025",
    "re2",
    "rs1090",
    "socketio",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlite3",
    "wtforms",
)
for library in LIBRARIES:
    importlib.import_module(library)

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

PORT_SECONDS = 5.0
"""How long an address may be in use at a start: a server that is being restarted needs a moment to end."""

ANOTHER = "choose another address with -b HOST:PORT (make run ADDRESS=HOST:PORT)"


def on_starting(server):
    """Try the addresses before gunicorn does, which would write a dozen lines and name no way out."""
    if server.master_pid or "LISTEN_FDS" in server.cfg.env_orig:
        # The listeners come from another process.
        return
    deadline = time.monotonic() + PORT_SECONDS
    for address in server.cfg.address:
        while isinstance(address, tuple) and (error := _why_not(address)) is not None:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                where = "[{}]:{}" if ":" in address[0] else "{}:{}"
                sys.stderr.write(f"skyspy: {_says(where.format(*address), error)}\n")
                sys.exit(2)
            time.sleep(0.1)


def _why_not(address):
    """The error of listening at (host, port), or None."""
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
            trial.listen(1)
        except OSError as error:
            return error
    return None


def _says(where, error):
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use, by another server or program: stop it, or {ANOTHER}"
    return f"cannot listen at {where}: {error.strerror}; {ANOTHER}"


def post_worker_init(worker):
    """Install the bounded WebSocket handler and the socket options before the worker serves."""
    # In the worker, so that a reload takes the present code.
    from skyspy.transport import setup

    setup.configure_worker(worker)


def worker_exit(_server, worker):
    """Stop the application, which writes what is queued, before the process ends."""
    # A worker that failed to start has no application; its error is logged already.
    stop = getattr(getattr(worker, "wsgi", None), "extensions", {}).get("skyspy.stop")
    if stop is not None:
        stop()
