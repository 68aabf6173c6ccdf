// One JavaScript client of tests/wire/test_client_table.py, which follows the aircraft as docs/protocol.md says.
// Its argument is JSON: {library, url, transports, token, greeting}. It says what happens as lines of JSON; each line on its standard
// input asks for its present state.

import { createInterface } from "node:readline";

const { library, url, transports, token, greeting } = JSON.parse(process.argv[2]);
const loaded = await import(library);
const io = loaded.io ?? loaded.default.io ?? loaded.default;

const say = (what, more = {}) => process.stdout.write(`${JSON.stringify({ what, ...more })}\n`);
const way = { ...(transports && { transports }), forceNew: true };

const held = { epoch: null, seq: -1, aircraft: new Map() };
let asking = false;
let resumed = true;

function showResumed(by) {
  if (!resumed) say("resumed", { by });
  resumed = true;
}

function take(socket, delta) {
  if (delta.epoch !== held.epoch || delta.prev > held.seq) return ask(socket);
  if (delta.seq <= held.seq) return undefined;
  for (const patch of delta.changed) {
    const one = held.aircraft.get(patch.hex) ?? {};
    held.aircraft.set(patch.hex, one);
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) delete one[name];
      else one[name] = value;
    }
  }
  for (const { hex } of delta.removed) held.aircraft.delete(hex);
  held.seq = delta.seq;
  showResumed("delta");
  return say("delta");
}

function show(snapshot) {
  if (snapshot.epoch === held.epoch && snapshot.seq < held.seq) return;
  held.epoch = snapshot.epoch;
  held.seq = snapshot.seq;
  held.aircraft = new Map(snapshot.aircraft.map((one) => [one.hex, one]));
  showResumed("snapshot");
  say("snapshot");
}

function ask(socket) {
  if (asking) return;
  asking = true;
  const since = held.epoch === null ? {} : { since: { epoch: held.epoch, seq: held.seq } };
  socket.emit("subscribe", { topics: ["aircraft"], delta: true, ...since });
}

function begin() {
  const socket = io(url, { ...way, auth: { token, ...(greeting ? {} : { greeting: false }) } });
  socket.on("connect", () => {
    say("connect");
    asking = false;
    resumed = false;
    ask(socket);
  });
  socket.on("connect_error", (error) => say("connect_error", { message: error.message, code: error.data?.code }));
  socket.on("disconnect", (reason) => say("disconnect", { reason }));
  socket.on("error", (error) => say("error", error));
  socket.on("subscribed", ({ topics }) => {
    asking = false;
    say("subscribed", { topics });
  });
  socket.on("aircraft:snapshot", show);
  socket.on("aircraft:delta", (delta) => take(socket, delta));
  socket.on("aircraft:heartbeat", ({ seq }) => {
    if (seq > held.seq) ask(socket);
  });
  createInterface({ input: process.stdin }).on("line", () => {
    const { epoch, seq, aircraft } = held;
    say("state", { epoch, seq, aircraft: [...aircraft.values()], transport: socket.io.engine?.transport?.name });
  });
}

const stranger = io(url, { ...way, auth: { token: "wrong" }, reconnection: false });
stranger.on("connect_error", (error) => {
  say("refused", { message: error.message, code: error.data?.code });
  stranger.disconnect();
  begin();
});
