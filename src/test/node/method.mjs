// The bytes that a Flutter app with the messenger of docs/flutter.md sends.
import assert from "node:assert/strict";
import { Client } from "./lib/client.mjs";
import { run } from "./lib/scenarios.mjs";

const CONTENT_TYPE = "application/x-flutter-standard-method";

/** Flutter's standard codec, as far as it is needed here. */
function write(value) {
  if (value === null) {
    return Buffer.of(0);
  }
  if (typeof value === "boolean") {
    return Buffer.of(value ? 1 : 2);
  }
  if (typeof value === "number") {
    const bytes = Buffer.of(3, 0, 0, 0, 0);
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  if (typeof value === "string") {
    return Buffer.concat([Buffer.of(7, Buffer.byteLength(value)), Buffer.from(value)]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([Buffer.of(13, entries.length), ...entries.flat().map(write)]);
}

const call = (method, args) => Buffer.concat([write(method), write(args)]);
const success = (result) => Buffer.concat([Buffer.of(0), write(result)]);
const attached = (bytes) => ({
  type: "method",
  contentType: CONTENT_TYPE,
  attachments: [bytes.toString("base64")],
});

async function next(client) {
  return JSON.parse((await client.next()).bytes.toString("utf8"));
}

async function answerTo(client, eventId) {
  assert.deepEqual(await next(client), { ack: { eventId } });
  const { message } = await next(client);
  assert.equal(message.type, "method");
  assert.equal(message.replyTo, eventId);
  client.send(JSON.stringify({ ack: { eventId: message.eventId } }));
  return message;
}

await run({
  /** Calls a method of an HTTP service that uses JSON only. */
  async service(url) {
    const app = await Client.connect(url, "app", ["linkspan.json"]);
    const ask = (eventId, to, bytes) =>
      app.send(JSON.stringify({ message: { eventId, to, ...attached(bytes) } }));
    ask("c-1", "shop", call("price", { item: "tea", count: 2 }));
    const price = await answerTo(app, "c-1");
    assert.equal(price.contentType, CONTENT_TYPE);
    assert.deepEqual(
      Buffer.from(price.attachments[0], "base64"),
      success({ item: "tea", total: 6, "in stock": true, note: null }),
    );
    ask("c-2", "shop", call("sell", null));
    const refused = await answerTo(app, "c-2");
    assert.deepEqual(
      Buffer.from(refused.attachments[0], "base64"),
      Buffer.concat([Buffer.of(1), write("sold-out"), write("no tea today"), write({ until: 9 })]),
    );
    ask("c-3", "shop", call("dance", null));
    assert.equal((await answerTo(app, "c-3")).attachments, undefined);
    ask("c-4", "nobody.serves.this", call("price", null));
    assert.equal((await answerTo(app, "c-4")).attachments, undefined);
    ask("c-5", "user:app", call("price", null));
    assert.equal(JSON.parse((await next(app)).message.body).code, "forbidden");
  },

  /** Answers a call of a method of the app over the HTTP API. */
  async app(url, management) {
    const app = await Client.connect(url, "phone", ["linkspan.json"]);
    const invoke = async (method, args) => {
      const response = await fetch(`${management}v1/messages?wait=acknowledged&timeout=20s`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ to: "phone", headers: { channel: "ui" }, ...attached(call(method, args)) }),
      });
      assert.equal(response.status, 200);
      return (await response.json()).reply;
    };
    const shown = invoke("show", { page: "cart" });
    const { message: asked } = await next(app);
    assert.equal(asked.type, "method");
    assert.equal(asked.headers.channel, "ui");
    assert.deepEqual(Buffer.from(asked.attachments[0], "base64"), call("show", { page: "cart" }));
    const answer = { eventId: "a-1", replyTo: asked.eventId, ...attached(success(true)) };
    app.send(JSON.stringify({ message: answer }));
    assert.deepEqual(await next(app), { ack: { eventId: "a-1" } });
    const reply = await shown;
    assert.equal(reply.from, "phone");
    assert.equal(reply.replyTo, asked.eventId);
    assert.deepEqual(Buffer.from(reply.attachments[0], "base64"), success(true));
  },
});
