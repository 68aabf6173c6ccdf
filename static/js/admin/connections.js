// The page of live connections: its list renews itself.

import { renew } from "./renew.js";

renew(document.querySelector("[data-renew]"), document.querySelector("[data-renew-says]"), document.querySelector("[data-renew-hold]"));
