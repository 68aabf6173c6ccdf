// The page of safety events: refreshes both lists at intervals, and soon after the live connection reports an event.

import { live } from "./live.js";
import { renew } from "./renew.js";

const SOON_MS = 300;

const says = document.querySelector("[data-renew-says]");
const hold = document.querySelector("[data-renew-hold]");
const looks = [...document.querySelectorAll("[data-renew]")].map((part) => renew(part, says, hold));

// Several events of one round are one refresh.
let timer = 0;
const soon = () => {
  clearTimeout(timer);
  timer = setTimeout(() => looks.forEach((look) => look()), SOON_MS);
};
for (const event of ["safety:event", "safety:event_updated", "safety:event_resolved"]) live.on(event, soon);
live.want(["safety"]);
