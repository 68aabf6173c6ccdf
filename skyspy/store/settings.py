"""The settings table: what an operator chose, typed and versioned."""

from __future__ import annotations

from skyspy.store.registry import NAMES, ROWS, Row, SettingError, Settings

__all__ = ["NAMES", "ROWS", "Row", "SettingError", "Settings"]
