// One client and the gateway: client.mjs URL MANAGEMENT_URL VERSION TRANSPORT VERIFYING_URL TOKEN
// The gateway at VERIFYING_URL lets a user replace its own sessions.
import assert from "node:assert/strict";
import { ask, connect, create, next, within } from "./lib/clients.mjs";
import { post } from "./lib/gateway.mjs";

const [url, management, versionText, transport, verifying, token] = process.argv.slice(2);
const version = Number(versionText);
const user = `${transport}-${version}`;
const ROOT = url.replace(/\/$/, "");

const scenarios = {
  async "events with several arguments, nested binary and a callback"(socket) {
    const binary = Buffer.from([0, 1, 2, 0xfe, 0xff]);
    const nested = { deep: [{ data: Buffer.from("€"), n: 1.5 }], no: null, yes: true };
    const answer = await ask(socket, "mixed", "text", 42, binary, nested, [1, [2]]);
    assert.equal(answer.length, 5);
    assert.deepEqual(answer.slice(0, 2), ["text", 42]);
    assert.ok(binary.equals(Buffer.from(answer[2])));
    assert.ok(Buffer.from("€").equals(Buffer.from(answer[3].deep[0].data)));
    assert.deepEqual({ ...answer[3], deep: 0 }, { ...nested, deep: 0 });
    assert.deepEqual(answer[4], [1, [2]]);
    assert.deepEqual(await ask(socket, "nothing"), []);
  },

  async "the same without a callback is answered by an event"(socket) {
    const back = next(socket, "echoed");
    socket.emit("echoed", "a", { b: Buffer.from([7]) });
    const [a, { b }] = await back;
    assert.equal(a, "a");
    assert.ok(Buffer.from([7]).equals(Buffer.from(b)));
  },

  async "unicode beyond the basic plane"(socket) {
    const text = "é€😀𝄞\u2028\u0000\"\\ \u{10ffff}";
    assert.deepEqual(await ask(socket, "uni-😀", text, { [text]: text }), [text, { [text]: text }]);
  },

  async "a message of 900 kB"(socket) {
    const text = "x".repeat(900_000);
    const [back] = await ask(socket, "big", text);
    assert.ok(back === text);
    const bytes = Buffer.alloc(600_000, 0xab);
    const [same] = await ask(socket, "big binary", bytes);
    assert.ok(bytes.equals(Buffer.from(same)));
  },

  async "a Message to a service and its answer"(socket) {
    const back = next(socket, "message");
    const message = {
      eventId: `echo-${user}`,
      to: "service:echo",
      type: "text",
      body: "hi",
      attachments: [Buffer.from([0xfb, 0xff]), Buffer.from("second")],
    };
    assert.deepEqual(await ask(socket, "message", message), [{ eventId: message.eventId }]);
    const [answer, acknowledge] = await back;
    assert.equal(answer.body, "hi");
    assert.deepEqual(answer.attachments.map((bytes) => Buffer.from(bytes)), message.attachments);
    assert.equal(answer.from, "service:echo");
    assert.equal(answer.replyTo, message.eventId);
    assert.equal(typeof acknowledge, "function");
    acknowledge();
  },

  async "a refusal states its reason"(socket) {
    const [{ error }] = await ask(socket, "message", { to: "user:nobody", body: "?" });
    assert.equal(error.code, "no-such-recipient");
    const [malformed] = await ask(socket, "message", { type: "text", colour: "red" });
    assert.equal(malformed.error.code, "malformed");
    assert.match(malformed.error.message, /colour/);
    const told = next(socket, "message");
    socket.emit("message", { eventId: "lost", to: "user:nobody", body: "?" });
    const [refusal] = await told;
    assert.equal(refusal.type, "error");
    assert.equal(refusal.replyTo, "lost");
    assert.equal(JSON.parse(refusal.body).code, "no-such-recipient");
  },

  async "a service receives the acknowledgement of the client"(socket) {
    socket.once("message", (message, acknowledge) => {
      assert.equal(message.type, "question");
      acknowledge({ type: "answer", body: message.body.toUpperCase() });
    });
    const ask = { to: `user:${user}`, type: "question", body: "why" };
    const answered = await post(management, ask, "wait=acknowledged&timeout=5s");
    assert.equal(answered.status, 200);
    assert.equal(answered.body.by, "client");
    assert.equal(answered.body.reply.body, "WHY");
    assert.equal(answered.body.reply.from, user);
    const raw = {
      to: `user:${user}`,
      type: "raw question",
      contentType: "application/socket.io+json",
      body: '[1,{"two":2}]',
    };
    socket.once("raw question", (one, { two }, acknowledge) => acknowledge(one + two, "x"));
    const rawly = await post(management, raw, "wait=acknowledged&timeout=5s");
    assert.equal(rawly.body.reply.contentType, raw.contentType);
    assert.equal(rawly.body.reply.body, '[3,"x"]');
  },

  async "a missing acknowledgement is a timeout for the sender"(socket) {
    let times = 0;
    const ignore = () => times++;
    socket.on("message", ignore);
    const silent = await post(
      management,
      { to: `user:${user}`, type: "ignored", body: "?" },
      "wait=acknowledged&timeout=10s",
    );
    socket.off("message", ignore);
    assert.equal(silent.status, 408);
    assert.equal(times, 2);
  },

  async "namespaces are separate"(socket) {
    const custom = socket.io.socket("/custom", version >= 3 ? { auth: { user } } : {});
    await next(custom, "connect");
    assert.deepEqual(await ask(custom, "where", "custom"), ["custom"]);
    const back = next(custom, "elsewhere");
    socket.once("elsewhere", () => assert.fail("crossed over"));
    custom.emit("elsewhere", 1);
    await back;
    socket.off("elsewhere");
    const unknown = socket.io.socket("/unknown");
    const [refusal] = await next(unknown, version >= 3 ? "connect_error" : "error");
    assert.equal(version >= 3 ? refusal.message : refusal, "Invalid namespace");
    unknown.close();
    custom.disconnect();
    assert.deepEqual(await ask(socket, "still", "here"), ["here"]);
  },

  async "a client reconnects after a lost link"(socket) {
    const again = next(socket, "connect");
    socket.io.engine.close();
    await again;
    assert.deepEqual(await ask(socket, "again", 1), [1]);
  },
};

async function ordered() {
  const socket = create(url, version, transport, { user: `${user}-ordered` });
  const seen = [];
  const all = new Promise((resolve) => {
    socket.on("n", (n) => {
      seen.push(n);
      if (seen.length === 500) resolve();
    });
  });
  // Sent during the upgrade: some before its end, some after it.
  await next(socket, "connect");
  for (let n = 0; n < 500; n++) {
    socket.emit("n", n);
    if (n % 50 === 0) await new Promise(setImmediate);
  }
  await within("500 events", all);
  assert.deepEqual(seen, [...Array(500).keys()]);
  socket.disconnect();
}

async function replaced() {
  const identity = { token };
  const first = await connect(verifying, version, transport, identity);
  const closing = next(first, "closing");
  const gone = next(first, "disconnect");
  const others = [];
  for (let i = 0; i < 3; i++) {
    others.push(await connect(verifying, version, transport, identity));
  }
  const [why] = await closing;
  assert.deepEqual(why, { code: 4409, reason: "replaced" });
  // After a disconnect of the protocol a client does not reconnect by itself.
  assert.equal((await gone)[0], "io server disconnect");
  others.forEach((socket) => socket.disconnect());
}

async function refused() {
  const socket = create(url, version, transport, { user: "x".repeat(200) }, { reconnection: false });
  const [refusal] = await next(socket, version >= 3 ? "connect_error" : "error");
  if (version >= 3) {
    assert.deepEqual(refusal.data, { code: 4401, reason: "unauthenticated" });
  } else {
    assert.equal(refusal, "4401");
  }
  socket.disconnect();
}

const socket = await connect(`${ROOT}/`, version, transport, { user, ack: "client" });
assert.equal(socket.io.engine.transport.name, transport === "polling" ? "polling" : "websocket");
for (const [name, scenario] of Object.entries(scenarios)) {
  console.log(name);
  await scenario(socket);
}
socket.disconnect();
for (const scenario of [ordered, replaced, refused]) {
  console.log(scenario.name);
  await scenario();
}
process.exit(0);
