"""Reads OpenAir files: airspaces as blocks of lines that begin with AC.

Lines: AC class, AY type, AN name, AH and AL limits, AF frequency, AG station, AA and AX; V X= centre, V D= direction of arcs, DP corner, DA arc
by radius and bearings, DB arc by two points, DC circle. Airways (DY, V W=) and what only serves drawing (AT, S…, T…) are left out. A comment
begins with `*`. Direction and centre count for one block. A block with an error is left out, and the others are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from skyspy.airspace.altitudes import NOT_GIVEN, Limit, band_of, limit_of
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.polygons import MAX_CORNERS, arc, area_of, check_radius, circle, no_pause
from skyspy.airspace.reading import Reading
from skyspy.geo import Point, bearing_deg, destination, distance_nm

MAX_BYTES = 16 * 1024 * 1024
MAX_LINE = 1_000
"""Characters of a line that are read."""
PAUSE_LINES = 50
TERRAIN = ("TO", "TC")
"""Begin terrain, whose corners belong to no airspace."""
NO_TYPE = ("", "NONE")
NOTES = {"AF": "frequency", "AG": "station", "AX": "transponder code"}
NEAR_NM, NEAR_SHARE = 0.25, 0.1
"""An arc whose end is at most so far from the corner beside it, in nautical miles and as a share of its radius, is meant to begin or end
there: files round their corners, and bearings, to a second or a tenth of a degree."""

_NUMBERS = r"[0-9]{1,7}(?:\.[0-9]{0,9})?(?:[ :]+[0-9]{1,2}(?:\.[0-9]{0,9})?){0,2}"
_LAT = rf"(?:[NS] *{_NUMBERS}|{_NUMBERS} *[NS])"
_LON = rf"(?:[EW] *{_NUMBERS}|{_NUMBERS} *[EW])"
_POINT = re.compile(rf"({_LAT})[ ,;]*({_LON})")
_TWO_POINTS = re.compile(rf"({_LAT})[ ,;]*({_LON})[ ,;]+({_LAT})[ ,;]*({_LON})")
_SIGNS = str.maketrans(
    {
        "°": ":",
        "º": ":",
        "'": ":",
        "’": ":",
        "′": ":",
        '"': " ",
        "”": " ",
        "″": " ",
    }
)
_LOOSE = re.compile(r"[: ]+(?=[NSEW,;]|$)|(?<=[NSEW])[: ]+")


@dataclass(frozen=True, slots=True)
class _Arc:
    """An arc as a block has it. `sweep_deg`: positive clockwise."""

    centre: Point
    start: Point
    end: Point
    sweep_deg: float

    @property
    def near_nm(self) -> float:
        return min(NEAR_NM, NEAR_SHARE * distance_nm(self.centre, self.start))


@dataclass(slots=True)
class _Block:
    """The lines of an airspace as far as they were read. `parts`: what its outline is made of. `error`: the line of the first error, and
    what it is."""

    line: int
    kind: str
    type: str = ""
    name: str = ""
    lower: Limit | None = None
    upper: Limit | None = None
    notes: dict[str, str] = field(default_factory=dict)
    centre: Point | None = None
    clockwise: bool = True
    parts: list[Point | _Arc] = field(default_factory=list)
    circle: tuple[Point, ...] = ()
    error: tuple[int, str] | None = None


def read_openair(data: bytes, source: str, pause: Callable[[], None] = no_pause) -> Reading:
    """The airspaces of a file, with the number of the line of each error. `source`: the name of the file. `pause` is called between pieces
    of work. Text that is not UTF-8 is read as Latin-1. Raises AirspaceError for a file that is too large, or that has no block."""
    if len(data) > MAX_BYTES:
        raise AirspaceError(f"The file has more than {MAX_BYTES // 1024 // 1024} MB.")
    reading = Reading(source)
    block: _Block | None = None
    begun = False
    for number, line in enumerate(_lines(data), 1):
        if not number % PAUSE_LINES:
            pause()
        command, rest = _command(line)
        if command == "AC":
            _finish(block, reading, pause)
            block, begun = _Block(number, rest.upper()), True
        elif command in TERRAIN:
            _finish(block, reading, pause)
            block = None
        elif block is not None and block.error is None:
            try:
                _take(block, command, rest)
            except AirspaceError as error:
                block.error = number, str(error)
    if not begun:
        raise AirspaceError("There is no airspace in it: no line begins with AC.")
    _finish(block, reading, pause)
    return reading


def _lines(data: bytes) -> Iterator[str]:
    """The lines, each decoded by itself: files are made of parts of different origin."""
    for line in data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        try:
            yield line[: 4 * MAX_LINE].decode("utf-8")[:MAX_LINE]
        except UnicodeDecodeError:
            yield line[:MAX_LINE].decode("latin-1")


def _command(line: str) -> tuple[str, str]:
    """The command of a line in upper case, and what follows it, without the comment; "" for a line without command."""
    words = line.partition("*")[0].strip()
    command, _, rest = words.replace("\t", " ").partition(" ")
    if len(command) > 2 and command[:2].upper() in ("DP", "DB", "DA", "DC") and (command[2].isdigit() or command[2] in "NSns"):
        command, rest = words[:2], words[2:]
    elif command.upper().startswith("V="):
        command, rest = "V", words[1:]
    return command.upper(), rest.strip()


def _take(block: _Block, command: str, rest: str) -> None:
    """One line of a block. Raises AirspaceError."""
    match command:
        case "AN":
            block.name = rest
        case "AY":
            block.type = rest.upper()
        case "AL" | "AH":
            if (block.lower if command == "AL" else block.upper) is not None:
                raise AirspaceError(f"There is a second {command}.")
            if command == "AL":
                block.lower = limit_of(rest)
            else:
                block.upper = limit_of(rest)
        case "AF" | "AG" | "AX" | "AA":
            before = block.notes.get(command)
            block.notes[command] = rest if before is None or len(before) > MAX_LINE else f"{before}; {rest}"
        case "V":
            _set(block, rest)
        case "DP":
            _extend(block, _point(rest))
        case "DA" | "DB":
            _extend(block, _arc_by_bearings(block, rest) if command == "DA" else _arc_by_points(block, rest))
        case "DC":
            if block.circle:
                raise AirspaceError("There is a second circle.")
            block.circle = circle(_centre(block), _number(rest))


def _set(block: _Block, rest: str) -> None:
    variable, is_set, value = rest.partition("=")
    variable, value = variable.strip().upper(), value.strip()
    if variable == "X" and is_set:
        block.centre = _point(value)
    elif variable == "D" and value in ("+", "-"):
        block.clockwise = value == "+"
    elif variable == "D" or not is_set:
        raise AirspaceError(f"{rest[:60]!r} sets nothing; write V X=centre or V D=+ or V D=-.")


def _extend(block: _Block, part: Point | _Arc) -> None:
    if len(block.parts) >= MAX_CORNERS:
        raise AirspaceError(f"The airspace has more than {MAX_CORNERS} corners; simplify it.")
    block.parts.append(part)


def _centre(block: _Block) -> Point:
    if block.centre is None:
        raise AirspaceError("No centre is set for it; write V X=centre before it, in the same airspace.")
    return block.centre


def _arc_by_bearings(block: _Block, rest: str) -> _Arc:
    """DA radius, bearing of the start, bearing of the end."""
    words = rest.replace(",", " ").split()
    if len(words) != 3:
        raise AirspaceError("An arc by bearings is DA radius, start, end, such as DA 10, 270, 290.")
    radius, start, end = (_number(word) for word in words)
    check_radius(radius)
    centre = _centre(block)
    return _Arc(centre, destination(centre, start, radius), destination(centre, end, radius), _sweep(block, start, end))


def _arc_by_points(block: _Block, rest: str) -> _Arc:
    """DB start, end."""
    found = _TWO_POINTS.fullmatch(_normal(rest))
    if found is None:
        raise AirspaceError(
            f"{rest[:60]!r} is no pair of positions; write them like 52:22:39 N 013:08:15 E, 52:24:33 N 013:11:02 E."
        )
    start, end = _position(found[1], found[2]), _position(found[3], found[4])
    centre = _centre(block)
    for radius in (distance_nm(centre, start), distance_nm(centre, end)):
        check_radius(radius)
    return _Arc(centre, start, end, _sweep(block, bearing_deg(centre, start), bearing_deg(centre, end)))


def _sweep(block: _Block, start: float, end: float) -> float:
    """Degrees from one bearing to another in the direction of the block; a whole turn where they are the same."""
    turned = (end - start) % 360.0 if block.clockwise else (start - end) % 360.0
    turned = turned or 360.0
    return turned if block.clockwise else -turned


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise AirspaceError(f"{text[:30]!r} is no number.") from None


def _normal(text: str) -> str:
    """Positions in one spelling: upper case, degrees, minutes and seconds with colons."""
    return _LOOSE.sub(" ", " ".join(text.upper().translate(_SIGNS).split())).strip()


def _point(text: str) -> Point:
    found = _POINT.fullmatch(_normal(text))
    if found is None:
        raise AirspaceError(f"{text[:60]!r} is no position; write it like 52:22:39 N 013:08:15 E.")
    return _position(found[1], found[2])


def _position(lat: str, lon: str) -> Point:
    return _degrees(lat, "S", 90.0, 2), _degrees(lon, "W", 180.0, 3)


def _degrees(text: str, negative: str, most: float, digits: int) -> float:
    """Degrees of `DD:MM:SS`, `DD:MM.mmm`, `DD.ddd`, `DDMMSS` or `DDMM`, with a letter before or after. `digits`: of whole degrees."""
    numbers = re.findall(r"[0-9]+(?:\.[0-9]*)?", text)
    first = numbers[0]
    whole = len(first.partition(".")[0])
    if len(numbers) == 1 and whole > 3:
        if whole not in (digits + 2, digits + 4):
            raise AirspaceError(f"{text!r} is neither degrees and minutes nor degrees, minutes and seconds.")
        numbers = (
            [first[:digits], first[digits : digits + 2], first[digits + 2 :]]
            if whole == digits + 4
            else [first[:digits], first[digits:]]
        )
    degrees, minutes, seconds = (float(number) for number in (*numbers, "0", "0")[:3])
    found = degrees + minutes / 60.0 + seconds / 3600.0
    # 60 is what rounding made of 59.9.
    if minutes > 60.0 or seconds > 60.0 or found > most:
        raise AirspaceError(f"{text!r} is no latitude or longitude.")
    return -found if negative in text else found


def _finish(block: _Block | None, reading: Reading, pause: Callable[[], None]) -> None:
    """Add the airspace of a block that has ended, or the reason why it is left out."""
    if block is None:
        return
    try:
        if block.error is not None:
            reading.drop(*block.error)
            return
        band = band_of(block.lower or NOT_GIVEN, block.upper or NOT_GIVEN)
        area = area_of([[_outline(block)]], pause)
        kind = block.kind if block.type in NO_TYPE else block.type
        text = "; ".join(f"{word} {block.notes[command]}" for command, word in NOTES.items() if command in block.notes)
        reading.add(kind, block.name or "unnamed", block.kind, band, area, block.notes.get("AA", ""), text)
    except AirspaceError as error:
        reading.drop(block.line, str(error))


def _outline(block: _Block) -> Sequence[Point]:
    """The corners of a block. Raises AirspaceError where it has none."""
    if block.circle and block.parts:
        raise AirspaceError("It has both a circle (DC) and corners; make two airspaces of it.")
    if not block.circle and not block.parts:
        raise AirspaceError("It has no outline: no DP, DA, DB or DC.")
    corners: list[Point] = list(block.circle)
    for place, part in enumerate(block.parts):
        if isinstance(part, _Arc):
            drawn = _joined(part, block.parts[place - 1], block.parts[(place + 1) % len(block.parts)])
            corners += (drawn.start, *arc(drawn.centre, drawn.start, drawn.end, drawn.sweep_deg), drawn.end)
        else:
            corners.append(part)
    return corners


def _joined(drawn: _Arc, before: Point | _Arc, after: Point | _Arc) -> _Arc:
    """The arc with its ends at what stands before and after it, where that is near: drawn from its own end to a corner that lies a few
    metres along the arc, the outline would go back and cross itself."""
    start, end = drawn.start, drawn.end
    corner = before.end if isinstance(before, _Arc) else before
    if before is not drawn and distance_nm(corner, start) <= drawn.near_nm:
        start = corner
    if not isinstance(after, _Arc) and distance_nm(after, end) <= drawn.near_nm:
        end = after
    sweep = drawn.sweep_deg + _turned(drawn.centre, drawn.end, end) - _turned(drawn.centre, drawn.start, start)
    return _Arc(drawn.centre, start, end, sweep if sweep * drawn.sweep_deg > 0.0 else 0.0)


def _turned(centre: Point, one: Point, other: Point) -> float:
    """Degrees from one point to another around a centre, from -180 to 180, clockwise positive."""
    return (bearing_deg(centre, other) - bearing_deg(centre, one) + 180.0) % 360.0 - 180.0
