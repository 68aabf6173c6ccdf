// The page of live connections: refreshes the list.

import { renew } from "./renew.js";

renew(document.querySelector("[data-renew]"), document.querySelector("[data-renew-says]"), document.querySelector("[data-renew-hold]"));
