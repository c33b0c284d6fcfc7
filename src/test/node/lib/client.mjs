// A WebSocket client of npm's ws whose frames a scenario waits for, one after the other.
import { once } from "node:events";
import WebSocket from "ws";

const PATIENCE_MS = 30_000;

export class Client {
  /** Resolves once connected. */
  static async connect(url, user, protocols = []) {
    const client = new Client(new WebSocket(`${url}?user=${encodeURIComponent(user)}`, protocols));
    await once(client.socket, "open");
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    this.frames = []; // everything that was received, as {binary, bytes}
    this.taken = 0;
    this.waiting = null;
    socket.on("message", (data, binary) => this.#received({ binary, bytes: Buffer.from(data) }));
    socket.on("close", (code) => this.waiting?.reject(new Error(`closed with ${code}`)));
  }

  /** The next frame that was not taken yet. */
  async next() {
    if (this.taken === this.frames.length) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no frame within ${PATIENCE_MS} ms`)), PATIENCE_MS);
        this.waiting = { resolve: () => resolve(clearTimeout(timer)), reject };
      });
    }
    return this.frames[this.taken++];
  }

  send(data) {
    this.socket.send(data);
  }

  /** Closes and waits for the answer. */
  async close() {
    const closed = once(this.socket, "close");
    this.socket.close(1000);
    await closed;
  }

  #received(frame) {
    this.frames.push(frame);
    this.waiting?.resolve();
    this.waiting = null;
  }
}
