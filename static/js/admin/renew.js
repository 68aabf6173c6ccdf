// A part of a page that is refreshed: the server renders it again, and only differences are applied, so that focus, selection
// and scroll position stay. [data-renew] is the address of the part. What a script puts into an element with [data-own] stays.

const EVERY_MS = 4000;

/** Keep a part current while the page is visible; `says` is the element for its state, `hold` a button that pauses it. Returns a function
    that refreshes it now. */
export function renew(part, says, hold) {
  let held = false;
  const tell = (text) => {
    says.hidden = false;
    if (says.textContent !== text) says.textContent = text;
  };
  const look = async () => {
    if (document.hidden || held) return;
    let response;
    try {
      response = await fetch(part.dataset.renew + location.search, { cache: "no-store", redirect: "error" });
    } catch {
      tell("Not renewed: the server does not answer");
      return;
    }
    if (response.status === 401) {
      clearInterval(timer);
      tell("Not renewed: signed out");
    } else if (!response.ok) tell("Not renewed: the server is busy");
    else if (!held) {
      children(part, drawn(await response.text()));
      tell("Renews itself");
    }
  };
  hold.hidden = false;
  hold.setAttribute("aria-pressed", "false");
  hold.addEventListener("click", () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    tell(held ? "Holds still" : "Renews itself");
    if (!held) look();
  });
  document.addEventListener("visibilitychange", look);
  const timer = setInterval(look, EVERY_MS);
  tell("Renews itself");
  return look;
}

/** The elements of a part. The server's template has escaped its values; nothing else parses text as HTML. */
export function drawn(text) {
  const made = document.createElement("template");
  made.innerHTML = text;
  return made.content;
}

/** Make the children of `here` like those of `there`; elements with a data-key are matched by it, others by position. */
export function children(here, there) {
  if ([...there.children].some((one) => one.dataset.key)) {
    keyed(here, there);
    return;
  }
  const found = told(here);
  const wanted = told(there);
  for (const [index, one] of wanted.entries()) {
    const old = found[index];
    if (!old) here.append(one);
    else if (old.nodeName === one.nodeName) match(old, one);
    else old.replaceWith(one);
  }
  for (const old of found.slice(wanted.length)) old.remove();
}

/** The nodes without blank text, which differs with how a template is included. */
const told = (node) => [...node.childNodes].filter((one) => one.nodeType !== Node.TEXT_NODE || one.nodeValue.trim());

/** Rows with keys: those that stay are never removed and inserted again, which would lose the focus. */
function keyed(here, there) {
  const wanted = [...there.children];
  const stay = new Set(wanted.map((one) => one.dataset.key));
  for (const old of [...here.children]) if (!stay.has(old.dataset.key)) old.remove();
  const known = new Map([...here.children].map((one) => [one.dataset.key, one]));
  let place = here.firstElementChild;
  for (const one of wanted) {
    const old = known.get(one.dataset.key);
    if (old && old === place) place = place.nextElementSibling;
    else here.insertBefore(old ?? one, place);
    if (old) match(old, one);
  }
}

function match(here, there) {
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.nodeValue !== there.nodeValue) here.nodeValue = there.nodeValue;
    return;
  }
  if (here.hasAttribute("data-own") && there.hasAttribute("data-own")) return;
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  children(here, there);
}
