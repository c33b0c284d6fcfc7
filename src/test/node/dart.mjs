// The class LinkspanSocket of docs/flutter.md as JavaScript, with a gateway that follows a script.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import Socket from "ws";
import { run } from "./lib/scenarios.mjs";
import { Inbox, scripted, within } from "./lib/scripted.mjs";

// The class becomes a function, its fields variables and its methods inner functions.
const SUBSTITUTIONS = [
  [/^ *\/\/.*\n/gm, ""],
  [/class LinkspanSocket \{\n *LinkspanSocket\(this\.url, this\.onMessage\);/, "function LinkspanSocket(url, onMessage) {"],
  [/^  final [\w<>, ]+ Function\(.*\) \w+;$/gm, ""],
  [/static const (\w+) = \{([\d, ]+)\};/g, "const $1 = set($2);"],
  [/= <[\w<>, ]+>\{\};/g, "= map();"],
  [/^  (?:[\w<>]+)\? (_\w+);$/gm, "  let $1 = null;"],
  [/^  (?:bool|String) (_\w+) = /gm, "  let $1 = "],
  [/^  [\w<>]+ (\w+)\((.*)\) => /gm, "  const $1 = ($2) => "],
  [/^  (?:void|Future<void>) (\w+)\((.*)\) (async )?\{$/gm, "  $3function $1($2) {"],
  [/(?:Map<String, dynamic>|Object) (message|frame)\)/g, "$1)"],
  [/final Map<String, dynamic>\? /g, "const "],
  [/await for \(final (\w+) in (\w+)\)/g, "for await (const $1 of $2)"],
  [/for \(final (\w+) in /g, "for (const $1 of "],
  [/\bfinal /g, "const "],
  [/\bvar /g, "let "],
  [/Stopwatch\(\)\.\.start\(\)/g, "stopwatch()"],
  [/const Duration\(seconds: (\d+)\)/g, "$1 * 1000"],
  [/Duration\(milliseconds: (\w+)\)/g, "$1"],
  [/'(\$\{.*\})'/g, "`$1`"],
  [/\br'(.*?)'/g, "String.raw`$1`"],
  [/\} on Exception \{/g, "} catch {"],
  [/(protocols: .*), (customClient: \w+)\)/g, "{ $1, $2 })"],
  [/\(((?:force|queryParameters): \w+)\)/g, "({ $1 })"],
  [/\?\[/g, "?.["],
  [/\)!\)/g, "))"],
  [/Completer<void>/g, "completer"],
  [/\.toRadixString\(/g, ".toString("],
];

/**
 * The parts of Dart's libraries that the class uses.
 *
 * @param pace how much faster than usual timers are; pauses between attempts always are
 */
function libraries(pace) {
  class WebSocket {
    static connecting = 0;
    static most = 0;

    static async connect(url, { protocols, customClient }) {
      const socket = new Socket(url, protocols);
      WebSocket.most = Math.max(WebSocket.most, ++WebSocket.connecting);
      const made = new WebSocket();
      made.socket = socket;
      made.frames = new Inbox();
      socket.on("error", () => {});
      socket.on("message", (data) => made.frames.put(data.toString()));
      socket.on("close", (code, reason) => {
        WebSocket.connecting--;
        Object.assign(made, { closeCode: code === 1006 ? null : code, closeReason: reason.toString() });
        made.frames.put(null);
      });
      customClient.connecting.add(socket);
      try {
        await new Promise((resolve, reject) => socket.on("open", resolve).on("close", () => reject(new Error("no connection"))));
      } finally {
        customClient.connecting.delete(socket);
      }
      return made;
    }

    async *[Symbol.asyncIterator]() {
      for (let frame; (frame = await this.frames.take("a frame or the end")) !== null; ) yield frame;
    }

    add(frame) {
      this.socket.send(frame);
    }

    async close(code) {
      this.socket.close(code);
    }
  }
  const methods = { remove: (target) => (key) => target.delete(key), values: (target) => target.values(), length: (target) => target.size };
  methods.keys = (target) => ({ first: target.keys().next().value });
  return {
    WebSocket,
    HttpClient: () => ({
      connecting: new Set(),
      close() {
        this.connecting.forEach((socket) => socket.terminate());
      },
    }),
    Timer: (ms, action) => {
      const timer = setTimeout(action, ms / pace);
      return { cancel: () => clearTimeout(timer) };
    },
    completer: () => {
      const made = { isCompleted: false };
      made.future = new Promise((resolve) => (made.complete = () => resolve((made.isCompleted = true))));
      return made;
    },
    stopwatch: () => ({ started: performance.now(), get elapsed() { return performance.now() - this.started; } }),
    map: () => new Proxy(new Map(), {
      get: (target, name) => (methods[name] ? methods[name](target) : target.get(name)),
      set: (target, name, value) => target.set(name, value),
    }),
    set: (...items) => ({ contains: (item) => items.includes(item) }),
    Random: { secure: () => ({ nextInt: (bound) => Math.floor(Math.random() * bound) }) },
    List: { generate: (length, make) => Array.from({ length }, (_, index) => make(index)) },
    RegExp: (pattern) => ({ firstMatch: (text) => { const found = new RegExp(pattern).exec(text); return found && { group: (index) => found[index] }; } }),
    Future: { any: (futures) => Promise.race(futures), delayed: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 1_000)) },
    int: { parse: Number },
    min: Math.min,
    jsonDecode: JSON.parse,
    jsonEncode: JSON.stringify,
  };
}

function load(pace = 1) {
  const page = readFileSync(new URL("../../../docs/flutter.md", import.meta.url), "utf8");
  const [dart] = /class LinkspanSocket \{.*?^\}$/ms.exec(page);
  let code = dart;
  for (const [pattern, replacement] of SUBSTITUTIONS) {
    assert.match(code, pattern, `${pattern} has nothing to replace`);
    code = code.replace(pattern, replacement);
  }
  const methods = [...code.matchAll(/^  (?:const (\w+) = \(|(?:async )?function (\w+)\()/gm)].map((found) => found[1] ?? found[2]);
  code = code.replace(/\}$/, `  return { ${methods.join(", ")} };\n}`);
  const given = libraries(pace);
  const LinkspanSocket = new Function(...Object.keys(given), `${code}\nreturn LinkspanSocket;`)(...Object.values(given));
  return { LinkspanSocket, WebSocket: given.WebSocket };
}

const uri = (text) => ({
  queryParameters: Object.fromEntries(new URL(text).searchParams),
  replace({ queryParameters }) {
    const url = new URL(text);
    url.search = new URLSearchParams(queryParameters);
    return url.href;
  },
});

/** A gateway of JSON frames, on that of binary ones. */
async function gatewayOfJson() {
  const gateway = await scripted();
  const { next } = gateway;
  gateway.next = async () => {
    const link = await next();
    const frames = new Inbox();
    link.socket.removeAllListeners("message");
    link.socket.on("message", (data) => frames.put(JSON.parse(data.toString())));
    link.next = () => frames.take("a frame of the client");
    link.send = (message) => link.socket.send(JSON.stringify({ message }));
    link.acknowledge = (eventId) => link.socket.send(JSON.stringify({ ack: { eventId } }));
    return link;
  };
  return gateway;
}

function open(gateway, onMessage = () => true, pace) {
  const { LinkspanSocket, WebSocket } = load(pace);
  const socket = LinkspanSocket(() => uri(`${gateway.url}?user=alice`), onMessage);
  const ended = socket.run();
  assert.equal(socket.run(), ended);
  return { socket, ended, WebSocket };
}

await run({
  async resume() {
    const gateway = await gatewayOfJson();
    const shown = [];
    const { socket, ended, WebSocket } = open(gateway, (message) => (shown.push(message), message.body !== "call"));
    socket.send({ eventId: "early", body: "before the connection" });
    const first = await gateway.next();
    assert.deepEqual(Object.fromEntries(first.query), { user: "alice", session: "", ack: "client" });
    first.greet("s1");
    assert.equal((await first.next()).message.eventId, "early");
    first.acknowledge("early");
    for (const eventId of ["one", "two"]) {
      socket.send({ eventId });
      assert.equal((await first.next()).message.eventId, eventId);
    }
    first.send({ eventId: "m", from: "bob" });
    assert.deepEqual(await first.next(), { ack: { eventId: "m" } });
    first.send({ eventId: "c", from: "bob", body: "call" });
    first.acknowledge("one");
    first.send({ eventId: "n", from: "bob" });
    assert.deepEqual(await first.next(), { ack: { eventId: "n" } }); // and none for the call
    first.socket.terminate();

    const second = await gateway.next();
    assert.equal(second.query.get("session"), "s1");
    second.greet("s1", true);
    assert.equal((await second.next()).message.eventId, "two");
    for (const eventId of ["m", "c", "n"]) second.send({ eventId, from: "bob" });
    assert.deepEqual([await second.next(), await second.next()], [{ ack: { eventId: "m" } }, { ack: { eventId: "n" } }]);
    second.send({ type: "error", eventId: "e", replyTo: "two", body: "{}" });
    second.send({ eventId: "m", from: "carol" });
    assert.deepEqual(await second.next(), { ack: { eventId: "m" } });
    second.socket.close(1001);
    const third = await gateway.next();
    third.greet("s2", false);
    socket.send({ eventId: "last" });
    assert.equal((await third.next()).message.eventId, "last"); // nothing else was left
    await socket.close();
    await within("the end of the loop", ended);
    assert.equal(await third.closed, 1000);
    assert.deepEqual(shown.filter(({ type }) => !type).map(({ from, eventId }) => from + eventId), ["bobm", "bobc", "bobn", "carolm"]);
    assert.equal(WebSocket.most, 1);
    gateway.close();
  },

  // The close codes that forbid to reconnect, as a JSON array.
  async closeCodes(never) {
    const gateway = await gatewayOfJson();
    for (const code of [...JSON.parse(never), 4500, 4600, 4999]) {
      const { ended } = open(gateway);
      (await gateway.next()).socket.close(code);
      await within(`the end after ${code}`, ended);
    }
    for (const code of [1001, 1011, 4408, 4413, 4429, 4450]) {
      const { socket } = open(gateway);
      (await gateway.next()).socket.close(code, "name; retryAfterMs=1");
      await gateway.next();
      await socket.close();
    }
    gateway.close();
  },

  async closingWhileConnecting() {
    const mute = net.createServer((socket) => socket.resume());
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const accepted = once(mute, "connection");
    const address = { url: `ws://127.0.0.1:${mute.address().port}/ws` };
    const { socket, ended, WebSocket } = open(address);
    const [connection] = await accepted;
    const gone = once(connection, "close");
    await within("the end of the loop", Promise.all([socket.close(), ended, gone]));
    assert.equal(WebSocket.most, 1);
    mute.close();
  },

  // Servers that accept and say nothing: each attempt is aborted before the next one begins.
  async attemptsThatTakeTooLong() {
    const connections = new Inbox();
    const mute = net.createServer((socket) => connections.put(socket.resume().on("error", () => {})));
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { socket, ended, WebSocket } = open({ url: `ws://127.0.0.1:${mute.address().port}/ws` }, () => true, 1_000);
    for (let attempt = 0; attempt < 5; attempt++) await connections.take("a connection");
    await socket.close();
    await within("the end of the loop", ended);
    assert.equal(WebSocket.most, 1);
    mute.close();
  },
});
