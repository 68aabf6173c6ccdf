"""The collection of the history's tables: schema.py, which imports all of them, is where to take it from."""

from __future__ import annotations

from sqlalchemy import MetaData

from skyspy.store.schema import METADATA as MAIN_METADATA

METADATA = MetaData(naming_convention=MAIN_METADATA.naming_convention)
