// The table's columns, one row each: title, value, sort key, and when it is hidden.
// `fold`: a narrow table hides columns with a higher value first (0: never). `text` gets a record and the time.

import * as say from "./format.js";

const field = (name, write = say.plain) => ({
  text: ({ fields }) => write(fields[name]),
  sort: ({ fields }) => fields[name],
});

export const COLUMNS = [
  { key: "flight", head: "Callsign", fold: 0, ...field("flight") },
  { key: "hex", head: "Hex", fold: 3, code: true, ...field("hex") },
  { key: "t", head: "Type", fold: 0, ...field("t") },
  { key: "r", head: "Reg", long: "Registration", fold: 4, ...field("r") },
  {
    key: "alt",
    head: "Alt",
    long: "Altitude",
    unit: "ft",
    fold: 0,
    number: true,
    text: ({ fields }) => say.altitude(fields.alt_baro ?? fields.alt_geom),
    sort: ({ fields }) => {
      const altitude = fields.alt_baro ?? fields.alt_geom;
      return altitude === "ground" ? -10000 : altitude;
    },
  },
  { key: "gs", head: "Speed", long: "Ground speed", unit: "kt", fold: 0, number: true, ...field("gs", say.whole) },
  { key: "track", head: "Track", unit: "°", fold: 2, number: true, ...field("track", say.degrees) },
  {
    key: "rate",
    head: "V/S",
    long: "Vertical rate",
    unit: "ft/min",
    fold: 2,
    number: true,
    text: ({ fields }) => say.rate(fields.baro_rate ?? fields.geom_rate),
    sort: ({ fields }) => fields.baro_rate ?? fields.geom_rate,
  },
  { key: "distance", head: "Dist", long: "Distance", unit: "nm", fold: 0, number: true, ...field("distance_nm", (v) => say.fixed(v, 1)) },
  { key: "bearing", head: "Brg", long: "Bearing", unit: "°", fold: 3, number: true, ...field("bearing", say.degrees) },
  { key: "squawk", head: "Squawk", fold: 3, code: true, ...field("squawk") },
  { key: "country", head: "Country", fold: 5, ...field("country") },
  {
    key: "operator",
    head: "Operator",
    fold: 5,
    text: ({ fields }) => say.plain(fields.ownOp ?? fields.airline),
    sort: ({ fields }) => fields.ownOp ?? fields.airline,
  },
  { key: "source", head: "Source", fold: 4, ...field("source", say.source) },
  {
    key: "age",
    head: "Age",
    long: "Age: time since it was last heard",
    fold: 1,
    number: true,
    text: (record, now) => say.age(now - record.heard),
    sort: (record) => -record.heard,
  },
];

const unit = (name) => (value) => `${say.whole(value)} ${name}`;
const angle = (value) => `${say.degrees(value)}°`;

/** The fields of the details, in groups: field, label, formatter. */
export const DETAILS = [
  [
    "Aircraft",
    [
      ["r", "Registration", say.plain],
      ["t", "Type", say.plain],
      ["desc", "Type in words", say.plain],
      ["type_class", "Class", say.plain],
      ["wtc", "Wake category", say.wake],
      ["airline", "Airline", say.plain],
      ["airline_callsign", "On the radio", say.plain],
      ["ownOp", "Operator", say.plain],
      ["country", "Country", say.plain],
      ["year", "Year", say.plain],
      ["dbFlags", "Marked as", say.flags],
      ["category", "Category", say.plain],
      ["squawk", "Squawk", say.plain],
      ["acas_ra", "Resolution advisory", (v) => say.plain(v.advisory ?? v.ra)],
    ],
  ],
  [
    "Height and speed",
    [
      ["alt_baro", "Barometric altitude", (v) => (v === "ground" ? "on the ground" : unit("ft")(v))],
      ["alt_geom", "Geometric altitude", unit("ft")],
      ["baro_rate", "Vertical rate", (v) => `${say.rate(v)} ft/min`],
      ["geom_rate", "Geometric rate", (v) => `${say.rate(v)} ft/min`],
      ["gs", "Ground speed", unit("kt")],
      ["ias", "Indicated airspeed", unit("kt")],
      ["tas", "True airspeed", unit("kt")],
      ["mach", "Mach", (v) => say.fixed(v, 3)],
      ["track", "Track", angle],
      ["true_heading", "True heading", angle],
      ["mag_heading", "Magnetic heading", angle],
      ["roll", "Roll", (v) => `${say.fixed(v, 1)}°`],
    ],
  ],
  [
    "Selected",
    [
      ["nav_altitude_mcp", "Selected altitude", unit("ft")],
      ["nav_altitude_fms", "FMS altitude", unit("ft")],
      ["nav_heading", "Selected heading", angle],
      ["nav_qnh", "QNH", (v) => `${say.fixed(v, 1)} hPa`],
      ["nav_modes", "Modes", (v) => v.join(", ")],
    ],
  ],
  [
    "Position",
    [
      ["lat", "Latitude", (v) => say.fixed(v, 5)],
      ["lon", "Longitude", (v) => say.fixed(v, 5)],
      ["distance_nm", "Distance", (v) => `${say.fixed(v, 1)} nm`],
      ["bearing", "Bearing", angle],
      ["nic", "NIC", say.plain],
      ["rc", "Radius of containment", unit("m")],
    ],
  ],
  [
    "Air",
    [
      ["wd", "Wind from", angle],
      ["ws", "Wind speed", unit("kt")],
      ["oat", "Outside temperature", (v) => `${say.whole(v)} °C`],
    ],
  ],
  [
    "Reception",
    [
      ["source", "Source", say.source],
      ["messages", "Messages", say.whole],
      ["rssi", "Signal", (v) => `${say.fixed(v, 1)} dBFS`],
    ],
  ],
];
