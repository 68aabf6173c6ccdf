"""What the letters of field Q of a NOTAM mean: facts of ICAO Doc 8126 and Doc 8400 (the NOTAM code), in our words.

The second and third letters are the subject, the fourth and fifth its condition. The second letter alone is the kind by which NOTAMs are
shown and muted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "A": "airspace", "C": "communications", "F": "facilities", "G": "gnss", "I": "ils", "L": "lighting", "M": "movement_area",
        "N": "navigation", "O": "obstacles", "P": "procedures", "R": "restrictions", "S": "services", "W": "warnings",
    }
)  # fmt: skip
"""The kind by the second letter of the code. All others are `other`; checklists (QKKKK) are `checklist`, trigger NOTAMs (conditions TT)
have the kind of their subject."""
OTHER, CHECKLIST = "other", "checklist"
ALL_KINDS: tuple[str, ...] = (*KINDS.values(), CHECKLIST, OTHER)

_SUBJECTS = """
AA minimum altitude|AC control zone|AD air defence identification zone|AE control area|AF flight information region|AG general facility
AH upper control area|AL minimum usable flight level|AN area navigation route|AO oceanic control area|AP reporting point|AR ATS route
AT terminal control area|AU upper flight information region|AV upper advisory area|AX significant point|AZ aerodrome traffic zone
CA air/ground communication|CB ADS-B|CC ADS-C|CD controller-pilot data link|CE en-route surveillance radar|CG ground controlled approach
CL selective calling (SELCAL)|CM surface movement radar|CP precision approach radar|CR surveillance radar element
CS secondary surveillance radar|CT terminal area surveillance radar
FA aerodrome|FB friction measuring device|FC ceiling measurement equipment|FD docking system|FE oxygen|FF rescue and fire fighting
FG ground movement control|FH helicopter alighting area|FI aircraft de-icing|FJ oils|FL landing direction indicator
FM meteorological service|FO fog dispersal system|FP heliport|FS snow removal equipment|FT transmissometer|FU fuel availability
FW wind direction indicator|FZ customs and immigration
GA GNSS airfield-specific operations|GW GNSS area-wide operations
IC instrument landing system|ID DME of an ILS|IG ILS glide path|II ILS inner marker|IL ILS localizer|IM ILS middle marker
IN localizer without an ILS|IO ILS outer marker|IS ILS category I|IT ILS category II|IU ILS category III|IW microwave landing system
IX ILS outer locator|IY ILS middle locator
KK checklist
LA approach lighting system|LB aerodrome beacon|LC runway centre line lights|LD landing direction indicator lights|LE runway edge lights
LF sequenced flashing lights|LG pilot-controlled lighting|LH high intensity runway lights|LI runway end identifier lights
LJ runway alignment indicator lights|LK category II approach lights|LL low intensity runway lights|LM medium intensity runway lights
LP precision approach path indicator|LR all landing area lighting|LS stopway lights|LT threshold lights
LU helicopter approach path indicator|LV visual approach slope indicator|LW heliport lighting|LX taxiway centre line lights
LY taxiway edge lights|LZ touchdown zone lights
MA movement area|MB bearing strength|MC clearway|MD declared distances|MG taxi guidance system|MH runway arresting gear|MK parking area
MM daylight markings|MN apron|MO stop bar|MP aircraft stands|MR runway|MS stopway|MT threshold|MU runway turning bay|MW runway strip
MX taxiway|MY rapid exit taxiway
NA all radio navigation facilities|NB non-directional beacon|NC Decca|ND DME|NF fan marker|NL locator|NM VOR/DME|NN TACAN|NO Omega
NT VORTAC|NV VOR|NX direction finding station
OA aeronautical information service|OB obstacle|OE aircraft entry requirements|OL obstacle lights|OR rescue coordination centre
PA standard instrument arrival|PB standard VFR arrival|PC contingency procedures|PD standard instrument departure
PE standard VFR departure|PF flow control procedure|PH holding procedure|PI instrument approach procedure|PK VFR approach procedure
PL obstacle clearance limit|PM aerodrome operating minima|PN noise operating restriction|PO obstacle clearance altitude and height
PP obstacle clearance height|PR radio failure procedure|PT transition altitude or level|PU missed approach procedure
PX minimum holding altitude|PZ ADIZ procedure
RA airspace reservation|RD danger area|RM military operating area|RO overflying|RP prohibited area|RR restricted area
RT temporary restricted area
SA automatic terminal information service|SB ATS reporting office|SC area control centre|SE flight information service
SF aerodrome flight information service|SL flow control centre|SO oceanic area control centre|SP approach control
SS flight service station|ST aerodrome control tower|SU upper area control centre|SV VOLMET broadcast|SY upper advisory service
WA air display|WB aerobatics|WC captive balloon or kite|WD demolition of explosives|WE exercises|WF air refuelling|WG glider flying
WH blasting|WJ banner or target towing|WL ascent of free balloon|WM missile, gun or rocket firing|WP parachute jumping
WR radioactive materials or toxic chemicals|WS burning or blowing gas|WT mass movement of aircraft|WU unmanned aircraft
WV formation flight|WW volcanic activity|WY aerial survey|WZ model flying
XX plain language
"""

_CONDITIONS = """
AC withdrawn for maintenance|AD available for daylight operation|AF flight checked and reliable
AG operating, ground checked only|AH hours of service changed|AK resumed normal operation
AL operative under conditions published before|AM military operations only|AN available for night operation|AO operational
AP available with prior permission|AR available on request|AS unserviceable|AU not available|AW completely withdrawn
AX shutdown announced before is cancelled
CA activated|CC completed|CD deactivated|CE erected|CF frequency changed|CG downgraded|CH changed|CI identification changed
CL realigned|CM displaced|CN cancelled|CO operating|CP operating on reduced power|CR temporarily replaced|CS installed
CT on test, do not use
HA braking action|HB friction coefficient|HC covered by compacted snow|HD covered by dry snow|HE covered by water
HF free of snow and ice|HG grass cutting in progress|HH hazard|HI covered by ice|HJ launch planned|HK bird migration in progress
HL snow clearance completed|HM marked|HN covered by wet snow or slush|HO obscured by snow|HP snow clearance in progress
HQ operation cancelled|HR standing water|HS sanding in progress|HT approach according to signal area only|HU launch in progress
HV work completed|HW work in progress|HX concentration of birds|HY snow banks exist|HZ covered by frozen ruts and ridges
KK checklist
LA operating on auxiliary power|LB reserved for aircraft based there|LC closed|LD unsafe|LE operating without auxiliary power
LF interference|LG operating without identification|LH unserviceable for heavier aircraft|LI closed to IFR operations
LK operating as a fixed light|LL usable length and width|LN closed to all night operations|LP prohibited
LR aircraft restricted to runways and taxiways|LS subject to interruption|LT limited|LV closed to VFR operations|LW will take place
LX operating, caution advised
TT trigger NOTAM
XX plain language
"""


def _table(text: str) -> Mapping[str, str]:
    rows = (row.strip() for line in text.strip().splitlines() for row in line.split("|"))
    return MappingProxyType({row[:2]: row[3:] for row in rows})


SUBJECTS: Mapping[str, str] = _table(_SUBJECTS)
"""What a NOTAM is about, by the second and third letters of its code."""
CONDITIONS: Mapping[str, str] = _table(_CONDITIONS)
"""What is with it, by the fourth and fifth letters."""


def subject_of(q_code: str) -> str:
    """The subject of a code such as `QOBCE` in words; "" where the table has none."""
    return SUBJECTS.get(q_code[1:3], "")


def condition_of(q_code: str) -> str:
    """The condition of a code such as `QOBCE` in words; "" where the table has none."""
    return CONDITIONS.get(q_code[3:5], "")


def kind_of(q_code: str) -> str:
    """One of ALL_KINDS, by which NOTAMs are shown and muted."""
    if q_code[1:3] == "KK":
        return CHECKLIST
    return KINDS.get(q_code[1:2], OTHER)
