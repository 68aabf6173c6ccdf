// Notifications of the browser for alerts of the signed-in user, on pages that are open. The browser is asked for its permission only
// by `ask`, which a page calls when its user presses a button.

const ROOT = document.body.dataset.root;
/** Another server may have the same origin and another prefix. */
const KEY = `skyspy.notify${ROOT}`;
/** The ids of alerts that were shown lately. */
const SHOWN = `skyspy.notified${ROOT}`;
const MAX_SHOWN = 100;
/** Alerts of this time before a page connects are shown: between two pages none is lost. */
const MISSED_MS = 60000;

/** What holds in this browser: unsupported, insecure (no TLS), denied, undecided, off (by its user), on. */
export function state() {
  if (!window.isSecureContext) return "insecure";
  if (!("Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  if (Notification.permission !== "granted") return "undecided";
  return read() === "off" ? "off" : "on";
}

/** Ask the browser where it has not decided, and turn notifications on; returns the state then. */
export async function ask() {
  if (state() === "undecided") await Notification.requestPermission();
  write("on");
  return state();
}

/** Show none in this browser from now on. */
export const turnOff = () => write("off");

/** Show an alert. Pages that show the same one at the same time share one notification, by its id. */
export function show({ id, rule_name: title, message }) {
  if (state() !== "on") return;
  const made = new Notification(title, { body: message, tag: `skyspy-${id}`, icon: document.querySelector('link[rel="icon"]')?.href });
  made.addEventListener("click", () => {
    window.focus();
    if (id) location.assign(`${ROOT}/admin/alerts/alert/${encodeURIComponent(id)}/`);
    made.close();
  });
}

/** Show alerts as they come, and those that came while no page was connected; none twice. `on(event, handler)` registers a handler for an
    event of the server. */
export function listen(on) {
  on("alert:triggered", once);
  on("alert:snapshot", ({ alerts, timestamp }) => {
    const oldest = Date.parse(timestamp) - MISSED_MS;
    for (const alert of alerts) if (Date.parse(alert.timestamp) >= oldest) once(alert);
  });
}

function once(alert) {
  if (!alert.notify || alert.held_until || state() !== "on") return;
  const ids = (read(SHOWN) ?? "").split(" ");
  if (ids.includes(alert.id)) return;
  write([...ids.slice(-MAX_SHOWN), alert.id].join(" "), SHOWN);
  show(alert);
}

function read(key = KEY) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(value, key = KEY) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the browser's permission alone decides.
  }
}
