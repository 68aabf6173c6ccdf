// The lists of alerts and of deliveries: refreshed at intervals, and soon after the live connection reports an alert.

import { live } from "./live.js";
import { renew } from "./renew.js";

const SOON_MS = 300;

const look = renew(document.querySelector("[data-renew]"), document.querySelector("[data-renew-says]"), document.querySelector("[data-renew-hold]"));

// Several alerts of one round are one refresh.
let timer = 0;
live.on("alert:triggered", () => {
  clearTimeout(timer);
  timer = setTimeout(look, SOON_MS);
});
