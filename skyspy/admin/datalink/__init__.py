"""Interfaces: the pages of datalink messages: live, stored, one of them, the board, and the stations that hear them."""

from __future__ import annotations

from skyspy.admin.datalink import board, messages, one, stations
from skyspy.admin.datalink.page import page

__all__ = ["board", "messages", "one", "page", "stations"]
