"""Application: checks that the filters of several lists share. Each notes what is wrong by the field's name, for one answer that names all."""

from __future__ import annotations

from datetime import datetime

from skyspy.aircraft import clean_hex
from skyspy.services.caller import Refused


def checked_hex(hex_: str | None, wrong: dict[str, str]) -> str | None:
    """The address in upper case; None where there is none, or one that cannot be."""
    clean = None if hex_ is None else clean_hex(hex_)
    if hex_ is not None and clean is None:
        wrong["hex"] = "must be six hexadecimal digits, such as 4B1805 (with ~ before it for an address that is not ICAO's)"
    return clean


def check_period(since: datetime | None, until: datetime | None, wrong: dict[str, str]) -> None:
    """Note a period, given as `from` and `to`, that ends before it begins."""
    if since is not None and until is not None and since >= until:
        wrong["to"] = "must be later than from"


def refuse(wrong: dict[str, str]) -> None:
    """Raise Refused where anything is wrong."""
    if wrong:
        raise Refused("invalid", f"These fields cannot be used: {', '.join(sorted(wrong))}", wrong)


def bad_cursor() -> Refused:
    """The error of a cursor that no page has given."""
    message = "is not one that this server gave; leave it out to begin at the first page"
    return Refused("invalid", f"cursor {message}", {"cursor": message})
