// The pages of datalink messages: decodes what is shown, and refreshes the lists that the server marks for it.

import { Decoding } from "./datalink_decoder.js";
import { live } from "./live.js";
import { renew } from "./renew.js";

/** However many messages come, a list is requested once in this time. */
const SOON_MS = 1000;

const decoding = new Decoding();
decoding.fill(document);

const part = document.querySelector("[data-renew]");
if (part) {
  const look = renew(part, document.querySelector("[data-renew-says]"), document.querySelector("[data-renew-hold]"));
  new MutationObserver(() => decoding.fill(part)).observe(part, { childList: true, subtree: true });
  if ("live" in part.dataset) {
    let timer = 0;
    live.on("acars:message", () => {
      timer ||= setTimeout(() => {
        timer = 0;
        look();
      }, SOON_MS);
    });
    live.want(["acars"]);
  }
}
