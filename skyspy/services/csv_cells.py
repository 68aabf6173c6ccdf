"""Application: cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"""(?:^|(?<=[;\t\r\n"]))(?=["\s]*[=+\-@])|^(?=[\t\r])""")
"""Where a spreadsheet could see a formula begin: at the start of the cell, or after a character that some take for its end."""


def escape_formula(text: str) -> str:
    """The text with a quote before each place where a spreadsheet would run it as a formula, also one that splits lines at
    semicolons or tabs."""
    return _FORMULA.sub("'", text)
