// The theme: the system's, or the chosen one. Runs before the first paint; the switch is set up when the page is loaded.
"use strict";
(() => {
  const KEY = "skyspy.theme";
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;
  const read = () => {
    try {
      const kept = localStorage.getItem(KEY);
      return ORDER.includes(kept) ? kept : "system";
    } catch {
      return "system"; // Storage may be forbidden; the system's theme needs none.
    }
  };
  const wear = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  let theme = read();
  wear(theme);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return;
    const says = button.querySelector("[data-theme-says]");
    const tell = () => {
      const next = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      says.textContent = `Theme: ${theme}. Switch to ${next}`;
      button.title = says.textContent;
    };
    button.addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      wear(theme);
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // Without storage the choice ends with the page.
      }
      tell();
    });
    tell();
    button.hidden = false;
  });
})();
