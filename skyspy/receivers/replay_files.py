"""Which files `replay://` may open.

Invariants: only regular files and directories are opened: a FIFO or a device could block the hub. Where a folder is given, what is
opened lies below it after symbolic links are resolved, and the answer is the same whether or not a file outside exists.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from skyspy import files


class ReplayFileError(ValueError):
    """A file may not be replayed; the message is one line for the operator."""


def permitted(path: Path, folder: Path | None) -> Path:
    """The path with symbolic links resolved. Raises ReplayFileError where it is not below `folder` (None: it may be
    anywhere) or is neither a regular file nor a directory. A path at which nothing is raises no error here."""
    try:
        real = path.resolve()
        allowed = None if folder is None else folder.resolve()
    except (OSError, RuntimeError, ValueError):
        raise ReplayFileError(f"{path.name!r} is not the path of a file") from None
    if allowed is not None and not real.is_relative_to(allowed):
        raise ReplayFileError(f"replay:// may open only what is below {folder}")
    try:
        mode = real.stat().st_mode
    except OSError:
        return real
    if stat.S_ISDIR(mode):
        if allowed is not None:
            _check_links(real, allowed)
    elif not stat.S_ISREG(mode):
        raise not_regular(path)
    return real


def open_regular(path: Path) -> BinaryIO:
    """The file, opened for reading. Raises OSError, and ReplayFileError where it is not a regular file (any more)."""
    try:
        return files.open_regular(path)
    except files.NotRegularFileError:
        raise not_regular(path) from None


def not_regular(path: Path) -> ReplayFileError:
    """The error for what is there and cannot be replayed."""
    return ReplayFileError(f"{path.name} is neither a regular file nor a directory")


def _check_links(directory: Path, allowed: Path) -> None:
    """Refuse a directory in which a symbolic link leads out of the allowed one: its files are opened by their names."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(allowed):
                raise ReplayFileError(f"{directory.name}/{entry.name} is a link that leads out of {allowed}")
