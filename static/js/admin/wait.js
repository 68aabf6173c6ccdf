// Countdowns: [data-wait] is the number of seconds until a form may be sent again.

/** Start every countdown, and disable its form's button until the end. */
export function countDown(root = document) {
  for (const place of root.querySelectorAll("[data-wait]")) run(place, Date.now() + Number(place.dataset.wait) * 1000);
}

function run(place, endsAt) {
  const button = place.closest("form")?.querySelector('[type="submit"]');
  const said = place.textContent;
  const tell = () => {
    const left = Math.ceil((endsAt - Date.now()) / 1000);
    if (button) button.disabled = left > 0;
    if (left > 0) {
      // Screen readers read the sentence once, not each change of the number.
      button?.setAttribute("title", `Again in ${left} s`);
      if (button) button.textContent = `Sign in (${left} s)`;
      return;
    }
    clearInterval(timer);
    place.textContent = said.replace(/Try again.*/, "You can try again now.");
    if (button) {
      button.textContent = "Sign in";
      button.removeAttribute("title");
    }
  };
  const timer = setInterval(tell, 1000);
  tell();
}
