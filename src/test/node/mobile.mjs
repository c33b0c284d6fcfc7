// The deployed mobile clients: binary frames, and HEART_CHECK text as the heartbeat.
import assert from "node:assert/strict";
import { Client } from "./lib/client.mjs";
import { ack, decode, message } from "./lib/schema.mjs";
import { run } from "./lib/scenarios.mjs";

const bytes = (hex) => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");

// {"module":"HEART_CHECK","message":"请求心跳"}
const HEARTBEAT = bytes(`
  7b 22 6d6f64756c65 22 3a 22 48454152545f434845434b 22 2c
  22 6d657373616765 22 3a 22 e8afb7e6b182e5bf83e8b7b3 22 7d`);

// Type 11: eventId m-1, from, to bob, createAt 2024-05-01T08:00:00Z, type text, body 你好.
const messageFrom = (from) => bytes(`
  0b00 0a03 6d2d31 ${from} 1a03 626f62 2214 323032342d30352d30315430383a30303a30305a
  2a04 74657874 3206 e4bda0e5a5bd`);
const FROM_MALLORY = messageFrom("1207 6d616c6c6f7279");
const FROM_ALICE = messageFrom("1205 616c696365");

// Type 10: eventId m-1.
const ACK = bytes("0a00 0a03 6d2d31");

// Field 15, which no version of the schema has: "future".
const UNKNOWN_FIELD = bytes("7a06 667574757265");

async function pair(url, sender, recipient) {
  return [await Client.connect(url, sender), await Client.connect(url, recipient)];
}

async function expectAck(client, eventId) {
  assert.deepEqual(decode((await client.next()).bytes), { frame: 10, eventId });
}

async function expectError(client, code, replyTo) {
  const error = decode((await client.next()).bytes);
  assert.equal(error.type, "error");
  assert.equal(error.replyTo ?? "", replyTo);
  assert.equal(JSON.parse(error.body).code, code);
}

await run({
  async heartbeat(url) {
    const client = await Client.connect(url, "heart");
    for (let beat = 0; beat < 3; beat++) {
      client.socket.send(HEARTBEAT, { binary: false });
      const answer = await client.next();
      assert.equal(answer.binary, false);
      assert.deepEqual(answer.bytes, HEARTBEAT);
    }
    await client.close();
  },

  async captured(url) {
    const [alice, bob] = await pair(url, "alice", "bob");
    alice.send(FROM_MALLORY);
    assert.deepEqual((await bob.next()).bytes, FROM_ALICE);
    bob.send(ACK);
    assert.deepEqual((await alice.next()).bytes, ACK);
    await Promise.all([alice.close(), bob.close()]);
  },

  async unknownField(url) {
    const [sender, recipient] = await pair(url, "new-sender", "new-recipient");
    const sent = message({ eventId: "u-1", from: "new-sender", to: "new-recipient", createAt: "2024-05-01T08:00:00Z" });
    sender.send(Buffer.concat([sent, UNKNOWN_FIELD]));
    assert.deepEqual((await recipient.next()).bytes, Buffer.concat([sent, UNKNOWN_FIELD]));
    recipient.send(ack("u-1"));
    await expectAck(sender, "u-1");
  },

  async offline(url) {
    const client = await Client.connect(url, "lonely");
    client.send(message({ eventId: "o-1", to: "nobody", body: "hello?" }));
    await expectError(client, "no-such-recipient", "o-1");
  },

  async pipelined(url) {
    const count = 2_000;
    const [sender, recipient] = await pair(url, "fast-sender", "fast-recipient");
    const ids = Array.from({ length: count }, (_, i) => `p-${i}`);
    ids.forEach((eventId) => sender.send(message({ eventId, to: "fast-recipient", body: `body of ${eventId}` })));
    const receives = async () => {
      for (const eventId of ids) {
        const received = decode((await recipient.next()).bytes);
        assert.equal(received.eventId, eventId);
        assert.equal(received.body, `body of ${eventId}`);
        recipient.send(ack(eventId));
      }
    };
    const isAcknowledged = async () => {
      const acknowledged = [];
      while (acknowledged.length < count) {
        const { frame, eventId } = decode((await sender.next()).bytes);
        assert.equal(frame, 10);
        acknowledged.push(eventId);
      }
      assert.deepEqual(new Set(acknowledged), new Set(ids));
    };
    await Promise.all([receives(), isAcknowledged()]);
    // The next frame is the answer to this, so there was no further acknowledgement.
    sender.send(message({ eventId: "fence", to: "nobody" }));
    await expectError(sender, "no-such-recipient", "fence");
  },

  async duplicate(url) {
    const [sender, recipient] = await pair(url, "twice-sender", "twice-recipient");
    const twice = message({ eventId: "d-1", to: "twice-recipient", body: "once" });
    sender.send(twice);
    sender.send(twice);
    assert.equal(decode((await recipient.next()).bytes).body, "once");
    recipient.send(ack("d-1"));
    await expectAck(sender, "d-1");
    await expectAck(sender, "d-1");
    sender.send(twice);
    await expectAck(sender, "d-1");
    // The next frame of the recipient is this one, so it received none of the duplicates.
    sender.send(message({ eventId: "d-2", to: "twice-recipient", body: "another" }));
    assert.equal(decode((await recipient.next()).bytes).body, "another");
  },

  async binaryOnly(url) {
    const client = await Client.connect(url, "binary");
    client.send(message({ eventId: "b-1", to: "service:echo", type: "text", body: "echo" }));
    await expectAck(client, "b-1");
    const answer = decode((await client.next()).bytes);
    assert.equal(answer.replyTo, "b-1");
    assert.equal(answer.body, "echo");
    client.send(ack(answer.eventId));
    client.send(message({ eventId: "b-2", type: "join_group", body: "binary-group" }));
    await expectAck(client, "b-2");
    client.send(message({ eventId: "b-3", to: "nobody" }));
    await expectError(client, "no-such-recipient", "b-3");
    client.send(bytes("0c00"));
    await expectError(client, "malformed", "");
    client.send("this is not a heartbeat");
    await expectError(client, "malformed", "");
    assert.ok(client.frames.every((frame) => frame.binary));
  },
});
