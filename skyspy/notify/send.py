"""One try to deliver one message to one destination, of whatever kind."""

from __future__ import annotations

import logging
import secrets
import socket
import traceback
from collections.abc import Mapping
from typing import Protocol

from skyspy.clock import Clock, iso
from skyspy.notify.destination import Destination, Message, Outcome
from skyspy.outbound import OutboundError

log = logging.getLogger(__name__)


MAX_TESTS = 8


class Sender(Protocol):
    """What delivers to one kind of destination."""

    def send(self, destination: Destination, message: Message) -> Outcome:
        """Try once, within a bounded time. Raises OutboundError and OSError for what failed before there was an answer."""

    def close(self) -> None:
        """End what goes on between tries."""


class Senders:
    """What delivers to each kind of destination. `counts` are tries since the start, by kind and result ("webhook", "sent" or "failed")."""

    def __init__(self, senders: Mapping[str, Sender], clock: Clock) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self._senders = senders
        self._clock = clock
        self._testing: set[int] = set()
        """The owners with a test under way."""

    def send(self, destination: Destination, message: Message) -> Outcome:
        """Try once, within a bounded time. Never raises an Exception: what is wrong is in the outcome, without secrets."""
        outcome = self._tried(destination, message)
        key = (destination.kind, "sent" if outcome.ok else "failed")
        self.counts[key] = self.counts.get(key, 0) + 1
        return outcome

    def send_test(self, destination: Destination) -> Outcome:
        """Send a message that says it is a test, once. Each owner may have one test under way, and all together MAX_TESTS."""
        owner_id = destination.owner_id
        if owner_id in self._testing or len(self._testing) >= MAX_TESTS:
            return Outcome(ok=False, reason="another test is under way: try again when it has ended")
        self._testing.add(owner_id)
        try:
            return self.send(destination, self._test_of(destination))
        finally:
            self._testing.discard(owner_id)

    def _test_of(self, destination: Destination) -> Message:
        now = self._clock.wall()
        data = {"test": True, "timestamp": iso(now)}
        text = f"This is a test of {destination.name}. Alerts that your rules send here will arrive."
        return Message(f"msg_{secrets.token_hex(12)}", "SkySpy test", text, data, now, "alert.test")

    def close(self) -> None:
        """End what senders keep between tries, such as processes and threads."""
        for sender in self._senders.values():
            sender.close()

    def _tried(self, destination: Destination, message: Message) -> Outcome:
        sender = self._senders.get(destination.kind)
        if sender is None:
            return Outcome(ok=False, reason=f"nothing is sent to a destination of the kind {destination.kind}", is_final=True)
        try:
            return sender.send(destination, message)
        except OutboundError as error:
            return Outcome(ok=False, reason=str(error))
        except socket.gaierror:
            return Outcome(ok=False, reason="the name of the host does not exist")
        except TimeoutError:
            return Outcome(ok=False, reason="no answer in time")
        except OSError as error:
            # The error of the system alone: its other texts may name files and addresses.
            return Outcome(ok=False, reason=f"the connection failed: {(error.strerror or type(error).__name__).lower()}")
        except Exception as error:  # noqa: BLE001 - one destination's crash is not another's; its text might hold a secret
            log.error("sending to a destination of the kind %s crashed (%s)", destination.kind, where(error))  # noqa: TRY400
            return Outcome(ok=False, reason=f"an error of the server ({type(error).__name__})")


def where(error: BaseException) -> str:
    """What an unexpected error is and where it was raised, for the log: its text might hold a secret, and is left out."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, {place.filename.rpartition('/')[2]}:{place.lineno}"
