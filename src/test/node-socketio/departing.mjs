// Clients that poll through a node that ends, while their sessions are on another:
// departing.mjs OWNER-URL OTHER-URL OTHER-PID VERSION
// They must not be affected. Both nodes need a service that answers raw events with their arguments.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, create, within } from "./lib/clients.mjs";
import { roundRobin } from "./lib/proxy.mjs";

const [owner, other, pid, versionText] = process.argv.slice(2);
const version = Number(versionText);
const OWNER = 0;
const OTHER = 1;
const CLIENTS = 20;
const BEFORE = 20;
const AFTER = 50;

// Sessions begin at one node, polls wait at the other, and POSTs go to either.
const proxy = await roundRobin([owner, other], (request, left) => {
  if (!request.url.includes("sid=")) {
    return OWNER;
  }
  return request.method === "GET" && left.includes(OTHER) ? OTHER : undefined;
});

async function start(index) {
  const socket = create(proxy.url, version, "polling", { user: `stayer-${version}-${index}` });
  const client = { socket, seen: [], sent: 0, ends: [] };
  socket.on("number", (n) => client.seen.push(n));
  await within("connect", new Promise((resolve) => socket.once("connect", resolve)));
  socket.on("disconnect", (reason) => client.ends.push(reason));
  return client;
}

async function until(what, condition) {
  await within(
    what,
    (async () => {
      while (!condition()) {
        await sleep(5);
      }
    })(),
  );
}

/** Without a callback the answer is an event of the same name. */
function emit(client) {
  client.socket.emit("number", client.sent++);
}

const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => start(index)));
for (let n = 0; n < BEFORE; n++) {
  clients.forEach(emit);
  await sleep(1);
}
await until("all answers", () => clients.every((client) => client.seen.length === BEFORE));
await until("a poll of each", () => proxy.waiting[OTHER] === CLIENTS);

// As if the balancer was notified some seconds before the node: only requests in flight are there.
proxy.leave(OTHER);
const polls = proxy.waiting[OTHER];
process.kill(Number(pid), "SIGTERM");
for (let n = 0; n < AFTER; n++) {
  // Half of the clients receive something in that moment.
  clients.filter((_, index) => index % 2 === 0).forEach(emit);
  await sleep(n % 5);
}
await until("the node to let go", () => proxy.waiting[OTHER] === 0);

for (const client of clients) {
  assert.deepEqual(await ask(client.socket, "still", "there"), ["there"]);
  await until("all answers", () => client.seen.length >= client.sent);
  assert.deepEqual(
    client.seen,
    Array.from({ length: client.sent }, (_, n) => n),
  );
  assert.deepEqual(client.ends, []);
}
assert.deepEqual(Object.keys(proxy.statuses), ["200"]);
console.log(`socket.io-client ${version}: ${polls} polls let go of`);
clients.forEach((client) => client.socket.disconnect());
proxy.close();
