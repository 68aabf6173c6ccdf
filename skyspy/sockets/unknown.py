"""Interface: the refusal of namespaces that do not exist."""

from __future__ import annotations

from collections import Counter

from flask_socketio import ConnectionRefusedError as Refusal
from flask_socketio import Namespace, SocketIO

from skyspy.auth.principal import MESSAGES

CODE = "unknown_namespace"


class UnknownNamespace(Namespace):  # type: ignore[misc]
    """Stands for every namespace that has no handler of its own, and admits nobody. It is counted as the namespace `*`."""

    def __init__(self) -> None:
        super().__init__("*")
        self.crashes = 0
        self.refused: Counter[str] = Counter()

    def trigger_event(self, event: str, *_: object) -> object:
        """Refuse to connect, with message and code; no other event comes here."""
        if event == "connect":
            self.refused[CODE] += 1
            raise Refusal(MESSAGES[CODE], {"code": CODE})
        return None


def refuse_unknown(socketio: SocketIO) -> None:
    """Refuse clients of unknown namespaces as all others are refused: the library's own refusal has neither message nor code."""
    socketio.on_namespace(UnknownNamespace())
    # The library asks its handlers about these namespaces only.
    socketio.server.namespaces = "*"
