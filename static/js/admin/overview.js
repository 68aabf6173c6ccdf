// Parts of a page that show the server's present state: [data-part] is the address of one. It is requested when the live
// connection reports a change, at most every few seconds, and at longer intervals without one; never while the page is hidden.

import { live } from "./live.js";
import { children, drawn } from "./renew.js";

const SOON_MS = 3000;
const LATE_MS = 12000;

/** Keep a part current. Users without a permission for any topic get only the requests at longer intervals. */
function keep(part) {
  let asked = Date.now();
  let ended = false;
  const look = async (after) => {
    if (ended || document.hidden || document.querySelector('[aria-busy="true"]') || Date.now() - asked < after) return;
    asked = Date.now();
    // The connection's state shows a missing answer already; after a sign-out, stop.
    const response = await fetch(part.dataset.part, { cache: "no-store", redirect: "error" }).catch(() => null);
    ended = response?.status === 401;
    if (!response?.ok) return;
    children(part, drawn(await response.text()));
    // Update the same number in the bar.
    for (const told of part.querySelectorAll("[data-count]")) document.querySelector(`.counts [data-count="${told.dataset.count}"]`).textContent = told.textContent;
  };
  live.on("stats:update", () => look(SOON_MS));
  setInterval(() => look(LATE_MS), SOON_MS);
  document.addEventListener("visibilitychange", () => look(SOON_MS));
}

/** Buttons that show progress while their request takes long. */
function busy(event) {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.setAttribute("aria-busy", "true");
  button.textContent = button.dataset.busy;
}

for (const part of document.querySelectorAll("[data-part]")) keep(part);
document.addEventListener("submit", busy);
