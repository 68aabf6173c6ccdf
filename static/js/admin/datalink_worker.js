// Decodes texts of messages for display, in a thread of its own: a text on which the decoder throws or never ends harms no page.
// Takes {number, label, sublabel, text}; answers {number, decoded}: {description, level, items: [[label, value]], rest}, null where the
// decoder knows no form of the text, or {failed: true} where it threw.

import { MessageDecoder } from "../../vendor/acars-decoder.min.js";

const MAX_ITEMS = 100;
const MAX_TEXT = 2000;

const decoder = new MessageDecoder();

const short = (value) => (value === undefined || value === null ? "" : String(value).slice(0, MAX_TEXT));

function decode({ label, sublabel, text }) {
  const result = decoder.decode({ label, sublabel: sublabel || undefined, text });
  if (!result.decoded) return null;
  const items = (result.formatted.items ?? []).slice(0, MAX_ITEMS).map((item) => [short(item.label), short(item.value)]);
  return { description: short(result.formatted.description), level: short(result.decoder.decodeLevel), items, rest: short(result.remaining?.text) };
}

addEventListener("message", ({ data }) => {
  let decoded = null;
  try {
    decoded = decode(data);
  } catch {
    decoded = { failed: true };
  }
  postMessage({ number: data.number, decoded });
});
postMessage({ number: -1 });
