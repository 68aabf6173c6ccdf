// Requests of the panel's scripts to the panel: JSON of this origin, with the CSRF token of its forms.

const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class PanelError extends Error {}

/** GET or POST an address of the panel, such as /admin/counts/; throws PanelError with `status` (0: no answer). */
export async function ask(path, method = "GET") {
  let response;
  try {
    response = await fetch(document.body.dataset.root + path, { method, headers: method === "GET" ? {} : { "X-CSRFToken": csrf }, cache: "no-store", redirect: "error" });
  } catch {
    throw Object.assign(new PanelError("The server does not answer"), { status: 0 });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw Object.assign(new PanelError(answer.error?.message ?? `The server answered ${response.status}`), { status: response.status });
}

/** A short-lived access token of the signed-in user: `{token, expires_in}`. */
export const accessToken = () => ask("/admin/token/", "POST");
