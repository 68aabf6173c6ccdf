// Notifications of the browser for alerts of the signed-in user, on pages that are open. The browser is asked for its permission only
// by `ask`, which a page calls when its user presses a button.

const ROOT = document.body.dataset.root;
/** Another server may have the same origin and another prefix. */
const KEY = `skyspy.notify${ROOT}`;

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

/** Show alerts as they come: `on(event, handler)` registers a handler for an event of the server. */
export function listen(on) {
  on("alert:triggered", (alert) => {
    if (alert.notify && !alert.held_until) show(alert);
  });
}

function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Without storage the browser's permission alone decides.
  }
}
