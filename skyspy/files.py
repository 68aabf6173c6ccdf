"""Base: the small files of the instance folder (written atomically, and secrets read only where nobody else can read them), and regular files
of an operator."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import BinaryIO

_MAX_BYTES = 4096


class SecretFileError(ValueError):
    """A file with a secret cannot be used. The message is one line for the operator."""


class NotRegularFileError(ValueError):
    """What is there is a directory, a device or a pipe. The message is one line for the operator."""


def open_regular(path: Path) -> BinaryIO:
    """The file, opened for reading. Raises OSError, and NotRegularFileError where it is not a regular file (any more): it is opened
    without blocking, and looked at before it is read."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NotRegularFileError(f"{path.name} is not a regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularFileError(f"{path.name} is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_secret(path: Path) -> str:
    """The text of a file that its owner alone may read. Raises FileNotFoundError, SecretFileError."""
    try:
        # A pipe would be waited for, so it is not opened.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SecretFileError(f"{path} is damaged: it is not a regular file")
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SecretFileError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretFileError(f"{path} is damaged: it is not text") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretFileError(
            f"others than its owner may read or write {path}: run chmod 600 {shlex.quote(str(path))}"
            " (if somebody may have read it, run skyspy secret rotate --overlap 0s afterwards)"
        )
    return text


def write_temporary(path: Path, text: str) -> Path:
    """Write a temporary file beside `path`, with mode 0600; returns the temporary path."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        # A secret key must be on disk before anything is signed with it: without the key, what it signed is invalid.
        os.fsync(file.fileno())
    return temporary


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content atomically; its owner alone may read it."""
    write_temporary(path, text).replace(path)
