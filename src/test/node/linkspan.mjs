// docs/clients/linkspan.js in Node, with a gateway that follows a script.
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import WebSocket from "ws";
import { Linkspan, decodeFrame, encodeFrame, reconnectAfter } from "../../../docs/clients/linkspan.js";
import { run } from "./lib/scenarios.mjs";
import { Inbox, scripted, within } from "./lib/scripted.mjs";
import * as schema from "./lib/schema.mjs";

const FAST = { WebSocket, firstDelayMs: 1, maxDelayMs: 4 };

/** A client with its states, messages and errors for a scenario to wait for. */
function client(url, options = {}) {
  const states = new Inbox(), messages = new Inbox(), errors = new Inbox();
  const link = new Linkspan(url, {
    ...FAST,
    user: "alice",
    onMessage: (message) => messages.put(message),
    onError: (error) => errors.put(error),
    onState: (state, detail) => states.put({ state, ...detail }),
    ...options,
  });
  const awaitState = async (wanted) => {
    for (;;) {
      const next = await states.take(`the state ${wanted}`);
      if (next.state === wanted) return next;
    }
  };
  return { link, states, messages, errors, awaitState };
}

/** Connects, with a session of the gateway. */
async function connected(gateway, options) {
  const made = client(gateway.url, options);
  const open = made.link.connect();
  const server = await gateway.next();
  server.greet("s1");
  await within("the connection", open);
  return { ...made, server };
}

const refused = (code) => (error) => error.name === "LinkspanError" && error.code === code;

/** A WebSocket that counts those that connect or are open. */
function counting() {
  const all = [];
  class Counted extends WebSocket {
    constructor(...args) {
      super(...args);
      all.push(this);
      Counted.most = Math.max(Counted.most, all.filter((socket) => socket.readyState < 2).length);
    }
  }
  return Object.assign(Counted, { most: 0, all });
}

await run({
  async codec() {
    const message = {
      eventId: "e", from: "f", to: "t", createAt: "c", type: "y", body: "\ufeff你好 👋" + "x".repeat(70_000), contentType: "k", replyTo: "r",
      attachments: [Uint8Array.of(), Uint8Array.of(0, 255), new Uint8Array(300)],
      headers: { a: "1", "": "empty", ["__proto__"]: "no prototype" },
    };
    const independent = schema.decode(Buffer.from(encodeFrame({ message })));
    for (const name of ["eventId", "from", "to", "createAt", "type", "body", "contentType", "replyTo"]) {
      assert.equal(independent[name], message[name]);
    }
    assert.deepEqual(independent.attachments.map((bytes) => [...bytes]), message.attachments.map((bytes) => [...bytes]));
    assert.equal(independent.headers.a, "1");
    const back = decodeFrame(encodeFrame({ message })).message;
    assert.deepEqual(Object.entries(back.headers), Object.entries(message.headers));
    assert.equal(Object.getPrototypeOf(back.headers), Object.prototype);
    assert.deepEqual({ ...back, headers: 0 }, { ...message, headers: 0 });
    const foreign = schema.message({ eventId: "e", body: "b", attachments: [Buffer.from("x")], headers: { h: "v" } });
    assert.deepEqual(decodeFrame(foreign).message, { eventId: "e", body: "b", attachments: [Uint8Array.of(120)], headers: { h: "v" } });
    assert.deepEqual(decodeFrame(schema.ack("e")), { ack: { eventId: "e" } });

    // Unknown fields of each wire type, with a field number of five bytes.
    const unknown = [0xf8, 0xff, 0xff, 0xff, 0x0f, 5, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa5, 6, 1, 2, 3, 4, 0xa2, 6, 2, 9, 9];
    assert.deepEqual(decodeFrame(Uint8Array.from([...foreign, ...unknown])), decodeFrame(foreign));

    for (const malformed of [
      [], [11], [12, 0], [11, 1], // no header, other types
      [11, 0, 2, 0], // field 0
      [11, 0, 0x0b], [11, 0, 0x0c], [11, 0, 0x0e], // groups and reserved wire types
      [11, 0, 10, 5, 65], [11, 0, 10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], // lengths beyond the end
      [11, 0, ...Array(11).fill(0x80), 0], // a varint without an end
      [11, 0, 10, 1, 0xff], // not UTF-8
      [11, 0, 8, 1], // a number in place of a text
    ]) {
      assert.throws(() => decodeFrame(Uint8Array.from(malformed)), `${malformed}`);
    }
    const whole = encodeFrame({ message: { ...message, body: "short" } });
    for (let length = 0; length < whole.length; length++) {
      try {
        decodeFrame(whole.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError, `${length}: ${error}`);
      }
    }
  },

  // The table of the gateway, as JSON: {code: when}.
  async closeCodes(table) {
    for (const [code, when] of Object.entries(JSON.parse(table))) {
      assert.equal(reconnectAfter(Number(code)), when, `close code ${code}`);
    }
    for (const [code, when] of [[4499, "later"], [3000, "later"], [1012, "later"], [4500, "with another token"], [4599, "with another token"], [4600, "never"], [4999, "never"]]) {
      assert.equal(reconnectAfter(code), when, `close code ${code}`);
    }
    const gateway = await scripted();
    for (const code of [1000, 1001, 1002, 1007, 1009, 1011, 4100, 4400, 4401, 4403, 4408, 4409, 4410, 4413, 4429, 4450, 4550, 4600]) {
      const { link, server, awaitState } = await connected(gateway);
      const before = gateway.count;
      server.socket.close(code, "because; retryAfterMs=0");
      if (["at once", "later"].includes(reconnectAfter(code))) {
        const waiting = await awaitState("waiting");
        assert.equal(waiting.code, code);
        (await gateway.next()).greet("s2", true);
        assert.equal((await awaitState("open")).recovered, true);
        link.close();
      } else {
        assert.deepEqual(await awaitState("closed"), { state: "closed", code, reason: "because; retryAfterMs=0" });
        assert.equal(link.state, "closed");
        await assert.rejects(link.send({ to: "bob" }), refused("closed"));
      }
      assert.equal(gateway.count, before + (["at once", "later"].includes(reconnectAfter(code)) ? 1 : 0));
      await server.closed;
    }
    gateway.close();
  },

  async backOff() {
    const gateway = await scripted();
    const { link, server, awaitState } = await connected(gateway, { firstDelayMs: 1_000, maxDelayMs: 30_000 });
    server.socket.close(4429, "rate-limited; retryAfterMs=100000");
    const first = await awaitState("waiting");
    assert.ok(first.delayMs >= 100_500 && first.delayMs <= 101_000, `${first.delayMs}`);
    // The gateway has drawn the delay of a client that it asks to reconnect.
    const other = await connected(gateway, { firstDelayMs: 1_000 });
    other.server.socket.close(4100, "reconnect; retryAfterMs=77");
    assert.equal((await other.awaitState("waiting")).delayMs, 77);
    other.link.close();
    // Without a stable connection between them, the delays grow up to the longest one, with jitter.
    const delays = [];
    for (let i = 0; i < 8; i++) {
      link.connect();
      (await gateway.next()).socket.close(1011);
      delays.push((await awaitState("waiting")).delayMs);
    }
    delays.forEach((delay, i) => {
      const ceiling = Math.min(30_000, 1_000 * 2 ** (i + 1));
      assert.ok(delay >= ceiling / 2 && delay <= ceiling, `${delays}`);
    });
    assert.equal(new Set(delays).size, delays.length);
    link.close();
    gateway.close();
  },

  async atOnceIsSoon() {
    const gateway = await scripted();
    const { link, server, awaitState } = await connected(gateway, { firstDelayMs: 1_000 });
    server.socket.terminate();
    const { code, delayMs } = await awaitState("waiting");
    assert.equal(code, 1006);
    assert.ok(delayMs < 1_000);
    link.close();
    gateway.close();
  },

  async resume() {
    const gateway = await scripted();
    const { link, server, messages, awaitState } = await connected(gateway, { token: "t0ken" });
    assert.deepEqual(Object.fromEntries(server.query), { session: "", ack: "client", notify: "auth", user: "alice" });
    assert.deepEqual(server.protocols, ["linkspan", "bearer.t0ken"]);
    const outcomes = ["one", "two", "three"].map((body) => link.send({ eventId: body, to: "bob", body }));
    for (const expected of ["one", "two", "three"]) assert.equal((await server.next()).eventId, expected);
    server.acknowledge("one");
    server.send({ eventId: "m1", from: "bob", body: "hello" });
    assert.equal((await messages.take("a message")).body, "hello");
    assert.deepEqual(await server.next(), { frame: 10, eventId: "m1" });
    await outcomes[0];
    server.socket.terminate();
    await awaitState("waiting");
    outcomes.push(link.send({ eventId: "four", to: "bob" }));

    const second = await gateway.next();
    assert.equal(second.query.get("session"), "s1");
    second.greet("s1", true);
    for (const expected of ["two", "three", "four"]) assert.equal((await second.next()).eventId, expected);
    // The acknowledgement of m1 was lost: it arrives again, and is acknowledged without being shown.
    second.send({ eventId: "m1", from: "bob", body: "hello" });
    assert.deepEqual(await second.next(), { frame: 10, eventId: "m1" });
    second.send({ eventId: "m1", from: "carol", body: "another sender" });
    assert.equal((await messages.take("a message")).from, "carol");
    ["two", "three"].forEach((eventId) => second.acknowledge(eventId));
    second.refuse("four", "no-such-recipient");
    assert.deepEqual(await Promise.all(outcomes.slice(0, 3)), ["one", "two", "three"]);
    await assert.rejects(outcomes[3], refused("no-such-recipient"));
    assert.equal(link.pending, 0);
    link.close();
    assert.equal(await second.closed, 1000);
    gateway.close();
  },

  async history() {
    const gateway = await scripted();
    const { link, server, messages } = await connected(gateway);
    const asking = link.joinSince("news", "7:41");
    const asked = await server.next();
    assert.deepEqual([asked.type, asked.body, asked.headers], ["join_group", '["news"]', { since: "7:41" }]);
    const answer = { type: "join_group", from: "group:news", headers: { recovered: "true", position: "7:41" } };
    server.send({ eventId: "a1", replyTo: asked.eventId, ...answer });
    server.acknowledge(asked.eventId);
    server.send({ eventId: "m1", from: "bob", to: "group:news", body: "missed", headers: { position: "7:42" } });
    assert.deepEqual(await asking, { recovered: true, position: "7:41" });
    assert.equal((await messages.take("what was missed")).headers.position, "7:42");
    assert.deepEqual(await server.next(), { frame: 10, eventId: "a1" });
    assert.deepEqual(await server.next(), { frame: 10, eventId: "m1" });

    const refusal = link.joinSince("secret", 50);
    const second = await server.next();
    assert.equal(second.headers.since, "50");
    server.refuse(second.eventId, "forbidden");
    await assert.rejects(refusal, refused("forbidden"));
    assert.deepEqual(link.groups, ["news"]);

    // A new session is a member again; what it missed, the application asks for.
    server.socket.terminate();
    const fresh = await gateway.next();
    fresh.greet("s2", false);
    const again = await fresh.next();
    assert.deepEqual([again.type, again.body, again.headers], ["join_group", '["news"]', undefined]);
    link.close();
    gateway.close();
  },

  async presence() {
    const gateway = await scripted();
    const { link, server, messages, errors, awaitState } = await connected(gateway);
    const calls = new Inbox();
    const watching = link.presence("news", (users, change) => calls.put([users?.sort().join(), change.joined.join(), change.left.join()]));
    const watch = await server.next();
    assert.deepEqual([watch.type, watch.body], ["watch_presence", '["news"]']);
    server.acknowledge(watch.eventId);
    const stop = await watching;

    let number = 0;
    const present = async (to, body) => {
      const eventId = `p${number++}`;
      to.send({ eventId, type: "group_presence", to: "group:news", body: JSON.stringify({ group: "news", ...body }) });
      assert.equal((await to.next()).eventId, eventId); // acknowledged
    };
    const next = () => calls.take("a call with users");
    await present(server, { event: "snapshot", users: ["alice", "bob"], part: 1, parts: 2 });
    assert.equal(calls.size, 0);
    await present(server, { event: "snapshot", users: ["carol"], part: 2, parts: 2 });
    assert.deepEqual(await next(), ["alice,bob,carol", "alice,bob,carol", ""]);
    await present(server, { event: "change", joined: ["dave"], left: ["alice", "bob"] });
    assert.deepEqual(await next(), ["carol,dave", "dave", "alice,bob"]);
    await present(server, { event: "too-large", max: 3 });
    assert.deepEqual(await next(), [undefined, "", ""]);
    await present(server, { event: "snapshot", users: ["carol"], part: 1, parts: 1 });
    assert.deepEqual(await next(), ["carol", "carol", ""]);

    // After a resumption nothing is watched again: the gateway sends a snapshot.
    server.socket.terminate();
    const resumed = await gateway.next();
    resumed.greet("s1", true);
    await present(resumed, { event: "snapshot", users: ["eve"], part: 1, parts: 1 });
    assert.deepEqual(await next(), ["eve", "eve", "carol"]);

    // A new session watches nothing.
    resumed.socket.terminate();
    const fresh = await gateway.next();
    fresh.greet("s2", false);
    const again = await fresh.next();
    assert.deepEqual([again.type, again.body], ["watch_presence", '["news"]']);
    fresh.acknowledge(again.eventId);
    stop();
    const unwatch = await fresh.next();
    assert.deepEqual([unwatch.type, unwatch.body], ["unwatch_presence", '["news"]']);
    fresh.acknowledge(unwatch.eventId);
    await present(fresh, { event: "change", joined: ["frank"], left: [] });
    stop();

    const refusal = link.presence("secret", () => assert.fail("nothing is watched"));
    fresh.refuse((await fresh.next()).eventId, "forbidden");
    await assert.rejects(refusal, refused("forbidden"));
    await present(fresh, { group: "secret", event: "snapshot", users: [], part: 1, parts: 1 });
    // A service cannot speak for the gateway.
    fresh.send({ eventId: "other", from: "service", type: "group_presence", body: "text" });
    assert.equal((await messages.take("the message of a service")).body, "text");
    assert.deepEqual([calls.size, errors.size], [0, 0]);
    for (let state; state !== "open"; ) state = (await awaitState("open")).state;
    link.close();
    gateway.close();
  },

  async groups() {
    const gateway = await scripted();
    const { link, server, awaitState } = await connected(gateway);
    const joined = link.join("news", "[games]");
    const join = await server.next();
    assert.deepEqual([join.type, JSON.parse(join.body)], ["join_group", ["news", "[games]"]]);
    server.acknowledge(join.eventId);
    await joined;
    assert.deepEqual(link.groups, ["news", "[games]"]);
    const later = link.join("later");
    const unanswered = await server.next();
    const sent = link.send({ eventId: "kept", to: "group:news" });
    await server.next();

    // After a resumption nothing is joined again.
    server.socket.terminate();
    const resumed = await gateway.next();
    resumed.greet("s1", true);
    assert.equal((await resumed.next()).eventId, unanswered.eventId);
    assert.equal((await resumed.next()).eventId, "kept");

    // A new session is in no groups, and must not take the pending join for a repeated one.
    resumed.socket.terminate();
    const fresh = await gateway.next();
    fresh.greet("s2", false);
    const again = await fresh.next();
    assert.deepEqual(JSON.parse(again.body), ["news", "[games]"]);
    fresh.refuse(again.eventId, "forbidden");
    const pending = await fresh.next();
    assert.deepEqual(JSON.parse(pending.body), ["later"]);
    assert.notEqual(pending.eventId, unanswered.eventId);
    fresh.acknowledge(pending.eventId);
    await later;
    assert.equal((await fresh.next()).eventId, "kept");
    fresh.acknowledge("kept");
    await sent;
    assert.deepEqual(link.groups, ["later"]);
    const left = link.leave("later");
    fresh.acknowledge((await fresh.next()).eventId);
    await left;
    assert.deepEqual(link.groups, []);
    for (let state; state !== "open"; ) state = (await awaitState("open")).state;
    link.close();
    gateway.close();
  },

  async calls() {
    const gateway = await scripted();
    const { link, server, messages } = await connected(gateway);
    const price = link.call({ to: "service:price", body: "tea" });
    const call = await server.next();
    server.acknowledge(call.eventId);
    server.send({ eventId: "a1", from: "service:price", replyTo: call.eventId, body: "3" });
    assert.equal((await price).body, "3");
    assert.deepEqual(await server.next(), { frame: 10, eventId: "a1" });
    // The answer may arrive before the acknowledgement, and again.
    const early = link.call({ to: "service:price", body: "milk" });
    const second = await server.next();
    for (let i = 0; i < 2; i++) {
      server.send({ eventId: "a2", from: "service:price", replyTo: second.eventId, body: "2" });
      assert.deepEqual(await server.next(), { frame: 10, eventId: "a2" });
    }
    assert.equal((await early).body, "2");
    assert.equal(messages.size, 0);
    const failed = link.call({ to: "service:price" });
    server.refuse((await server.next()).eventId, "unavailable");
    await assert.rejects(failed, refused("unavailable"));
    await assert.rejects(link.call({ eventId: "late", to: "service:price" }, 1), refused("timeout"));
    assert.equal(link.pending, 1); // milk was answered and not yet acknowledged
    const open = link.call({ to: "service:price" });
    assert.equal((await server.next()).eventId, "late");
    server.acknowledge((await server.next()).eventId);
    server.send({ eventId: "sync", from: "bob" });
    await messages.take("a message after the acknowledgement");
    link.close();
    await assert.rejects(open, refused("closed"));
    gateway.close();
  },

  async follows() {
    const gateway = await scripted();
    const { link, server, messages } = await connected(gateway);
    let session = server;
    const part = (offset, more = {}, headers = {}) =>
      session.send({
        eventId: "x." + offset, from: "service:story", to: "group:linkspan.stream.x.alice", replyTo: "r0", body: "part " + offset,
        headers: { stream: "x", "stream-offset": String(offset), ...headers }, ...more,
      });
    const acknowledged = async (eventId) => assert.deepEqual(await session.next(), { frame: 10, eventId });
    const asked = async (since) => {
      const { type, headers, eventId } = await session.next();
      assert.deepEqual([type, headers], ["follow_stream", { stream: "x", since: String(since) }]);
      return eventId;
    };
    const answer = (eventId, headers) => {
      session.acknowledge(eventId);
      session.send({ eventId: "a" + eventId, type: "follow_stream", from: "group:linkspan.stream.x.alice", replyTo: eventId, headers });
    };

    let story = link.follow("x");
    let next = story.next(), request = await asked(0);
    answer(request, { recovered: "true", "stream-offset": "0" });
    await acknowledged("a" + request);
    part(0);
    part(0);
    part(1);
    assert.equal((await next).value.body, "part 0");
    await assert.rejects(link.follow("x").next(), refused("malformed"));
    next = story.next();
    await acknowledged("x.0");
    assert.equal((await next).value.body, "part 1");

    // A new session goes on where the application is.
    session.socket.terminate();
    session = await gateway.next();
    session.greet("s2");
    request = await asked(2);
    answer(request, { recovered: "true", "stream-offset": "2" });
    await acknowledged("a" + request);
    part(2, { body: "" }, { "stream-end": "complete" });
    next = story.next();
    await acknowledged("x.1");
    await acknowledged("x.2");
    assert.deepEqual(await next, { value: undefined, done: true });

    // It can be followed again, and left.
    story = link.follow("x");
    next = story.next();
    request = await asked(0);
    answer(request, { recovered: "true", "stream-offset": "0" });
    await acknowledged("a" + request);
    part(0);
    assert.equal((await next).value.body, "part 0");
    await story.return();
    const left = await session.next();
    assert.deepEqual([left.type, left.headers], ["unfollow_stream", { stream: "x" }]);
    session.acknowledge(left.eventId);
    await acknowledged("x.0");
    part(1);
    await acknowledged("x.1");

    // Parts that are not kept any more, and a refusal.
    next = link.follow("x", { since: 1 }).next();
    answer(await asked(1), { recovered: "false", "stream-offset": "7" });
    await assert.rejects(next, (error) => refused("unavailable")(error) && /7/.test(error.message));
    assert.equal((await session.next()).frame, 10);
    assert.equal((await session.next()).type, "unfollow_stream");
    next = link.follow("x").next();
    request = await asked(0);
    session.send({ type: "error", replyTo: request, body: JSON.stringify({ code: "no-such-recipient", message: "unknown" }) });
    await assert.rejects(next, refused("no-such-recipient"));
    assert.equal(messages.size ?? 0, 0);
    link.close();
    gateway.close();
  },

  async streams() {
    const gateway = await scripted();
    const { link, server, messages } = await connected(gateway);
    let session = server;
    const part = (request, offset, more = {}, headers = {}) =>
      session.send({
        eventId: request + "." + offset, from: "service:story", replyTo: request, body: "part " + offset,
        headers: { stream: "x", "stream-offset": String(offset), ...headers }, ...more,
      });
    const acknowledged = async (eventId) => assert.deepEqual(await session.next(), { frame: 10, eventId });

    // A part is acknowledged when the next one is asked for; one that arrives again is not yielded again.
    let story = link.stream({ eventId: "r1", to: "service:story" });
    let next = story.next();
    assert.equal((await session.next()).eventId, "r1");
    part("r1", 0);
    session.acknowledge("r1");
    assert.equal((await next).value.body, "part 0");
    part("r1", 0);
    part("r1", 1);
    next = story.next();
    await acknowledged("r1.0");
    assert.equal((await next).value.body, "part 1");

    // The stream goes on over the next connection.
    session.socket.terminate();
    session = await gateway.next();
    session.greet("s2", true);
    part("r1", 1);
    part("r1", 2);
    next = story.next();
    await acknowledged("r1.1");
    assert.equal((await next).value.body, "part 2");
    part("r1", 3, { body: "" }, { "stream-end": "complete" });
    next = story.next();
    await acknowledged("r1.2");
    await acknowledged("r1.3");
    assert.deepEqual(await next, { value: undefined, done: true });

    // Leaving the loop cancels the stream, and the rest of it is acknowledged and not shown.
    story = link.stream({ eventId: "r2", to: "service:story" });
    next = story.next();
    assert.equal((await session.next()).eventId, "r2");
    session.acknowledge("r2");
    part("r2", 0);
    await next;
    part("r2", 1);
    await story.return();
    const cancel = await session.next();
    assert.deepEqual([cancel.type, cancel.replyTo], ["cancel_stream", "r2"]);
    await acknowledged("r2.0");
    session.acknowledge(cancel.eventId);
    await acknowledged("r2.1");
    part("r2", 2, { body: "" }, { "stream-end": "cancelled" });
    await acknowledged("r2.2");

    // An error ends the loop with its code, after the parts before it.
    story = link.stream({ eventId: "r3", to: "service:story" });
    next = story.next();
    assert.equal((await session.next()).eventId, "r3");
    session.acknowledge("r3");
    part("r3", 0);
    part("r3", 1, { body: JSON.stringify({ code: "unavailable", message: "gone" }) }, { "stream-end": "unavailable" });
    assert.equal((await next).value.body, "part 0");
    await assert.rejects(story.next(), refused("unavailable"));
    await acknowledged("r3.0");
    await acknowledged("r3.1");

    // So do a refusal, silence, and a signal.
    next = link.stream({ eventId: "r4", to: "service:story" }).next();
    session.refuse((await session.next()).eventId, "forbidden");
    await assert.rejects(next, refused("forbidden"));
    next = link.stream({ eventId: "r5", to: "service:story" }, { idleMs: 1 }).next();
    await assert.rejects(next, refused("timeout"));
    assert.equal((await session.next()).eventId, "r5");
    assert.equal((await session.next()).type, "cancel_stream");
    const abort = new AbortController();
    next = link.stream({ eventId: "r6", to: "service:story" }, { signal: abort.signal }).next();
    assert.equal((await session.next()).eventId, "r6");
    abort.abort(new Error("enough"));
    await assert.rejects(next, /enough/);
    assert.equal((await session.next()).replyTo, "r6");

    // An answer that is not streamed is the only part.
    story = link.stream({ eventId: "r7", to: "service:story" });
    next = story.next();
    assert.equal((await session.next()).eventId, "r7");
    session.acknowledge("r7");
    session.send({ eventId: "a7", from: "service:story", replyTo: "r7", body: "all" });
    assert.equal((await next).value.body, "all");
    assert.equal((await story.next()).done, true);
    await acknowledged("a7");

    // A stream does not survive its session, or the end of the client.
    next = link.stream({ eventId: "r8", to: "service:story" }).next();
    assert.equal((await session.next()).eventId, "r8");
    session.acknowledge("r8");
    part("r8", 0);
    await next;
    const lost = link.stream({ eventId: "r9", to: "service:story" }).next();
    assert.equal((await session.next()).eventId, "r9");
    session.acknowledge("r9");
    session.send({ eventId: "m1", from: "bob", body: "after it" });
    await acknowledged("m1");
    session.socket.terminate();
    session = await gateway.next();
    session.greet("s3", false);
    await assert.rejects(lost, refused("unavailable"));
    const closed = link.stream({ eventId: "r10", to: "service:story" }).next();
    link.close();
    await assert.rejects(closed, refused("closed"));
    assert.deepEqual([(await messages.take("the message of bob")).eventId, messages.size], ["m1", 0]);
    gateway.close();
  },

  async handlers() {
    const gateway = await scripted();
    const seen = [];
    const { link, server, errors } = await connected(gateway, {
      onMessage: async ({ eventId, body }) => {
        seen.push(eventId);
        if (body === "fail" && seen.filter((id) => id === eventId).length === 1) throw new Error("not now");
        return body === "ask" ? { body: "answer" } : undefined;
      },
    });
    server.send({ eventId: "f", from: "bob", body: "fail" });
    assert.equal((await errors.take("an error")).message, "not now");
    server.send({ eventId: "f", from: "bob", body: "fail" });
    assert.deepEqual(await server.next(), { frame: 10, eventId: "f" });
    // The answer takes the place of the acknowledgement. Until it is acknowledged, a repeated message is ignored.
    server.send({ eventId: "q", from: "bob", body: "ask" });
    const answer = await server.next();
    assert.deepEqual([answer.replyTo, answer.body, answer.to], ["q", "answer", undefined]);
    server.send({ eventId: "q", from: "bob", body: "ask" });
    server.acknowledge(answer.eventId);
    server.send({ eventId: "z", from: "bob" });
    assert.deepEqual(await server.next(), { frame: 10, eventId: "z" });
    assert.deepEqual(seen, ["f", "f", "q", "z"]);
    // The types of the gateway are not for the application; its errors for nobody are reported.
    server.send({ type: "closing", eventId: "c" });
    server.refuse("", "malformed");
    assert.equal((await errors.take("an error")).code, "malformed");
    server.socket.send(Buffer.from([99, 0]));
    assert.ok((await errors.take("an error")) instanceof RangeError);
    assert.equal(seen.length, 4);
    assert.equal(link.state, "open");
    link.close();
    gateway.close();
  },

  async tokens() {
    const gateway = await scripted();
    const tokens = ["t1", "t2", "t3", "t4", "t4"];
    const { link, server, errors, awaitState } = await connected(gateway, {
      token: async () => {
        const next = tokens.shift();
        if (next === "t3") throw new Error("the issuer is down");
        return next;
      },
    });
    // A renewal on the same connection.
    server.send({ type: "auth", body: JSON.stringify({ expiresAt: "", expiresAfterMs: 1000 }) });
    const renewal = await server.next();
    assert.deepEqual([renewal.type, renewal.body], ["auth", "t2"]);
    // The provider fails once, then has another token; the session is kept.
    server.socket.close(4401, "unauthenticated");
    assert.equal((await errors.take("an error")).message, "the issuer is down");
    const second = await gateway.next();
    assert.deepEqual(second.protocols, ["linkspan", "bearer.t4"]);
    assert.equal(second.query.get("session"), "s1");
    // The same token again cannot succeed.
    const pending = link.send({ to: "bob" });
    second.socket.close(4401, "unauthenticated");
    await awaitState("waiting");
    assert.equal((await awaitState("closed")).code, 4401);
    await assert.rejects(pending, refused("closed"));
    assert.equal(gateway.count, 2);
    // Later the user has signed in again.
    tokens.push("t5");
    const open = link.connect();
    const third = await gateway.next();
    assert.equal(third.query.get("session"), "s1");
    third.greet("s1", true);
    await open;
    link.close();
    gateway.close();
  },

  async bounds() {
    const gateway = await scripted();
    const { link, server, messages } = await connected(gateway, { maxQueue: 3, maxQueueBytes: 500, maxMessage: 400, maxSeen: 2 });
    const sent = [link.send({ eventId: "a" }), link.send({ eventId: "b" }), link.send({ eventId: "c" })];
    await assert.rejects(link.send({ eventId: "d" }), refused("queue-full"));
    for (const eventId of ["a", "b", "c"]) server.acknowledge(eventId);
    await Promise.all(sent);
    const big = link.send({ eventId: "a", body: "x".repeat(300) });
    await assert.rejects(link.send({ eventId: "a" }), refused("malformed"));
    await assert.rejects(link.send({ eventId: "b", body: "x".repeat(300) }), refused("queue-full"));
    await assert.rejects(link.send({ eventId: "b", body: "x".repeat(400) }), refused("too-large"));
    await assert.rejects(link.send({ to: "x".repeat(257) }), refused("malformed"));
    await assert.rejects(link.join("x".repeat(257)), refused("malformed"));
    server.acknowledge("a");
    await big;
    assert.equal(link.pending, 0);
    for (const eventId of ["1", "2", "3", "1"]) { // 1 is forgotten meanwhile
      server.send({ eventId, from: "bob" });
      assert.equal((await messages.take(eventId)).eventId, eventId);
      while ((await server.next()).frame !== 10);
    }
    link.close();
    gateway.close();
  },

  async expiredMessages() {
    const gateway = await scripted();
    const { link, server } = await connected(gateway, { resendWithinMs: 0 });
    const written = link.send({ eventId: "written", to: "bob" });
    await server.next();
    server.socket.terminate();
    await assert.rejects(written, refused("timeout"));
    link.close();
    gateway.close();
  },

  async noSessions() {
    const gateway = await scripted();
    const { link } = client(gateway.url);
    const open = link.connect();
    const sent = link.send({ eventId: "first" });
    const server = await gateway.next(); // answers the heartbeat only
    await within("the connection", open);
    assert.equal((await server.next()).eventId, "first");
    server.acknowledge("first");
    await sent;
    assert.equal(link.session, "");
    link.close();
    gateway.close();
  },

  async deadConnections() {
    const gateway = await scripted({ heartbeats: false });
    const { link, awaitState } = client(gateway.url, { heartbeatMs: 5, connectTimeoutMs: 60_000 });
    link.connect();
    (await gateway.next()).greet("s1");
    await awaitState("open");
    assert.equal((await awaitState("waiting")).reason, "no heartbeat");
    assert.equal((await gateway.next()).query.get("session"), "s1");
    link.close();
    gateway.close();
    // A server that accepts and says nothing.
    const mute = net.createServer();
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { link: other, awaitState: otherState } = client(`ws://127.0.0.1:${mute.address().port}/`, { connectTimeoutMs: 5 });
    other.connect();
    assert.equal((await otherState("waiting")).reason, "no connection in time");
    other.close();
    mute.close();
  },

  async closingWhileConnecting() {
    const mute = net.createServer();
    const accepted = once(mute, "connection");
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const Counted = counting();
    const { link, states } = client(`ws://127.0.0.1:${mute.address().port}/`, { WebSocket: Counted });
    const open = link.connect();
    assert.equal(link.connect(), open);
    const [socket] = await accepted;
    socket.resume();
    const ended = once(socket, "close");
    const pending = link.send({ to: "bob" });
    link.close();
    link.close();
    await assert.rejects(open, refused("closed"));
    await assert.rejects(pending, refused("closed"));
    await within("the end of the connection", ended);
    assert.equal(Counted.all.length, 1);
    assert.deepEqual([(await states.take("a state")).state, (await states.take("a state")).state, states.size], ["connecting", "closed", 0]);
    // While the application still waits for a token.
    let provide;
    const waiting = client(`ws://127.0.0.1:${mute.address().port}/`, { WebSocket: Counted, token: () => new Promise((resolve) => (provide = resolve)) });
    waiting.link.connect();
    waiting.link.close();
    provide("late");
    await new Promise(setImmediate);
    assert.equal(Counted.all.length, 1);
    mute.close();
  },

  async oneSocket() {
    const gateway = await scripted();
    const Counted = counting();
    const { link } = client(gateway.url, { WebSocket: Counted, connectTimeoutMs: 50 });
    for (let round = 0; round < 40; round++) {
      link.connect();
      link.connect();
      const server = await gateway.next();
      if (round % 4 === 0) server.greet("s" + round);
      if (round % 4 === 1) server.socket.close(1011);
      if (round % 4 === 2) server.socket.terminate();
      if (round % 4 === 3) link.close();
      if (round % 4 === 0) server.socket.close(4408, "heartbeat-timeout");
      if (round % 4 !== 3) await within("the close", server.closed);
    }
    link.close();
    await Promise.all(Counted.all.map((socket) => socket.readyState === 3 || new Promise((closed) => socket.on("close", closed))));
    assert.equal(Counted.most, 1);
    gateway.close();
  },
});
