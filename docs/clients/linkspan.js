// A client of linkspan for browsers and Node, without dependencies: one connection that resumes its session.
// linkspan.d.ts describes its interface, docs/clients.md the protocol.
// ---- Frames: a 16-bit little-endian type, then protobuf (proto/message.proto) ----
const TYPE_ACK = 10, TYPE_MESSAGE = 11, ATTACHMENTS = 7, HEADERS = 9;
const TEXTS = { 1: "eventId", 2: "from", 3: "to", 4: "createAt", 5: "type", 6: "body", 8: "contentType", 10: "replyTo" };
const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decodeText = (bytes) => (bytes === undefined ? "" : decoder.decode(bytes));

const varint = (value) => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
const field = (number, bytes) => [Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes];

function concat(chunks) {
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) all.set(chunk, (at += chunk.length) - chunk.length);
  return all;
}

/** Encodes {message} or {ack} as a binary frame. */
export function encodeFrame({ message, ack }) {
  const content = message ?? ack, chunks = [Uint8Array.of(message ? TYPE_MESSAGE : TYPE_ACK, 0)];
  for (const [number, name] of Object.entries(TEXTS)) {
    if (content[name]) chunks.push(...field(Number(number), encoder.encode(content[name])));
  }
  for (const bytes of content.attachments ?? []) chunks.push(...field(ATTACHMENTS, bytes));
  for (const header of Object.entries(content.headers ?? {})) {
    chunks.push(...field(HEADERS, concat(header.flatMap((text, index) => field(index + 1, encoder.encode(text))))));
  }
  return concat(chunks);
}

/** Yields [number, value] of each field; the value of a length-delimited one is its bytes. */
function* fields(bytes) {
  let at = 0;
  function take(length) {
    if (length > bytes.length - at) throw new RangeError("truncated protobuf");
    return bytes.subarray(at, (at += length));
  }
  function next() {
    for (let value = 0, scale = 1, count = 0; count < 10; count++, scale *= 128) {
      const [byte] = take(1);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError("a varint of more than 10 bytes");
  }
  while (at < bytes.length) {
    const key = next(), number = Math.floor(key / 8), wireType = key % 8;
    if (number === 0 || ![0, 1, 2, 5].includes(wireType)) throw new RangeError("protobuf key " + key);
    if (wireType === 0) yield [number, next()];
    else if (wireType === 2) yield [number, take(next())];
    else take(wireType === 1 ? 8 : 4);
  }
}

/** Decodes a binary frame to {message} or {ack}, and ignores fields that the schema does not have. */
export function decodeFrame(bytes) {
  if (bytes.length < 2) throw new RangeError("a frame without a header");
  const type = bytes[0] + 256 * bytes[1], content = {}, headers = [];
  if (type !== TYPE_MESSAGE && type !== TYPE_ACK) throw new RangeError("frame type " + type);
  for (const [number, value] of fields(bytes.subarray(2))) {
    if (TEXTS[number]) {
      content[TEXTS[number]] = decodeText(value);
    } else if (number === ATTACHMENTS) {
      (content.attachments ??= []).push(new Uint8Array(value));
    } else if (number === HEADERS) {
      const { 1: name, 2: text } = Object.fromEntries(fields(value));
      headers.push([decodeText(name), decodeText(text)]);
    }
  }
  if (headers.length > 0) content.headers = Object.fromEntries(headers);
  return type === TYPE_MESSAGE ? { message: content } : { ack: content };
}

// The text frames of the subprotocol linkspan.json have attachments in base64.
const convert = (packet, change) =>
  packet.message?.attachments ? { message: { ...packet.message, attachments: packet.message.attachments.map(change) } } : packet;
const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// ---- Close codes: the table and the ranges of docs/clients.md ----
const RECONNECT = 4100, AT_ONCE = [1001, 1005, 1006, 4408, 4413]; // for RECONNECT the gateway draws the first delay
const NEVER = [1002, 1003, 1007, 1008, 1009, 1010, 4400, 4403, 4409, 4410];

/** Returns when to reconnect: "as you like", "at once", "later", "with another token" or "never". */
export function reconnectAfter(code) {
  if (code === 1000) return "as you like";
  if (AT_ONCE.includes(code)) return "at once";
  if (code === 4401 || (code >= 4500 && code < 4600)) return "with another token";
  return NEVER.includes(code) || (code >= 4600 && code < 5000) ? "never" : "later";
}

/** A refusal. Its code is an error code of docs/clients.md, or "closed". */
export class LinkspanError extends Error {
  constructor(code, message, retryAfterMs = 0) { Object.assign(super(message), { name: "LinkspanError", code, retryAfterMs }); }
}

// ---- The client ----
const DEFAULTS = {
  connectTimeoutMs: 15_000, heartbeatMs: 20_000, firstDelayMs: 500, maxDelayMs: 30_000, stableMs: 5_000, resendWithinMs: 100_000,
  session: "", json: false, maxMessage: 1 << 20, maxQueue: 500, maxQueueBytes: 4 << 20, maxSeen: 2_000,
};
const MAX_NAME = 256, MAX_RETRY_AFTER_MS = 3_600_000, NAMES_PER_MESSAGE = 100;
const FOLLOWED = "group:linkspan.stream."; // the recipient of parts of a stream that is followed
const HEARTBEAT = JSON.stringify({ module: "HEART_CHECK", message: "linkspan.js" });

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** The parts of one streamed answer that the application has not taken. */
class Parts {
  #parts = []; // {part, processed}
  #error;
  #wake = () => {};
  #taken = () => {}; // the application has processed the part that it has

  /** Resolves when the application has processed the part. */
  put(part) {
    const { promise, resolve } = deferred();
    this.#parts.push({ part, processed: resolve });
    this.#wake();
    return promise;
  }

  fail = (error) => {
    this.#error ??= { error };
    this.#wake();
  };

  async take(idleMs) {
    const timer = setTimeout(() => this.fail(new LinkspanError("timeout", "no part within " + idleMs + " ms")), idleMs);
    while (this.#parts.length === 0 && !this.#error) await new Promise((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
    if (this.#parts.length === 0) throw this.#error.error;
    return this.#parts.shift();
  }

  /** Yields the parts until the end; a part is processed when the next one is asked for. */
  async *all(idleMs, over) {
    while (!over.ended) {
      const { part, processed } = await this.take(idleMs), { headers = {}, body } = part, end = headers["stream-end"];
      this.#taken = processed;
      over.ended = end !== undefined || headers.stream === undefined; // an answer that is not streamed is the only part
      if (end === undefined) yield part;
      else if (end !== "complete" && end !== "cancelled") throw new LinkspanError(end, JSON.parse(body).message);
      processed();
    }
  }

  /** The application takes no more of them. */
  discard() {
    this.#taken();
    for (const { processed } of this.#parts.splice(0)) processed();
  }
}
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 *   CLOSED ── connect() ──► CONNECTING ── session, or answer to a heartbeat ──► OPEN
 *     ▲                       │    ▲                                             │
 *     │ close(), or a code    │    │ delay over, connect()                       │
 *     │ that forbids it       ▼    │                                             │
 *     └─────────────────────── WAITING ◄───────────── connection lost ───────────┘
 *
 * There is a link while CONNECTING or OPEN, and never another one beside it.
 */
export class Linkspan {
  #url; #options; #session; #retry;
  #state = "closed";
  #attempt = 0;
  #link = null; // {socket, token, timer, heartbeat, stable, silent, ready}
  #ready; // the promise of connect(), with its resolve and reject
  #refused = null; // {token} that the gateway has refused
  #queue = new Map(); // {message, groups, frame, written, resolve, reject} without an outcome, by eventId in the order of sending
  #queueBytes = 0;
  #calls = new Map(); // calls without an answer, by eventId
  #streams = new Map(); // Parts of streamed answers, by the eventId of the request
  #follows = new Map(); // {parts, next, done} of streams that are followed, by their ids
  #over = new Set(); // eventIds of requests whose streams the application has left; what still arrives is not wanted
  #groups = new Set();
  #watches = new Map(); // {callback, users, fresh} by group
  #seen = new Map(); // received messages: whether the application has processed them, by sender and eventId

  constructor(url, options = {}) {
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...DEFAULTS, WebSocket: globalThis.WebSocket, ...Object.fromEntries(given) };
    this.#session = this.#options.session;
    if (!this.#options.WebSocket) throw new TypeError("this platform has no WebSocket: pass one as an option");
  }

  get state() { return this.#state; }
  get session() { return this.#session; }
  get groups() { return [...this.#groups]; }
  get pending() { return this.#queue.size; }

  connect() {
    if (this.#state === "closed") {
      this.#ready = deferred();
      this.#ready.promise.catch(() => {}); // the application may watch the state instead
      this.#attempt = 0;
    }
    if (this.#state === "closed" || this.#state === "waiting") this.#dial();
    return this.#ready.promise;
  }

  close() { if (this.#state !== "closed") this.#end(1000, "closed by the application"); }

  join(...groups) { return this.#change("join_group", groups); }
  leave(...groups) { return this.#change("leave_group", groups); }

  async joinSince(group, since) {
    const { headers } = await this.call({ type: "join_group", body: JSON.stringify([group]), headers: { since: String(since) } });
    this.#groups.add(group);
    return { recovered: headers.recovered === "true", position: headers.position };
  }

  async presence(group, callback) {
    const watch = { callback, users: new Set(), fresh: [] }, end = () => this.#watches.get(group) === watch && this.#watches.delete(group);
    this.#watches.set(group, watch);
    await this.send({ type: "watch_presence", body: JSON.stringify([group]) }).catch((error) => {
      end();
      throw error;
    });
    return () => {
      if (end() && this.#state !== "closed") this.send({ type: "unwatch_presence", body: JSON.stringify([group]) }).catch(this.#report);
    };
  }

  async send(message) { return this.#enqueue({ ...message, eventId: message.eventId || newId() }); }

  async call(message, timeoutMs = 30_000) {
    const eventId = message.eventId || newId(), call = deferred();
    if (this.#calls.has(eventId)) throw new LinkspanError("malformed", "the eventId is in use");
    if (this.#calls.size >= this.#options.maxQueue) throw new LinkspanError("queue-full", "too many calls have no answer yet");
    this.#calls.set(eventId, call);
    this.send({ ...message, eventId }).catch(call.reject);
    const timer = setTimeout(() => {
      this.#forget(eventId);
      call.reject(new LinkspanError("timeout", "no answer within " + timeoutMs + " ms"));
    }, timeoutMs);
    return call.promise.finally(() => clearTimeout(timer) ?? this.#calls.delete(eventId));
  }

  async *stream(message, { idleMs = 120_000, signal } = {}) {
    const eventId = message.eventId || newId(), parts = new Parts(), abort = () => parts.fail(signal.reason);
    if (this.#streams.has(eventId)) throw new LinkspanError("malformed", "the eventId is in use");
    if (this.#streams.size >= this.#options.maxQueue) throw new LinkspanError("queue-full", "too many streams are open");
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    this.#streams.set(eventId, parts);
    const over = { ended: false };
    this.send({ ...message, eventId }).catch((error) => {
      over.ended = true; // refused: nothing can be cancelled
      parts.fail(error);
    });
    try {
      yield* parts.all(idleMs, over);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#streams.delete(eventId);
      parts.discard();
      this.#over.add(eventId);
      if (this.#over.size > this.#options.maxSeen) this.#over.delete(this.#over.values().next().value);
      if (!over.ended && this.#state !== "closed") this.send({ type: "cancel_stream", replyTo: eventId }).catch(this.#report);
    }
  }

  async *follow(stream, { since = 0, idleMs = 120_000, signal } = {}) {
    const parts = new Parts(), over = { ended: false }, follow = { parts, next: since, done: since }, abort = () => parts.fail(signal.reason);
    if (this.#follows.has(stream)) throw new LinkspanError("malformed", "the stream is followed already");
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    this.#follows.set(stream, follow);
    this.#ask(stream, follow);
    try {
      yield* parts.all(idleMs, over);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#follows.delete(stream);
      parts.discard();
      if (!over.ended && this.#state !== "closed") this.send({ type: "unfollow_stream", headers: { stream } }).catch(this.#report);
    }
  }

  /** Asks for the parts that the application does not have, at the start and after the loss of a session. */
  #ask(stream, { parts, next }) {
    this.call({ type: "follow_stream", headers: { stream, since: String(next) } }).then(
      ({ headers }) => headers.recovered === "true" || parts.fail(new LinkspanError("unavailable", "the first part that is kept is " + headers["stream-offset"])),
      parts.fail,
    );
  }

  // ---- Connecting ----
  async #dial() {
    clearTimeout(this.#retry);
    const link = (this.#link = { socket: null, silent: 0, ready: false });
    link.timer = setTimeout(() => this.#lost(link, 1006, "no connection in time"), this.#options.connectTimeoutMs);
    this.#enter("connecting");
    try {
      link.token = await this.#token();
    } catch (error) {
      this.#report(error);
      return this.#lost(link, 1006, "no token: " + error.message);
    }
    if (link !== this.#link) return; // closed meanwhile
    if (this.#refused && this.#refused.token === link.token) return this.#end(4401, "the token is the one that was refused");
    try {
      this.#open(link);
    } catch (error) {
      this.#end(1006, error.message); // the address or the token cannot be used at all
    }
  }

  async #token() { return typeof this.#options.token === "function" ? this.#options.token() : this.#options.token; }

  #open(link) {
    const url = new URL(this.#url), { user, device, json, WebSocket } = this.#options;
    for (const [name, value] of Object.entries({ session: this.#session, ack: "client", notify: "auth", ...(user && { user }), ...(device && { device }) })) {
      url.searchParams.set(name, value);
    }
    const protocols = json ? ["linkspan.json"] : link.token ? ["linkspan"] : [];
    const socket = (link.socket = new WebSocket(url.href, link.token ? [...protocols, "bearer." + link.token] : protocols));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#put(HEARTBEAT);
    socket.onmessage = ({ data }) => this.#receive(link, data);
    socket.onclose = ({ code, reason }) => this.#lost(link, code, reason);
    socket.onerror = () => {}; // the close follows
  }

  /** The gateway answers the first heartbeat after its session message, which is missing if it keeps no sessions. */
  #begin(link, session) {
    clearTimeout(link.timer);
    link.stable = setTimeout(() => (this.#attempt = 0), this.#options.stableMs);
    const beat = () => (link.silent++ > 0 ? this.#lost(link, 1006, "no heartbeat") : this.#put(HEARTBEAT));
    link.heartbeat = setInterval(beat, this.#options.heartbeatMs);
    this.#refused = null;
    this.#session = session?.session ?? "";
    if (!session?.recovered) this.#rejoin();
    for (const entry of this.#queue.values()) {
      if (performance.now() - (entry.written ?? Infinity) < this.#options.resendWithinMs) this.#write(entry);
      else this.#settle(entry.message.eventId, new LinkspanError("timeout", "the outcome is unknown"));
    }
    link.ready = true;
    this.#ready.resolve();
    this.#enter("open", { recovered: session?.recovered === true });
  }

  /** A new session is in no groups. Pending changes get new eventIds: with the old ones they count as done. */
  #rejoin() {
    const lost = [...this.#streams].filter(([eventId]) => !this.#queue.has(eventId));
    for (const [, { fail }] of lost) fail(new LinkspanError("unavailable", "the session was lost"));
    const pending = this.#takeAll(), groups = [...this.#groups];
    this.#groups.clear();
    while (groups.length > 0) this.join(...groups.splice(0, NAMES_PER_MESSAGE)).catch(this.#report);
    for (const [stream, follow] of this.#follows) this.#ask(stream, follow);
    for (const group of this.#watches.keys()) this.send({ type: "watch_presence", body: JSON.stringify([group]) }).catch(this.#report);
    for (const entry of pending) {
      if (entry.groups.length > 0) entry.frame = this.#encode({ message: (entry.message = { ...entry.message, eventId: newId() }) });
      this.#add(entry);
    }
  }

  #lost(link, code, reason = "") {
    if (link !== this.#link) return;
    this.#drop();
    const { firstDelayMs, maxDelayMs, token } = this.#options, when = reconnectAfter(code);
    const another = when === "with another token", again = another ? typeof token === "function" : when === "at once" || when === "later";
    if (!again) return this.#end(code, reason);
    if (another) this.#refused = { token: link.token };
    const retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, Number(/retryAfterMs=(\d+)/.exec(reason)?.[1] ?? 0));
    const drawn = code === RECONNECT && retryAfterMs > 0 && this.#attempt === 0, ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(this.#attempt, 20));
    const least = when === "at once" && this.#attempt === 0 ? 0 : ceiling / 2;
    const delayMs = retryAfterMs + (drawn ? 0 : least + Math.random() * (ceiling - least));
    this.#attempt++;
    this.#retry = setTimeout(() => this.#dial(), delayMs);
    this.#enter("waiting", { code, reason, delayMs });
  }

  /** Leaves the link. Only after a close frame with code 1000 the gateway ends the session. */
  #drop(code) {
    const { socket, timer, stable, heartbeat } = this.#link ?? {};
    this.#link = null;
    for (const each of [timer, stable, heartbeat, this.#retry]) clearTimeout(each);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code) socket.close(code);
    else (socket.terminate ?? socket.close).call(socket); // the close of Node's ws would wait for an answer
  }

  #end(code, reason) {
    this.#drop(code === 1000 ? code : undefined);
    const error = new LinkspanError("closed", code + " " + reason), ready = this.#ready;
    const pending = [...this.#takeAll(), ...this.#calls.values()], keep = reconnectAfter(code) === "with another token";
    this.#session = keep ? this.#session : "";
    if (!keep) this.#groups.clear() ?? this.#watches.clear();
    for (const { reject } of pending) reject(error);
    for (const { fail } of [...this.#streams.values(), ...[...this.#follows.values()].map(({ parts }) => parts)]) fail(error);
    ready.reject(error);
    this.#enter("closed", { code, reason });
  }

  #enter(state, detail = {}) { this.#state = state; this.#options.onState?.(state, detail); }
  #report = (error) => this.#options.onError?.(error);

  // ---- Sending ----
  async #change(type, groups) {
    await this.#enqueue({ eventId: newId(), type, body: JSON.stringify(groups) }, groups);
  }

  async #enqueue(message, groups = []) {
    const { maxMessage, maxQueue, maxQueueBytes } = this.#options, { eventId, to, type, replyTo } = message;
    const refuse = (code, why) => { throw new LinkspanError(code, why); };
    if (this.#state === "closed") refuse("closed", "the client is not connected");
    if (this.#queue.has(eventId)) refuse("malformed", "the eventId is in use");
    const tooLong = [eventId, to, type, replyTo, ...groups].some((name) => name?.length > MAX_NAME);
    if (tooLong) refuse("malformed", "a name is longer than " + MAX_NAME + " characters");
    const entry = { message, groups, frame: this.#encode({ message }), ...deferred() }, bytes = entry.frame.length;
    if (bytes > maxMessage) refuse("too-large", "a message of " + bytes + " bytes");
    const full = this.#queue.size >= maxQueue || this.#queueBytes + bytes > maxQueueBytes;
    if (full) refuse("queue-full", "too many messages have no outcome yet");
    this.#add(entry);
    if (this.#link?.ready) this.#write(entry);
    return entry.promise;
  }

  #encode(packet) { return this.#options.json ? JSON.stringify(convert(packet, toBase64)) : encodeFrame(packet); }
  #write(entry) { entry.written ??= performance.now(); this.#put(entry.frame, { message: entry.message }); }

  #put(frame, packet) {
    if (this.#link?.socket?.readyState !== 1) return;
    this.#link.socket.send(frame);
    this.#options.onFrame?.("out", packet ?? JSON.parse(frame), frame);
  }
  #acknowledge(eventId) { this.#put(this.#encode({ ack: { eventId } }), { ack: { eventId } }); }

  #add(entry) {
    this.#queue.set(entry.message.eventId, entry);
    this.#queueBytes += entry.frame.length;
  }

  #takeAll() {
    this.#queueBytes = 0;
    const entries = [...this.#queue.values()];
    this.#queue.clear();
    return entries;
  }

  #forget(eventId) {
    const entry = this.#queue.get(eventId);
    if (this.#queue.delete(eventId)) this.#queueBytes -= entry.frame.length;
    return entry;
  }

  #settle(eventId, error) {
    const entry = this.#forget(eventId);
    if (error) return (entry ?? this.#calls.get(eventId) ?? { reject: this.#report }).reject(error);
    for (const group of entry?.groups ?? []) this.#groups[entry.message.type === "join_group" ? "add" : "delete"](group);
    entry?.resolve(eventId);
  }

  // ---- Receiving ----
  #receive(link, data) {
    link.silent = 0;
    try {
      const packet = typeof data === "string" ? convert(JSON.parse(data), fromBase64) : decodeFrame(new Uint8Array(data));
      this.#options.onFrame?.("in", packet, data);
      const message = packet.module ? undefined : packet.message; // that of a heartbeat is a text
      const own = message && !message.from && message.type; // of the gateway itself
      if (!link.ready) this.#begin(link, own === "session" ? JSON.parse(message.body) : null);
      if (link !== this.#link) return; // the application has closed it
      if (packet.ack) {
        this.#settle(packet.ack.eventId);
      } else if (own === "error") {
        const { code, message: why, retryAfterMs } = JSON.parse(message.body);
        this.#settle(message.replyTo, new LinkspanError(code, why, retryAfterMs));
      } else if (own === "auth") {
        this.#renew(link);
      } else if (message && own !== "session" && own !== "closing") {
        this.#deliver(message);
      }
    } catch (error) {
      this.#report(error);
    }
  }

  async #renew(link) {
    const token = await this.#token().catch(this.#report);
    if (link !== this.#link || !token) return; // the connection ends with 4401, and the next one asks for another token
    link.token = token;
    const message = { eventId: newId(), type: "auth", body: token };
    this.#put(this.#encode({ message }), { message });
  }

  async #deliver(message) {
    if (message.to?.startsWith(FOLLOWED)) return this.#followed(message);
    const { eventId } = message, key = message.from + "\n" + eventId, processed = this.#seen.get(key);
    if (processed) return this.#acknowledge(eventId);
    if (processed === false || !this.#remember(key)) return; // in progress, or too many are: the gateway sends it again
    const call = this.#calls.get(message.replyTo), parts = this.#streams.get(message.replyTo);
    let answer;
    try {
      if (!message.from && message.type === "group_presence") await this.#present(JSON.parse(message.body));
      else if (parts) await parts.put(message);
      else if (!message.headers?.stream || !this.#over.has(message.replyTo)) answer = call ? call.resolve(message) : await this.#options.onMessage?.(message);
    } catch (error) {
      this.#seen.delete(key); // not acknowledged: it arrives again
      return this.#report(error);
    }
    // An answer counts as an acknowledgement.
    if (answer) await this.send({ ...answer, to: "", replyTo: eventId }).catch(this.#report);
    else this.#acknowledge(eventId);
    this.#seen.set(key, true);
  }

  /** Parts that the application has processed, or does not want any more, are acknowledged and not shown. */
  async #followed(part) {
    const follow = this.#follows.get(part.headers.stream), offset = Number(part.headers["stream-offset"] ?? Infinity);
    if (follow && offset >= follow.next) {
      if (offset < Infinity) follow.next = offset + 1;
      await follow.parts.put(part);
      follow.done = offset + 1;
    } else if (follow && offset >= follow.done) {
      return; // in progress: the gateway sends it again
    }
    this.#acknowledge(part.eventId);
  }

  #present({ group, event, users = [], part, parts, joined = [], left = [] }) {
    const watch = this.#watches.get(group);
    if (!watch) return; // ended meanwhile
    if (event === "too-large") {
      watch.users.clear();
      return watch.callback(null, { joined, left });
    }
    if (event === "snapshot") {
      watch.fresh = part === 1 ? users : [...watch.fresh, ...users];
      if (part < parts) return;
      const all = new Set(watch.fresh);
      joined = watch.fresh.filter((user) => !watch.users.has(user));
      left = [...watch.users].filter((user) => !all.has(user));
    }
    for (const user of joined) watch.users.add(user);
    for (const user of left) watch.users.delete(user);
    return watch.callback([...watch.users], { joined, left });
  }

  /** Stores a message, in place of the oldest one that the application has processed if there are too many. */
  #remember(key) {
    for (const [old, processed] of this.#seen) {
      if (this.#seen.size < this.#options.maxSeen) break;
      if (processed) this.#seen.delete(old);
    }
    return this.#seen.size < this.#options.maxSeen && this.#seen.set(key, false);
  }
}
