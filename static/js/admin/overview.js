// Parts of a page that show the server as it is now: [data-part] holds the address of one. It is asked for when the live
// connection says that something moved, at most every few seconds, and now and then without; never while nobody looks.

import { live } from "./live.js";
import { children, drawn } from "./renew.js";

const SOON_MS = 3000;
const LATE_MS = 12000;

/** Keep a part true. Who holds nothing that the connection tells of sees it change a little later. */
function keep(part) {
  let asked = Date.now();
  let ended = false;
  const look = async (after) => {
    if (ended || document.hidden || document.querySelector('[aria-busy="true"]') || Date.now() - asked < after) return;
    asked = Date.now();
    // No answer shows in the connection's state already; signed out is for good.
    const response = await fetch(part.dataset.part, { cache: "no-store", redirect: "error" }).catch(() => null);
    ended = response?.status === 401;
    if (!response?.ok) return;
    children(part, drawn(await response.text()));
    // The bar says the same number in the same moment.
    for (const told of part.querySelectorAll("[data-count]")) document.querySelector(`.counts [data-count="${told.dataset.count}"]`).textContent = told.textContent;
  };
  live.on("stats:update", () => look(SOON_MS));
  setInterval(() => look(LATE_MS), SOON_MS);
  document.addEventListener("visibilitychange", () => look(SOON_MS));
}

/** Buttons whose act takes a while say so. */
function busy(event) {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.setAttribute("aria-busy", "true");
  button.textContent = button.dataset.busy;
}

for (const part of document.querySelectorAll("[data-part]")) keep(part);
document.addEventListener("submit", busy);
