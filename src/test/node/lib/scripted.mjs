// A gateway that does what a scenario says, with npm's ws and the independent codec of schema.mjs.
import { once } from "node:events";
import { WebSocketServer } from "ws";
import { ack, decode, message } from "./schema.mjs";

const PATIENCE_MS = 30_000;

/** Rejects when a promise takes too long, and names what was awaited. */
export function within(what, promise, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Items that a scenario takes one after the other, and waits for. */
export class Inbox {
  #items = [];
  #waiting = [];

  put(item) {
    const next = this.#waiting.shift();
    if (next) next(item);
    else this.#items.push(item);
  }

  get size() {
    return this.#items.length;
  }

  take(what) {
    const taken = this.#items.length > 0 ? Promise.resolve(this.#items.shift()) : new Promise((resolve) => this.#waiting.push(resolve));
    return within(what, taken);
  }
}

/** One connection: the frames of the client without heartbeats, and what the scenario sends. */
class Link {
  frames = new Inbox();
  closed;

  constructor(socket, request, heartbeats) {
    this.socket = socket;
    this.query = new URL(request.url, "ws://gateway").searchParams;
    this.protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/, */);
    this.closed = once(socket, "close").then(([code]) => code);
    socket.on("message", (data, binary) => {
      if (binary) this.frames.put(decode(Buffer.from(data)));
      else if (heartbeats) socket.send(data.toString());
    });
  }

  /** The next Message or AckMessage of the client. */
  next() {
    return this.frames.take("a frame of the client");
  }

  greet(session, recovered = false) {
    this.send({ eventId: "session", type: "session", body: JSON.stringify({ session, recovered, expiresAfterMs: 120000 }) });
  }

  send(fields) {
    this.socket.send(message(fields));
  }

  acknowledge(eventId) {
    this.socket.send(ack(eventId));
  }

  refuse(eventId, code) {
    this.send({ type: "error", replyTo: eventId, body: JSON.stringify({ code, message: "refused" }) });
  }
}

/**
 * Starts a gateway. `links` are its connections in turn, and `most` is how many were open at the same time.
 *
 * @param heartbeats whether heartbeats are answered
 */
export async function scripted({ heartbeats = true } = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: ([first]) => first });
  await once(server, "listening");
  const gateway = {
    url: `ws://127.0.0.1:${server.address().port}/ws`,
    links: new Inbox(),
    count: 0,
    most: 0,
    next: () => gateway.links.take("a connection"),
    close() {
      server.clients.forEach((socket) => socket.terminate());
      server.close();
    },
  };
  server.on("connection", (socket, request) => {
    gateway.count++;
    gateway.most = Math.max(gateway.most, [...server.clients].filter((client) => client.readyState === 1).length);
    gateway.links.put(new Link(socket, request, heartbeats));
  });
  return gateway;
}
