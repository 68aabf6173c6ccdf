// The pages of datalink messages: decodes what is shown, and refreshes the lists that the server marks for it.

import { Decoding } from "./datalink_decoder.js";
import { live } from "./live.js";
import { renew } from "./renew.js";

/** However many messages come, the next request begins so long after the last answer. */
const PAUSE_MS = 1000;

const decoding = new Decoding();
decoding.fill(document);

const part = document.querySelector("[data-renew]");
if (part) {
  const look = renew(part, document.querySelector("[data-renew-says]"), document.querySelector("[data-renew-hold]"));
  new MutationObserver(() => decoding.fill(part)).observe(part, { childList: true, subtree: true });
  if ("followsMessages" in part.dataset) follow(look);
}

/** Look soon after a message has come: at once after a quiet time, one look at a time. */
function follow(look) {
  let isWaiting = false;
  let hasMore = false;
  const next = async () => {
    if (isWaiting) {
      hasMore = true;
      return;
    }
    isWaiting = true;
    hasMore = false;
    await look();
    setTimeout(() => {
      isWaiting = false;
      if (hasMore) next();
    }, PAUSE_MS);
  };
  live.on("acars:message", next);
  live.want(["acars"]);
}
