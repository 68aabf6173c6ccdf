// The script of every page of the panel: live counts in the bar, copy buttons, countdowns.

import { whole } from "../format.js";
import { listen } from "../notify.js";
import { ask } from "./api.js";
import { copyButtons } from "./copy.js";
import { live } from "./live.js";
import { countDown } from "./wait.js";

const COUNTS_MS = 5000;
const WORDS = { connecting: "Connecting", live: "Connected", lost: "Reconnecting", refused: "Not connected" };

const put = (name, value) => {
  for (const place of document.querySelectorAll(`[data-count="${name}"]`)) place.textContent = whole(value);
};

const shown = document.querySelector("[data-live]");
if (shown) {
  shown.hidden = false;
  live.addEventListener("state", ({ detail: { state, message } }) => {
    shown.dataset.state = state;
    shown.querySelector("[data-state-says]").textContent = message === "Signed out" ? message : WORDS[state];
    shown.title = message;
    // What was known of a server that is away is not known now.
    if (state === "lost" || state === "refused") for (const name of ["aircraft", "clients", "messages"]) put(name, null);
  });
  live.on("stats:update", ({ total_aircraft: aircraft, messages_per_second: messages }) => {
    put("aircraft", aircraft);
    put("messages", messages);
  });
  live.want(["stats"]);
  if (document.querySelector('meta[name="alerts"]')) {
    listen((event, handler) => live.on(event, handler));
    live.want(["alerts"]);
  }
  live.open();
  setInterval(async () => {
    if (document.hidden) return;
    // The connection's state shows a missing answer already.
    const counts = await ask("/admin/counts/").catch(() => null);
    for (const [name, value] of Object.entries(counts ?? {})) put(name, value);
  }, COUNTS_MS);
}

copyButtons();
countDown();
// On a small screen, scroll the menu to the present page.
document.querySelector(".rail-menu")?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary").focus();
});
