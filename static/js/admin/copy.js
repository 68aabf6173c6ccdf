// Copy buttons: [data-copy] is the id of the element whose text is copied.

const SAID_MS = 2000;

/** Show and set up every copy button. */
export function copyButtons(root = document) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = (button.dataset.label ??= button.textContent);
  try {
    // The clipboard exists only over TLS or on localhost.
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
  }
  setTimeout(() => {
    button.textContent = label;
  }, SAID_MS);
}
