"""Domain: alert rules. Documents are parsed into rules; an engine looks at the frozen aircraft of a sky once a second and says which
alerts there are. Pure: time is an argument."""

from skyspy.alerts.engine import Engine
from skyspy.alerts.errors import RuleError
from skyspy.alerts.fields import FIELDS, NEGATED, OP_LABELS, OPS, AlertField
from skyspy.alerts.messages import quiet_message
from skyspy.alerts.parsing import parse_rule
from skyspy.alerts.places import Circle, Place, Polygons
from skyspy.alerts.rounds import ActiveMatch, AlertRound, MatchEnd, SeenBefore, Trigger
from skyspy.alerts.rule import Condition, Group, Join, OwnedRule, Rule
from skyspy.alerts.schedule import Schedule, Window, ends_at, is_within
from skyspy.alerts.watchlist import Entry, Kind, Watchlist, parse_csv, parse_entry

__all__ = [
    "FIELDS",
    "NEGATED",
    "OPS",
    "OP_LABELS",
    "ActiveMatch",
    "AlertField",
    "AlertRound",
    "Circle",
    "Condition",
    "Engine",
    "Entry",
    "Group",
    "Join",
    "Kind",
    "MatchEnd",
    "OwnedRule",
    "Place",
    "Polygons",
    "Rule",
    "RuleError",
    "Schedule",
    "SeenBefore",
    "Trigger",
    "Watchlist",
    "Window",
    "ends_at",
    "is_within",
    "parse_csv",
    "parse_entry",
    "parse_rule",
    "quiet_message",
]
