// The settings page: beside a number of seconds stands how long that is, while it is typed.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** A length of time exactly, in words, as the server writes it. */
export function lasts(seconds) {
  let rest = Math.round(seconds);
  const words = [];
  for (const [word, unit] of UNITS) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count) words.push(`${count} ${word}${count === 1 ? "" : "s"}`);
  }
  return words.join(" ") || "0 seconds";
}

for (const means of document.querySelectorAll("[data-means]")) {
  const input = document.getElementById(means.dataset.means);
  input.addEventListener("input", () => {
    means.textContent = input.value !== "" && input.valueAsNumber >= 0 ? lasts(input.valueAsNumber) : "";
  });
}
