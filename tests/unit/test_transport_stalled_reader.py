"""A client that stops reading a file is its own fault: the connection ends, and the log has no error of ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from skyspy.transport.strict_handler import StrictHandler


class Stalled(StrictHandler):
    """A handler whose client does not read: each write ends with this error."""

    def __init__(self, number: int) -> None:
        self.number, self.time_start, self.status, self.headers_sent, self.close_connection = number, 0.0, None, False, False
        self.reported, self.wsgi_input = False, Mock()

    def run_application(self) -> Iterator[bytes]:
        raise OSError(self.number, "no progress")

    def handle_error(self, *_error: object) -> None:
        self.reported = True

    def log_request(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(("number", "reported"), [(errno.ETIMEDOUT, False), (errno.EPIPE, False), (errno.EBADF, True)])
def test_a_client_that_stops_reading_is_no_error_of_ours(number: int, reported: bool) -> None:
    handler = Stalled(number)
    handler.handle_one_response()
    assert handler.reported is reported
