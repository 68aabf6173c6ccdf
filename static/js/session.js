// The signed-in user: tokens stored for this tab only, renewed before they expire.

/** The path prefix of this server: "" at the root. Another server may have the same origin and another prefix. */
const ROOT = document.body.dataset.root;
const KEY = `skyspy.session${ROOT}`;
/** Renew after this fraction of a token's lifetime. */
const RENEW_AT = 0.8;

export class SignInError extends Error {}

export class Session extends EventTarget {
  constructor() {
    super();
    this.tokens = this._load();
    this.renewing = null;
    this.timer = 0;
    this._plan();
  }

  get access() {
    return this.tokens?.access ?? null;
  }

  get user() {
    return this.tokens?.user ?? null;
  }

  /** Sign in; throws SignInError with a sentence for the form. */
  async signIn(username, password) {
    this._keep(await ask("/api/auth/token/", { username, password }));
  }

  /** Exchange the refresh token, one request at a time: using a refresh token twice ends the whole sign-in. */
  renew() {
    this.renewing ??= this._renew().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** Sign out: remove the tokens, and revoke them on the server. */
  async signOut() {
    const refresh = this.tokens?.refresh;
    this._keep(null);
    if (refresh) await ask("/api/auth/token/revoke/", { token: refresh }).catch(() => {});
  }

  /** Remove tokens that the server refuses. */
  drop() {
    if (this.tokens) this._keep(null);
  }

  async _renew() {
    if (!this.tokens?.refresh) return false;
    try {
      const fresh = await ask("/api/auth/token/refresh/", { refresh: this.tokens.refresh });
      this._keep({ ...this.tokens, ...fresh });
      this.dispatchEvent(new Event("renewed"));
      return true;
    } catch (error) {
      if (error.status === 401 || error.status === 400) this._keep(null);
      return false;
    }
  }

  _keep(tokens) {
    this.tokens = tokens && { ...tokens, endsAt: Date.now() + tokens.expires_in * 1000, lives: tokens.expires_in * 1000 };
    try {
      if (this.tokens) sessionStorage.setItem(KEY, JSON.stringify(this.tokens));
      else sessionStorage.removeItem(KEY);
    } catch {
      // Without storage the sign-in ends with the page.
    }
    this._plan();
    this.dispatchEvent(new Event("change"));
  }

  _load() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  }

  _plan() {
    clearTimeout(this.timer);
    if (!this.tokens) return;
    const wait = this.tokens.endsAt - Date.now() - this.tokens.lives * (1 - RENEW_AT);
    // A browser's timer is limited to 24 days; a token with a longer lifetime is renewed early.
    this.timer = setTimeout(() => this.renew(), Math.min(Math.max(wait, 1000), 2 ** 31 - 1));
  }
}

async function ask(path, body) {
  let response;
  try {
    response = await fetch(ROOT + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new SignInError("The server does not answer. Check that it runs, and try again.");
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = new SignInError(answer.error?.message ?? `The server answered ${response.status}.`);
  error.status = response.status;
  throw error;
}
