// Connection state recovery, as its manual has it: recovery.mjs URL MANAGEMENT TRANSPORT
import assert from "node:assert/strict";
import { ask, connect, next, within } from "./lib/clients.mjs";

const [url, management, transport] = process.argv.slice(2);
const user = `recovering-${transport}`;

async function post(body, to = user) {
  const answer = await fetch(`${management}v1/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ to, type: "text", body }),
  });
  assert.equal(answer.status, 202, await answer.text());
}

const socket = await connect(url, 4, transport, { user, session: "" }, { reconnection: false });
assert.equal(socket.recovered, false);
const id = socket.id;
const heard = [];
let onHeard = () => {};
socket.on("message", (message) => {
  if (message.type !== "session") {
    heard.push(message.body);
    onHeard();
  }
});

async function hears(...bodies) {
  await within(
    bodies.join(),
    new Promise((resolve) => {
      onHeard = () => heard.length >= bodies.length && resolve();
      onHeard();
    }),
  );
  assert.deepEqual(heard.splice(0), bodies);
}

/** Breaks the link, and reconnects when everything was sent that the client is to miss. */
async function cut(whileAway) {
  const disconnected = next(socket, "disconnect");
  socket.io.engine.close();
  await disconnected;
  await whileAway();
  const connected = next(socket, "connect");
  socket.connect();
  await connected;
}

// Without a message so far, the client recovers by the offset that it received at the start.
await cut(() => post("zero"));
assert.equal(socket.recovered, true);
assert.equal(socket.id, id);
await hears("zero");

assert.ok((await ask(socket, "join_group", "readers"))[0].eventId);
await post("one");
await hears("one");
for (let round = 0; round < 3; round++) {
  await cut(async () => {
    await post("two");
    await post("to all", "group:readers");
    await post("three");
  });
  assert.equal(socket.recovered, true);
  assert.equal(socket.id, id);
  await hears("two", "to all", "three");
  await post("again to all", "group:readers");
  await hears("again to all");
}

// Nothing was missed, and a raw event is still answered.
await cut(async () => {});
assert.equal(socket.recovered, true);
const answer = next(socket, "hello");
socket.emit("hello", 1, "text", Buffer.from([1, 2, 3]));
assert.deepEqual((await answer).slice(0, 2), [1, "text"]);

// With an unknown offset the client cannot resume: the gateway gives it a new session.
socket._lastOffset = "not one of ours";
await cut(async () => {});
assert.equal(socket.recovered, false);
assert.notEqual(socket.id, id);
await post("a new beginning");
await hears("a new beginning");
socket.disconnect();
