// A client whose requests go to the nodes in turn: wandering.mjs URL URL VERSION polling|upgrade
// The upgrade reaches the wrong node, which refuses it, and the client continues to poll.
// Both nodes need a service that answers raw events with their arguments.
import assert from "node:assert/strict";
import { ask, create, within } from "./lib/clients.mjs";
import { roundRobin } from "./lib/proxy.mjs";

const [first, second, versionText, transport] = process.argv.slice(2);
const version = Number(versionText);
const COUNT = 500;

const proxy = await roundRobin([first, second]);
const socket = create(proxy.url, version, transport, { user: `wanderer-${transport}-${version}` });
await within("connect", new Promise((resolve) => socket.once("connect", resolve)));
const ends = [];
socket.on("disconnect", (reason) => ends.push(reason));

assert.deepEqual(await ask(socket, "text", "a", { b: ["€"] }), ["a", { b: ["€"] }]);

const bytes = Buffer.from([0, 1, 0xfe, 0xff]);
const [same] = await ask(socket, "binary", bytes);
assert.ok(bytes.equals(Buffer.from(same)));

const large = Buffer.alloc(400_000, 0xab);
const [back] = await ask(socket, "large", large);
assert.ok(large.equals(Buffer.from(back)));

// Without a callback the answer is an event of the same name.
const seen = [];
socket.on("number", (n) => seen.push(n));
for (let n = 0; n < COUNT; n++) {
  socket.emit("number", n);
  if (n % 10 === 9) {
    // Without the wait all events would fit into a few requests. Answers keep the order.
    assert.deepEqual(await ask(socket, "so far", n), [n]);
    assert.deepEqual(seen, Array.from({ length: n + 1 }, (_, i) => i));
  }
}

assert.deepEqual(ends, []);
assert.deepEqual(Object.keys(proxy.statuses), ["200"]);
assert.deepEqual(proxy.upgrades, transport === "upgrade" ? [400] : []);
assert.equal(socket.io.engine.transport.name, "polling");
assert.ok(proxy.served.every((requests) => requests >= COUNT / 10), `served ${proxy.served}`);
console.log(`socket.io-client ${version}: requests by node ${proxy.served}`);
socket.disconnect();
proxy.close();
