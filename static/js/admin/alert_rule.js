// The form of an alert rule: its buttons change it without a new page, and what it would match is looked for after each change.
// The server draws the form; this script sends it as the buttons would, and puts the answer in its place.

import { drawn } from "./renew.js";

const LOOK_MS = 900;
/** A browser that searches a list by typed letters chooses with each of them: the form waits for the last one. */
const TYPED_MS = 700;

const form = document.querySelector("[data-rule-form]");
const part = form.querySelector("[data-rule-part]");
const says = form.querySelector("[data-rule-says]");
const preview = form.querySelector("[data-preview]");
form.dataset.scripted = "";

/** Send the form to the address that it names so; returns the part that it answers with, and shows why there is none. */
async function send(name, deed, signal) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", deed);
  let response;
  try {
    response = await fetch(form.dataset[name], { method: "POST", body, cache: "no-store", redirect: "error", signal });
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw new Error("The server does not answer. Nothing was changed; try again.");
  }
  if (response.ok) return response.text();
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
}

/** What the form would send now. */
const typed = () => new URLSearchParams(new FormData(form)).toString();

// -- the buttons of the form

let isChanging = false;

/** Do what a button or a choice asks for. */
async function change(deed) {
  if (isChanging) return;
  isChanging = true;
  form.setAttribute("aria-busy", "true");
  try {
    let text;
    let sent;
    // What is typed while the server answers is in the next request, and not lost.
    do {
      sent = typed();
      text = await send("ruleForm", deed);
    } while (typed() !== sent);
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    const active = document.activeElement;
    const held = deed.startsWith("redraw:") && part.contains(active) ? active.name : "";
    const caret = held ? active.selectionStart : null;
    const made = drawn(text);
    const told = made.querySelector("[data-says]")?.dataset.says ?? "";
    part.replaceChildren(made);
    for (const [place, one] of part.querySelectorAll("details").entries()) one.open = open[place] ?? one.open;
    buttons();
    // After a choice the focus stays where the user has gone meanwhile; after a button it is where the server says.
    const here = held && part.querySelector(`[name="${CSS.escape(held)}"]:not([type="checkbox"], [type="hidden"], button)`);
    (here || part.querySelector("[autofocus]"))?.focus();
    if (here && typeof caret === "number") here.setSelectionRange?.(caret, caret);
    says.textContent = told;
    later();
  } catch (error) {
    says.textContent = error.message;
    says.classList.remove("only-read");
  } finally {
    isChanging = false;
    form.removeAttribute("aria-busy");
  }
}

form.addEventListener("click", (event) => {
  const button = event.target.closest('button[name="do"]');
  if (!button || ["save", "test"].includes(button.value)) return;
  event.preventDefault();
  if (button.value === "preview") look();
  else change(button.value);
});
let waiting = 0;
let chosen = "";
let keyAt = -TYPED_MS;

/** Redraw for the last choice, `after` so many milliseconds. */
function redraw(after) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const name = chosen;
    chosen = "";
    if (name) change(`redraw:${name}`);
  }, after);
}

form.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-redraw]")) return;
  keyAt = performance.now();
  if (chosen) redraw(TYPED_MS);
});
form.addEventListener("change", (event) => {
  if (!event.target.matches("[data-redraw]")) return;
  chosen = event.target.name;
  redraw(performance.now() - keyAt < TYPED_MS ? TYPED_MS : 0);
});
form.addEventListener("focusout", () => chosen && redraw(0));

// -- what it would match

let timer = 0;
let asked = null;

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, LOOK_MS);
}

async function look() {
  clearTimeout(timer);
  asked?.abort();
  asked = new AbortController();
  try {
    const text = await send("rulePreview", "preview", asked.signal);
    if (text !== null) preview.replaceChildren(drawn(text));
  } catch (error) {
    preview.textContent = error.message;
  }
}

form.addEventListener("input", later);

// -- values in the message

function buttons() {
  for (const button of part.querySelectorAll("[data-insert]")) button.hidden = false;
  for (const plain of part.querySelectorAll("[data-plain]")) plain.hidden = true;
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const message = form.elements.message;
  message.setRangeText(button.dataset.insert, message.selectionStart, message.selectionEnd, "end");
  message.focus();
  later();
});

// A new rule's times are in the zone of this browser.
if ("new" in form.dataset && form.elements.zone.value === "UTC") form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
buttons();
look();
