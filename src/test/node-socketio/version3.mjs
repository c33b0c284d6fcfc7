// Version 3 at a gateway that offers recovery to all clients: version3.mjs URL MANAGEMENT TRANSPORT
import assert from "node:assert/strict";
import { connect, within } from "./lib/clients.mjs";

const [url, management, transport] = process.argv.slice(2);
const user = `third-${transport}`;

const socket = await connect(url, 3, transport, { user });
const events = [];
const last = new Promise((resolve) =>
  socket.onAny((...event) => {
    events.push(event);
    if (event[0] === "last") {
      resolve();
    }
  }),
);
for (const type of ["first", "last"]) {
  const answer = await fetch(`${management}v1/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ to: user, type, contentType: "application/socket.io+json", body: '["news"]' }),
  });
  assert.equal(answer.status, 202, await answer.text());
}
await within("the last event", last);
assert.deepEqual(events, [
  ["first", "news"],
  ["last", "news"],
]);
socket.close();
