// Clients of all transports send to each other: mixed.mjs URL WEBSOCKET_URL [ENET_AGENT ENET_PORT]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { ask, connect, onMessage, within } from "./lib/clients.mjs";

const [url, webSocketUrl, enetAgent, enetPort] = process.argv.slice(2);

/** A plain WebSocket client with the JSON subprotocol, with the interface of the others. */
async function plain(user) {
  const socket = new WebSocket(`${webSocketUrl}?user=${user}`, "linkspan.json");
  const waiting = new Map();
  const client = { user, heard: [], onHeard: () => {} };
  socket.on("message", (data) => {
    const { message, ack } = JSON.parse(data);
    const eventId = ack ? ack.eventId : message.replyTo;
    if (ack || message.type === "error") {
      waiting.get(eventId)?.(ack ? { eventId } : { error: JSON.parse(message.body) });
      waiting.delete(eventId);
    } else {
      socket.send(JSON.stringify({ ack: { eventId: message.eventId } }));
      client.heard.push(message);
      client.onHeard();
    }
  });
  await within("open", new Promise((resolve) => socket.once("open", resolve)));
  speak(client, waiting, (message) => socket.send(JSON.stringify({ message })));
  return client;
}

/** Lets a client send, and wait for the end of what it sent. */
function speak(client, waiting, write) {
  client.send = (message) =>
    within(
      `the end of ${message.eventId}`,
      new Promise((resolve) => {
        waiting.set(message.eventId, resolve);
        write(message);
      }),
    );
  client.join = (group) => client.send({ eventId: `${client.user}-join`, type: "join_group", body: group });
}

/** A client of the C library, run by gateway_client.c. */
async function enet(user) {
  const agent = spawn(enetAgent, [enetPort, "agent", user], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  const client = { user, heard: [], onHeard: () => {} };
  const end = new Promise((resolve) => agent.once("exit", resolve));
  await within(
    "ready",
    new Promise((resolve, reject) => {
      createInterface(agent.stdout).on("line", (line) => {
        const [what, eventId, from, to, type, body, replyTo] = line.split("\t");
        if (what === "ready") {
          resolve();
        } else if (what === "ack" || type === "error") {
          const id = what === "ack" ? eventId : replyTo;
          waiting.get(id)?.(what === "ack" ? { eventId } : { error: JSON.parse(body) });
          waiting.delete(id);
        } else if (what === "message") {
          client.heard.push({ eventId, from, to, type, body });
          client.onHeard();
        } else {
          reject(new Error(line));
        }
      });
    }),
  );
  speak(client, waiting, ({ eventId, to = "", type, body }) =>
    agent.stdin.write(`${[eventId, to, type, body].join("\t")}\n`),
  );
  client.leave = () => {
    agent.stdin.end();
    return within(`the end of ${user}`, end);
  };
  return client;
}

async function socketIo(user, version, transport) {
  const socket = await connect(url, version, transport, { user, ack: "client" });
  const client = { user, heard: [], onHeard: () => {} };
  onMessage(socket, (message) => {
    client.heard.push(message);
    client.onHeard();
  });
  client.send = async (message) => (await ask(socket, "message", message))[0];
  client.join = async (group) => (await ask(socket, "join_group", group))[0];
  return client;
}

async function hears(client, body) {
  await within(
    `${client.user} to hear ${body}`,
    new Promise((resolve) => {
      client.onHeard = () => client.heard.some((message) => message.body === body) && resolve();
      client.onHeard();
    }),
  );
  return client.heard.filter((message) => message.body === body);
}

const clients = [
  await plain("plain"),
  await socketIo("one", 1, "upgrade"),
  await socketIo("two", 2, "upgrade"),
  await socketIo("two-polling", 2, "polling"),
  await socketIo("three", 3, "websocket"),
  await socketIo("four", 4, "upgrade"),
  await socketIo("four-polling", 4, "polling"),
];
if (enetAgent) {
  clients.push(await enet("enet"), await enet("enet-too"));
}

for (const client of clients) {
  const joined = await client.join("room");
  assert.ok(joined.eventId, JSON.stringify(joined));
}
for (const speaker of clients) {
  const body = `hello from ${speaker.user}`;
  const end = await speaker.send({ eventId: `${speaker.user}-g`, to: "group:room", type: "text", body });
  assert.deepEqual(end, { eventId: `${speaker.user}-g` });
  for (const listener of clients) {
    if (listener !== speaker) {
      const [message] = await hears(listener, body);
      assert.equal(message.from, speaker.user);
      assert.equal(message.to, "group:room");
    }
  }
}
for (const speaker of clients) {
  for (const listener of clients) {
    if (listener === speaker) continue;
    const body = `${speaker.user} to ${listener.user} 😀`;
    // Succeeds only after the application of the recipient has acknowledged.
    const end = await speaker.send({ eventId: body, to: listener.user, type: "text", body });
    assert.deepEqual(end, { eventId: body });
    const heard = await hears(listener, body);
    assert.equal(heard.length, 1);
  }
}
for (const client of clients) {
  // A client does not receive its own message to a group.
  assert.ok(!client.heard.some((message) => message.from === client.user));
}
for (const client of clients) {
  if (client.leave) {
    assert.equal(await client.leave(), 0);
  }
}
process.exit(0);
