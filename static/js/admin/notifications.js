// The page of destinations: allows notifications in this browser, or turns them off.

import { ask, show, state, turnOff } from "../notify.js";

const WORDS = {
  unsupported: "This browser has no notifications.",
  insecure: "The browser shows notifications only over HTTPS, or on the server's own machine.",
  denied: "The browser blocks notifications of this site. Allow them in its settings for this site.",
  undecided: "Not allowed yet.",
  off: "Turned off in this browser.",
  on: "On: alerts show up here while a page is open.",
};

const one = (selector) => document.querySelector(selector);
const tests = document.querySelectorAll("[data-notify-test]");

function tell() {
  const now = state();
  one("[data-notify]").hidden = false;
  one("[data-notify-says]").textContent = WORDS[now];
  one("[data-notify-ask]").hidden = now !== "undecided" && now !== "off";
  one("[data-notify-off]").hidden = now !== "on";
  for (const button of tests) button.hidden = now !== "on";
}

one("[data-notify-ask]").addEventListener("click", async () => {
  await ask();
  tell();
  (state() === "on" ? one("[data-notify-off]") : one("[data-notify-says]")).focus();
});
one("[data-notify-off]").addEventListener("click", () => {
  turnOff();
  tell();
  one("[data-notify-ask]").focus();
});
for (const button of tests) button.addEventListener("click", () => show({ id: "", rule_name: "SkySpy", message: "This is a test." }));
tell();
