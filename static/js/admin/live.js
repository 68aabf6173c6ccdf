// The panel's live connection. The cookie does not authenticate it: it gets an access token, and renews it over the connection.
// Other pages of the panel use the same connection: live.on(event, handler), live.want([topics]).

import { io } from "../../vendor/socket.io.esm.min.js";
import { accessToken } from "./api.js";

/** Renew after this fraction of a token's lifetime. */
const RENEW_AT = 0.7;
const RETRY_MS = 5000;

class Live extends EventTarget {
  /** Events: state {state, message}; states: connecting, live, lost, refused. Register handlers for the server's events with `on`. */
  constructor() {
    super();
    this.topics = new Set();
    this.token = null;
    this.timer = 0;
    this.ended = null;
    this.socket = io({
      path: document.body.dataset.socketioPath,
      // No greeting: no page of the panel shows aircraft.
      auth: (give) => give({ greeting: false, ...(this.token && { token: this.token }) }),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelayMax: 15000,
      autoConnect: false,
    });
    this.socket.on("connect", () => {
      this.ended = null;
      this._tell("live");
      this._subscribe();
    });
    this.socket.on("error", (error) => {
      this.ended = error;
    });
    this.socket.on("connect_error", (error) => (error.data?.code ? this._refused(error.message) : this._tell("lost", "The server does not answer")));
    this.socket.on("disconnect", (reason) => {
      if (reason === "io client disconnect") return;
      if (reason === "io server disconnect") this._refused(this.ended?.message ?? "The server ended the connection");
      else this._tell("lost", "The connection broke");
    });
  }

  /** Register a handler for an event of the server. */
  on(event, handler) {
    this.socket.on(event, handler);
  }

  /** Subscribe to topics, now and after every reconnection. */
  want(topics) {
    for (const topic of topics) this.topics.add(topic);
    if (this.socket.connected) this._subscribe();
  }

  /** Get a token and connect; without one, show the reason and try again, unless the sign-in has ended. */
  async open() {
    clearTimeout(this.retry);
    this._tell("connecting");
    try {
      await this._renew();
    } catch (error) {
      this._tell(error.status === 401 ? "refused" : "lost", error.status === 401 ? "Signed out" : error.message);
      if (error.status !== 401) this._again();
      return;
    }
    this.socket.connect();
  }

  async _renew() {
    clearTimeout(this.timer);
    const { token, expires_in: seconds } = await accessToken();
    this.token = token;
    if (this.socket.connected) this.socket.emit("authenticate", { token });
    this.timer = setTimeout(() => this._renew().catch((error) => error.status === 401 && this.socket.disconnect() && this._tell("refused", "Signed out")), seconds * RENEW_AT * 1000);
  }

  _subscribe() {
    if (this.topics.size) this.socket.emit("subscribe", { topics: [...this.topics], delta: true });
  }

  _refused(message) {
    this._tell("refused", message);
    this._again();
  }

  _again() {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), RETRY_MS + Math.random() * RETRY_MS);
  }

  _tell(state, message = "") {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, message } }));
  }
}

export const live = new Live();
