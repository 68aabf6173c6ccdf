"""What the label of a message means, in words. Pure.

Sources: ARINC 618 and 620 (the standards' label codes, as lists of labels in public use name them); for squitters and acknowledgements the decoders' own
notation, where `_d` is an underscore and the character DEL. What an airline defines for itself is named so, and nothing more.
"""

from __future__ import annotations

SQUITTER, NO_TEXT, TERMINAL = "SQ", "_d", "H1"

LABELS: dict[str, str] = {
    "_d": "Acknowledgement, no text",
    "_j": "No text, polled",
    "00": "Emergency situation report",
    "2S": "Weather request",
    "2U": "Weather",
    "2Z": "Arrival airport",
    "4M": "Cargo information",
    "51": "Ground time (UTC), request or answer",
    "52": "Ground time (UTC) request",
    "54": "Voice contact, requested by the crew",
    "57": "Position report (alternate)",
    "5D": "ATIS request",
    "5P": "Data link suspended for a while",
    "5R": "Position report, by the crew",
    "5U": "Weather request",
    "5Y": "New estimated time of arrival",
    "5Z": "Airline's own message",
    "7A": "Engine data",
    "7B": "Miscellaneous message of the crew",
    "8X": "ATIS",
    ":;": "Change the frequency",
    "A0": "ATS facilities notification (uplink)",
    "A1": "Oceanic clearance",
    "A2": "Departure clearance",
    "A3": "Departure clearance",
    "A4": "Departure clearance acknowledged",
    "A5": "Request of a position report",
    "A6": "Request of an ADS report",
    "A7": "Free text of air traffic services",
    "A8": "Departure slot",
    "A9": "ATIS",
    "AA": "Controller and pilot data link (CPDLC, uplink)",
    "AB": "Terminal weather (TWIP)",
    "AC": "Pushback clearance",
    "AD": "Expected taxi clearance",
    "AF": "CPDLC command response",
    "B0": "ATS facilities notification (downlink)",
    "B1": "Request of an oceanic clearance",
    "B2": "Oceanic clearance read back",
    "B3": "Request of a departure clearance",
    "B4": "Departure clearance read back",
    "B5": "Position report to air traffic services",
    "B6": "ADS report",
    "B7": "Free text to air traffic services",
    "B8": "Request of a departure slot",
    "B9": "Request of ATIS",
    "BA": "Controller and pilot data link (CPDLC, downlink)",
    "BB": "Request of terminal weather (TWIP)",
    "BC": "Request of a pushback clearance",
    "BD": "Request of an expected taxi clearance",
    "C0": "Text to all cockpit printers",
    "C1": "Text to cockpit printer 1",
    "C2": "Text to cockpit printer 2",
    "C3": "Text to cockpit printer 3",
    "CA": "Printer: error",
    "CB": "Printer: busy",
    "CC": "Printer: not connected",
    "CD": "Printer: out of paper",
    "CE": "Printer: buffer full",
    "CF": "Printer: state",
    "F3": "Transceiver reserved for data or voice",
    "H1": "Message of an avionics unit",
    "H2": "Weather report of the aircraft",
    "H3": "Icing report",
    "HX": "Uplink that was not delivered",
    "M1": "Flight plan data (IATA)",
    "Q0": "Link test",
    "Q1": "Departure and arrival times",
    "Q2": "Estimated time of arrival",
    "Q3": "Clock set",
    "Q4": "Voice channel busy",
    "Q5": "Uplink that could not be processed",
    "Q6": "Change from voice to data",
    "Q7": "Delay",
    "QA": "Out",
    "QB": "Off",
    "QC": "On",
    "QD": "In",
    "QE": "Out, with destination",
    "QF": "Off, with destination",
    "QG": "Out and back in",
    "QH": "Out",
    "QK": "On, with destination",
    "QL": "Arrival",
    "QM": "Arrival information",
    "QN": "Diversion",
    "QP": "Out",
    "QQ": "Off",
    "QR": "On",
    "QS": "In",
    "QT": "Out and back in",
    "QX": "Uplink that could not be processed",
    "RA": "Text to an avionics unit",
    "RB": "Answer of an avionics unit",
    "S1": "Network statistics",
    "S2": "VHF performance report",
    "S3": "Equipment configuration",
    "SA": "Media advisory",
    "SQ": "Squitter of a ground station",
}
"""What labels say that are the same for all airlines."""

SUBLABELS: dict[str, str] = {
    "CF": "central fault display",
    "DF": "flight data acquisition unit",
    "EC": "engine display",
    "EI": "engine report",
    "HD": "HF data radio",
    "M1": "flight management computer, left",
    "M2": "flight management computer, right",
    "M3": "flight management computer, center",
    "MD": "flight management computer in use",
    "PS": "keyboard and display",
    "SD": "satellite data unit",
    "T0": "all cabin terminals",
    **{f"T{number}": f"cabin terminal {number}" for number in range(1, 9)},
}
"""The unit that sends or receives an H1."""

ADDRESSED, AIRLINE = "Addressed downlink", "Airline's own message"


def label_name(label: str | None, sublabel: str | None = None) -> str | None:
    """A label in words; None: the message has none, or it is not known. `sublabel`: of an H1, which unit it is of."""
    if not label:
        return None
    name = LABELS.get(label)
    if label == TERMINAL and (unit := SUBLABELS.get(sublabel or "")):
        return f"Message of the {unit}"
    if name is None and label[0] == "8" and (label[1:].isdecimal() or label[1:] == "~"):
        return ADDRESSED
    if name is None and label[0] in "12345678" and label.isascii() and label.isalnum():
        return AIRLINE
    return name
