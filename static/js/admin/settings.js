// The settings page: shows a typed number of seconds as a duration in words.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** An exact duration in words, formatted as on the server. */
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
