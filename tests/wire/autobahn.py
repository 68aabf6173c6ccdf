"""The cases 1 to 10 of Autobahn's WebSocket test suite by their numbers, as rows for a server that speaks Socket.IO and echoes nothing.

Where the suite expects an echo, a row sends an event that asks for an acknowledgement and expects that. `why` says where a row
expects something else than the suite does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.wire.raw import BINARY, CLOSE, PING, PONG, TEXT, mask

CONTINUATION, FINAL = 0, 0x80
LIVES = 0
"""The end of a row after which the connection goes on."""
ACK = "ack"
PIECE, MEGABYTE, LIMIT = 997, 2**20, 65_536

DROPPED = "binary is refused by contract: it is dropped, and the connection goes on"
NO_PACKET = "an Engine.IO packet begins with its type, so an empty message is none"
TOO_LARGE = "a message has at most 65,536 bytes"
LATE = "UTF-8 is judged when the message is whole; the suite calls that non-strict and lets it pass"
NOT_JSON = "a JSON string holds no NUL, so an error comes before the acknowledgement"
SMALLEST = "the shortest event is longer"


@dataclass(frozen=True)
class Case:
    """Each of `sends` is one write; b"" is a pause. `answers` are acknowledgements, payloads of pongs and codes of errors."""

    number: str
    sends: tuple[bytes, ...]
    answers: tuple[str | bytes, ...] = ()
    ends: int = LIVES
    why: str = ""
    rounds: int = 1


def frame(payload: bytes = b"", opcode: int = TEXT, final: bool = True, reserved: int = 0) -> bytes:
    return mask(payload, (FINAL if final else 0) | reserved << 4 | opcode)


def event(size: int = 0, content: bytes = b"") -> bytes:
    """An event that asks for an acknowledgement, of `size` bytes or as long as it must be."""
    return b'421["e","' + content + b"x" * max(0, size - 11 - len(content)) + b'"]'


def pieces(data: bytes, size: int = 1) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def fragments(*payloads: bytes, opcode: int = TEXT) -> tuple[bytes, ...]:
    """One message, cut into these."""
    last = len(payloads) - 1
    return tuple(frame(part, CONTINUATION if at else opcode, at == last) for at, part in enumerate(payloads))


def joined(*frames: bytes) -> tuple[bytes, ...]:
    return (b"".join(frames),)


def echoes() -> Iterator[Case]:
    """1: messages of every kind of length."""
    for number, size in enumerate((0, 125, 126, 127, 128, 65_535, LIMIT, LIMIT), 1):
        text, data = frame(event(size)), frame(b"\xfe" * size, BINARY)
        cut = PIECE if number == 8 else LIMIT * 2
        if size:
            yield Case(f"1.1.{number}", pieces(text, cut), (ACK,))
        else:
            yield Case("1.1.1", joined(frame()), (), 1002, NO_PACKET)
        yield Case(f"1.2.{number}", pieces(data, cut), (), LIVES, DROPPED)


def pings() -> Iterator[Case]:
    """2: pings and pongs."""
    hello, binary, longest = b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125
    for number, payload in ((1, b""), (2, hello), (3, binary), (4, longest)):
        yield Case(f"2.{number}", joined(frame(payload, PING)), (payload,))
    yield Case("2.5", joined(frame(longest + b"\xfe", PING)), (), 1002)
    yield Case("2.6", pieces(frame(longest, PING)), (longest,))
    yield Case("2.7", joined(frame(b"", PONG)))
    yield Case("2.8", joined(frame(b"unsolicited", PONG)))
    yield Case("2.9", joined(frame(b"unsolicited", PONG), frame(b"asked", PING)), (b"asked",))
    ten = tuple(b"payload-%d" % number for number in range(10))
    sent = b"".join(frame(payload, PING) for payload in ten)
    yield Case("2.10", (sent,), ten)
    yield Case("2.11", pieces(sent), ten)


def reserved_bits() -> Iterator[Case]:
    """3: bits that only an extension may set."""
    text, ping = frame(event()), frame(b"", PING)
    yield Case("3.1", joined(frame(event(), reserved=1)), (), 1002)
    yield Case("3.2", joined(text, frame(event(), reserved=2), ping), (ACK,), 1002)
    yield Case("3.3", (text, frame(event(), reserved=3), ping), (ACK,), 1002)
    yield Case("3.4", pieces(text + frame(event(), reserved=4) + ping), (ACK,), 1002)
    yield Case("3.5", joined(frame(b"\x00\xff", BINARY, reserved=5)), (), 1002)
    yield Case("3.6", joined(frame(b"x", PING, reserved=6)), (), 1002)
    yield Case("3.7", joined(frame(b"", CLOSE, reserved=7)), (), 1002)


def opcodes() -> Iterator[Case]:
    """4: opcodes that mean nothing."""
    text, ping = frame(event()), frame(b"", PING)
    for group, first in ((1, 3), (2, 11)):
        unknown = [frame(b"" if at in (0, 2) else b"payload", first + at) for at in range(5)]
        yield Case(f"4.{group}.1", joined(unknown[0]), (), 1002)
        yield Case(f"4.{group}.2", joined(unknown[1]), (), 1002)
        yield Case(f"4.{group}.3", (text, unknown[2], ping), (ACK,), 1002)
        yield Case(f"4.{group}.4", (text, unknown[3], ping), (ACK,), 1002)
        yield Case(f"4.{group}.5", pieces(text + unknown[4] + ping), (ACK,), 1002)


def fragmentation() -> Iterator[Case]:
    """5: messages in fragments."""
    whole = event(60)
    halves, text = fragments(whole[:30], whole[30:]), frame(whole)
    with_ping = (halves[0], frame(b"between", PING), halves[1])
    yield Case("5.1", fragments(b"a", b"b", opcode=PING), (), 1002)
    yield Case("5.2", fragments(b"a", b"b", opcode=PONG), (), 1002)
    yield Case("5.3", joined(*halves), (ACK,))
    yield Case("5.4", halves, (ACK,))
    yield Case("5.5", pieces(b"".join(halves)), (ACK,))
    yield Case("5.6", joined(*with_ping), (b"between", ACK))
    yield Case("5.7", with_ping, (b"between", ACK))
    yield Case("5.8", pieces(b"".join(with_ping)), (b"between", ACK))
    for first, final in ((9, True), (12, False)):
        orphan = (frame(b"nothing to continue", CONTINUATION, final), text)
        yield Case(f"5.{first}", joined(*orphan), (), 1002)
        yield Case(f"5.{first + 1}", orphan, (), 1002)
        yield Case(f"5.{first + 2}", pieces(b"".join(orphan)), (), 1002)
    yield Case("5.15", joined(*halves, frame(b"orphan", CONTINUATION, False), text), (ACK,), 1002)
    for number, final in ((16, False), (17, True)):
        yield Case(f"5.{number}", joined(*(frame(b"orphan", CONTINUATION, final), *halves) * 2), (), 1002)
    yield Case("5.18", joined(halves[0], frame(whole[30:], TEXT)), (), 1002)
    five = fragments(*pieces(whole, 12))
    first, second = (*five[:2], frame(b"one", PING)), (*five[2:4], frame(b"two", PING), five[4])
    yield Case("5.19", (b"".join(first), b"", b"".join(second)), (b"one", b"two", ACK))
    yield Case("5.20", (*first, b"", *second), (b"one", b"two", ACK))


KOSME = "κ\u1f79σμε"
"""The word of the suite, whose second letter is three bytes long."""
VALID: dict[int, tuple[str, ...]] = {
    5: ("hello$world", "hello¢world", "hello€world", "hello\U00024b62world", KOSME),
    7: ("\0", "\x80", "\u0800", "\U00010000"),
    9: ("\x7f", "\u07ff", "\uffff", "\U0010ffff"),
    22: tuple(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)),
    23: tuple(map(chr, range(0xFFF9, 0x10000))),
}
"""Valid text, by the group of section 6 it stands in."""

ALL_STARTS = [
    " ".join(f"{byte:02x} 20" for byte in starts) for starts in map(range, (192, 224, 240, 248, 252), (224, 240, 248, 252, 254))
]
CUT_SHORT = "c0,e080,f08080,f8808080,fc80808080,df,efbf,f7bfbf,fbbfbfbf,fdbfbfbfbf"
INVALID: dict[int, str] = {
    8: "f888808080,fc8480808080",
    10: "f7bfbfbf,fbbfbfbfbf,fdbfbfbfbfbf",
    12: "80,bf,80bf,80bf80,80bf80bf,80bf80bf80,80bf80bf80bf," + bytes(range(0x80, 0xBF)).hex(),
    13: ",".join(ALL_STARTS),
    14: CUT_SHORT,
    15: CUT_SHORT.replace(",", ""),
    16: "fe,ff,fefeffff",
    17: "c0af,e080af,f08080af,f8808080af,fc80808080af",
    18: "c1bf,e09fbf,f08fbfbf,f887bfbfbf,fc83bfbfbfbf",
    19: "c080,e08080,f0808080,f880808080,fc8080808080",
    20: "eda080,edadbf,edae80,edafbf,edb080,edbe80,edbfbf",
    21: "eda080edb080,eda080edbfbf,edadbfedb080,edadbfedbfbf,edae80edb080,edae80edbfbf,edafbfedb080,edafbfedbfbf",
}
"""Bytes that are not UTF-8, in hexadecimal, by group."""
BOUNDARIES = ("ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080")


def text_case(number: str, data: bytes) -> Case:
    """Valid text stands within an event, what is not valid ends the message."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return Case(number, joined(frame(b'421["e","' + data)), (), 1007)
    if b"\0" in data:
        return Case(number, joined(frame(event(0, data))), ("bad_packet", ACK), LIVES, NOT_JSON)
    return Case(number, joined(frame(event(0, data))), (ACK,))


def utf8() -> Iterator[Case]:
    """6: text that is UTF-8, and text that is not."""
    yield Case("6.1.1", joined(frame()), (), 1002, NO_PACKET)
    yield Case("6.1.2", joined(*fragments(b"", b"", b"")), (), 1002, NO_PACKET)
    yield Case("6.1.3", joined(*fragments(b"", event(), b"")), (ACK,))
    whole, kosme = event(0, "Hello-µ@ßöäüàá-UTF-8!!".encode()), KOSME.encode()
    cut = whole.index("µ".encode())
    yield Case("6.2.1", joined(frame(whole)), (ACK,))
    yield Case("6.2.2", joined(*fragments(whole[:cut], whole[cut:])), (ACK,))
    yield Case("6.2.3", joined(*fragments(*pieces(whole))), (ACK,))
    yield Case("6.2.4", joined(*fragments(*pieces(event(0, kosme)))), (ACK,))
    broken = b"42" + kosme + bytes.fromhex("eda080") + b"edited"
    yield Case("6.3.1", joined(frame(broken)), (), 1007)
    yield Case("6.3.2", joined(*fragments(*pieces(broken))), (), 1007, LATE)
    before, beyond, after = b"42" + kosme, bytes.fromhex("f4908080"), b"edited"
    yield Case("6.4.1", fragments(before, beyond, after), (), 1007, LATE)
    yield Case("6.4.2", fragments(before + beyond[:1], beyond[1:2], beyond[2:] + after), (), 1007, LATE)
    one, head = frame(before + beyond + after), 6
    yield Case("6.4.3", (one[: head + len(before)], one[head + len(before) : -6], one[-6:]), (), 1007, LATE)
    yield Case("6.4.4", (one[: head + len(before) + 1], one[head + len(before) + 1 : -9], one[-9:]), (), 1007, LATE)
    groups = {group: [text.encode() for text in texts] for group, texts in VALID.items()}
    groups |= {group: list(map(bytes.fromhex, texts.split(","))) for group, texts in INVALID.items()}
    groups |= {6: [kosme[: end + 1] for end in range(len(kosme))], 11: list(map(bytes.fromhex, BOUNDARIES))}
    for group in sorted(groups):
        yield from (text_case(f"6.{group}.{number}", data) for number, data in enumerate(groups[group], 1))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(code.to_bytes(2, "big") + reason, CLOSE)


def closes() -> Iterator[Case]:
    """7: how a connection ends."""
    text, end, ping = frame(event()), closing(1000), frame(b"", PING)
    halves = fragments(event()[:5], event()[5:])
    yield Case("7.1.1", joined(text, end), (ACK,), 1000)
    yield Case("7.1.2", joined(end, end), (), 1000)
    yield Case("7.1.3", joined(end, ping), (), 1000)
    yield Case("7.1.4", joined(end, text), (), 1000)
    yield Case("7.1.5", joined(halves[0], end, halves[1]), (), 1000)
    yield Case("7.1.6", joined(frame(event(MEGABYTE // 4)), end, ping), (), 1009, TOO_LARGE)
    yield Case("7.3.1", joined(frame(b"", CLOSE)), (), 1000)
    yield Case("7.3.2", joined(frame(b"a", CLOSE)), (), 1002)
    yield Case("7.3.3", joined(end), (), 1000)
    yield Case("7.3.4", joined(closing(1000, b"Hello World!")), (), 1000)
    yield Case("7.3.5", joined(closing(1000, b"*" * 123)), (), 1000)
    yield Case("7.3.6", joined(closing(1000, b"*" * 124)), (), 1002)
    yield Case("7.5.1", joined(closing(1000, KOSME.encode() + b"\xed\xa0\x80edited")), (), 1007)
    valid = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    yield from (Case(f"7.7.{number}", joined(closing(code)), (), code) for number, code in enumerate(valid, 1))
    invalid = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    yield from (Case(f"7.9.{number}", joined(closing(code)), (), 1002) for number, code in enumerate(invalid, 1))
    yield Case("7.13.1", joined(closing(5000)), (), 1002)
    yield Case("7.13.2", joined(closing(65_535)), (), 1002)


def limits() -> Iterator[Case]:
    """9: large messages and many. Of those over the limit no more is sent than the server must read to know."""
    for group, opcode, answers, why in ((1, TEXT, (ACK,), ""), (2, BINARY, (), DROPPED)):
        small = event(LIMIT) if opcode == TEXT else b"\xfe" * LIMIT
        yield Case(f"9.{group}.1", joined(frame(small, opcode)), answers, LIVES, why)
        for number, megabytes in enumerate((0.25, 1, 4, 8, 16), 2):
            yield Case(f"9.{group}.{number}", (declared(opcode, int(megabytes * MEGABYTE)),), (), 1009, TOO_LARGE)
        for number in range(1, 10):
            size = 16 * 4**number
            part = mask(b"4" * size, opcode) if size <= LIMIT else declared(opcode, size, final=False)
            more = mask(b"4" * size, CONTINUATION) * min(128, LIMIT // size)
            yield Case(f"9.{group + 2}.{number}", (part, more), (), 1009, TOO_LARGE)
        for number in range(1, 7):
            sent = pieces(declared(opcode, MEGABYTE), 32 * 2**number)
            yield Case(f"9.{group + 4}.{number}", sent, (), 1009, TOO_LARGE)
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):
            payload = event(size) if opcode == TEXT else b"\xfe" * size
            reason = why or ("" if size else SMALLEST)
            yield Case(f"9.{group + 6}.{number}", joined(frame(payload, opcode)), answers, LIVES, reason, rounds=1000)


def declared(opcode: int, size: int, final: bool = True) -> bytes:
    """The beginning of a frame of this size."""
    return mask(b"4" * 4096, (FINAL if final else 0) | opcode, declared=size)


def all_cases() -> Iterator[Case]:
    for section in (echoes, pings, reserved_bits, opcodes, fragmentation, utf8, closes, limits):
        yield from section()
    # 10: a message that its sender fragments.
    yield Case("10.1.1", joined(*fragments(*pieces(event(LIMIT), 1300))), (ACK,))


CASES = {case.number: case for case in all_cases()}
