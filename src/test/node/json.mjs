// Clients of the linkspan.json subprotocol.
import assert from "node:assert/strict";
import { Client } from "./lib/client.mjs";
import { ack, decode, message } from "./lib/schema.mjs";
import { run } from "./lib/scenarios.mjs";

const connect = (url, user) => Client.connect(url, user, ["linkspan.json"]);
const text = (packet) => JSON.stringify(packet);

async function next(client) {
  const frame = await client.next();
  assert.equal(frame.binary, false);
  return JSON.parse(frame.bytes.toString("utf8"));
}

async function expectError(client, code) {
  const { message: error } = await next(client);
  assert.equal(error.type, "error");
  assert.equal(JSON.parse(error.body).code, code);
}

await run({
  async chat(url) {
    const [alice, bob] = [await connect(url, "json-alice"), await connect(url, "json-bob")];
    assert.equal(alice.socket.protocol, "linkspan.json");
    const sent = {
      eventId: "j-1",
      to: "json-bob",
      createAt: "2024-05-01T08:00:00Z",
      type: "text",
      body: "你好 👋 <b>",
      attachments: ["AAEC/w=="],
      headers: { priority: "high" },
    };
    alice.send(text({ message: { ...sent, from: "mallory" } }));
    assert.deepEqual(await next(bob), { message: { ...sent, from: "json-alice" } });
    bob.send(text({ ack: { eventId: "j-1" } }));
    assert.deepEqual(await next(alice), { ack: { eventId: "j-1" } });
  },

  async binaryPeer(url) {
    const [json, binary] = [await connect(url, "of-json"), await Client.connect(url, "of-binary")];
    json.send(text({ message: { eventId: "x-1", to: "of-binary", attachments: ["AAEC/w=="] } }));
    const received = await binary.next();
    assert.ok(received.binary);
    assert.deepEqual(Buffer.from(decode(received.bytes).attachments[0]), Buffer.from([0, 1, 2, 255]));
    binary.send(ack("x-1"));
    assert.deepEqual(await next(json), { ack: { eventId: "x-1" } });
    binary.send(message({ eventId: "x-2", to: "of-json", body: "back" }));
    assert.equal((await next(json)).message.body, "back");
    json.send(text({ ack: { eventId: "x-2" } }));
    assert.deepEqual(decode((await binary.next()).bytes), { frame: 10, eventId: "x-2" });
  },

  async onlyJson(url) {
    const client = await connect(url, "json-only");
    client.send(text({ message: { eventId: "s-1", to: "service:echo", type: "text", body: "echo" } }));
    assert.deepEqual(await next(client), { ack: { eventId: "s-1" } });
    const { message: answer } = await next(client);
    assert.equal(answer.replyTo, "s-1");
    assert.equal(answer.body, "echo");
    client.send(text({ ack: { eventId: answer.eventId } }));
    client.send(text({ module: "HEART_CHECK", message: "beat" }));
    assert.deepEqual(await next(client), { module: "HEART_CHECK", message: "beat" });
    client.send(text({ message: { eventId: "s-2", to: "nobody" } }));
    await expectError(client, "no-such-recipient");
    client.send("{ no json");
    await expectError(client, "malformed");
    client.send(Buffer.of(12, 0));
    await expectError(client, "malformed");
    assert.ok(client.frames.every((frame) => !frame.binary));
  },
});
