"""Domain: airports and runways: which is nearest, how high an aircraft is above it, on which runway or final approach it is.

The table's bytes are an argument: `store/airport_table.py` reads them. `docs/make_airports.py` makes them.
"""

from skyspy.airports.height import altitude_ft, height_above
from skyspy.airports.index import Airports, NearAirport
from skyspy.airports.records import KINDS, Airport, Runway, RunwayEnd
from skyspy.airports.runways import OnFinal, OnRunway, airport_around, on_final, on_runway
from skyspy.airports.table import TableError

__all__ = [
    "KINDS",
    "Airport",
    "Airports",
    "NearAirport",
    "OnFinal",
    "OnRunway",
    "Runway",
    "RunwayEnd",
    "TableError",
    "airport_around",
    "altitude_ft",
    "height_above",
    "on_final",
    "on_runway",
]
