"""The origins of the setting CORS_ORIGINS: of pages such as https://map.example, and of apps such as capacitor://localhost.

Pure. Wildcards are refused on purpose: they would let pages of sites that nobody named use the sign-in of a visitor's browser.
"""

from __future__ import annotations

from skyspy.address import canonical_origin
from skyspy.wirejson import loads

EXAMPLE = "https://map.example or capacitor://localhost"


class OriginError(ValueError):
    """A value holds something that is no origin; the message is one line that says what is."""


def parse(value: object) -> tuple[str, ...]:
    """The origins of a text (separated by commas or blanks) or a list, each once; raises OriginError."""
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        raise OriginError(f"write origins such as {EXAMPLE}, separated by commas")
    return tuple(dict.fromkeys(_origin(word) for word in words))


def valid(text: str) -> tuple[str, ...]:
    """The origins of a stored JSON text without what is none: one that is not accepted any more does not shut out the others."""
    try:
        words = loads(text)
    except ValueError:
        return ()
    found = [_valid(word) for word in words] if isinstance(words, list) else []
    return tuple(dict.fromkeys(origin for origin in found if origin is not None))


def _valid(word: object) -> str | None:
    return canonical_origin(word) if isinstance(word, str) and "*" not in word else None


def _origin(word: object) -> str:
    if isinstance(word, str) and "*" in word:
        raise OriginError(f"{word!r} has a wildcard, which matches nothing here: name each origin, such as {EXAMPLE}")
    origin = _valid(word)
    if origin is None:
        raise OriginError(f"{word!r} is not an origin such as {EXAMPLE}")
    return origin
