"""Claims about errors outside any request: they are in the log, and having no descriptors left is one line of it."""

from __future__ import annotations

import errno
import logging

import gevent
import pytest

from skyspy.transport import hub_errors


def test_no_descriptors_is_one_line_however_often_it_happens(caplog: pytest.LogCaptureFixture) -> None:
    for code in (errno.EMFILE, errno.ENFILE, errno.EMFILE):
        hub_errors.report("a server", OSError, OSError(code, "Too many open files"), None)
    gevent.sleep(0.01)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.exc_info is None or record.exc_info is False
    assert record.getMessage().startswith("no file descriptors are left (")


def test_every_other_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("a bug")
    except ValueError as error:
        hub_errors.report("a greenlet", ValueError, error, error.__traceback__)
    gevent.sleep(0.01)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError
