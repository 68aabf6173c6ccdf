// The live connection: subscribes, resumes from the last delta, reports its state and the reason of a refusal.

import { io } from "../vendor/socket.io.esm.min.js";
import { listen } from "./notify.js";

const TOPICS = ["aircraft", "stats"];
/** Topics of the signed-in user's own. */
const OWN_TOPICS = ["alerts"];
/** Refusals after which a sign-in may help. */
export const SIGN_IN_CODES = new Set(["token_missing", "token_invalid", "token_expired", "token_revoked", "permission_denied"]);
const RETRY_MS = [5000, 15000];

const isBad = (code) => SIGN_IN_CODES.has(code) && code !== "token_missing" && code !== "permission_denied";

export class Link extends EventTarget {
  /** Events: state {state, code, message}, snapshot, delta, stats, subscribed {topics, denied}. States: connecting, live, lost, refused. */
  constructor(path, session, sky) {
    super();
    this.session = session;
    this.sky = sky;
    this.lastError = null;
    this.asking = false;
    this.retry = 0;
    this.socket = io({
      path,
      // No greeting: subscribing brings what was missed, or a snapshot.
      auth: (give) => give({ greeting: false, ...(session.access && { token: session.access }) }),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelayMax: 15000,
      autoConnect: false,
    });
    this._wire();
  }

  open() {
    this._tell("connecting");
    this.socket.connect();
  }

  /** Connect again with the present token. */
  reopen() {
    clearTimeout(this.retry);
    this.socket.disconnect();
    this.open();
  }

  /** Send the new token over the live connection, so that no message is lost. */
  renewed() {
    if (this.socket.connected && this.session.access) this.socket.emit("authenticate", { token: this.session.access });
  }

  /** Subscribe from the last applied delta: the server sends what was missed as one delta, or a snapshot. */
  catchUp() {
    if (this.asking) return;
    this.asking = true;
    const since = this.sky.since;
    this.socket.emit("subscribe", { topics: this.session.user ? [...TOPICS, ...OWN_TOPICS] : TOPICS, delta: true, ...(since && { since }) });
  }

  _wire() {
    const { socket } = this;
    socket.on("connect", () => {
      this.lastError = null;
      this.asking = false;
      this._tell("live");
      this.catchUp();
    });
    socket.on("connect_error", (error) => this._refused(error));
    socket.on("disconnect", (reason) => this._ended(reason));
    socket.on("error", (error) => {
      this.lastError = error;
      this.asking = false;
    });
    socket.on("subscribed", (answer) => {
      this.asking = false;
      this._send("subscribed", answer);
    });
    socket.on("unsubscribed", (answer) => this._send("unsubscribed", answer));
    socket.on("aircraft:snapshot", (payload) => this._send("snapshot", payload));
    socket.on("aircraft:delta", (payload) => this._send("delta", payload));
    socket.on("aircraft:heartbeat", ({ seq }) => {
      if (seq > this.sky.seq) this.catchUp();
    });
    socket.on("stats:update", (payload) => this._send("stats", payload));
    listen((event, handler) => socket.on(event, handler));
  }

  async _refused(error) {
    const code = error.data?.code;
    if (!code) {
      this._tell("lost", { message: "The server does not answer" });
      return;
    }
    await this._judge(code, error.message);
  }

  async _ended(reason) {
    if (reason === "io client disconnect") return;
    if (reason !== "io server disconnect") {
      this._tell("lost", { message: "The connection broke" });
      return;
    }
    // The server sent the reason in an error event before.
    await this._judge(this.lastError?.code, this.lastError?.message ?? "The server ended the connection");
  }

  async _judge(code, message) {
    if (code === "token_expired" && (await this.session.renew())) {
      this.reopen();
      return;
    }
    if (isBad(code)) this.session.drop();
    this._tell("refused", { code, message });
    if (SIGN_IN_CODES.has(code)) return;
    const [least, most] = RETRY_MS;
    this.retry = setTimeout(() => this.open(), least + Math.random() * (most - least));
  }

  _tell(state, more = {}) {
    this._send("state", { state, ...more });
  }

  _send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
