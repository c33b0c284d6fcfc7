// Every generation of Socket.IO's own client behind one interface.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

const PATIENCE_MS = 20_000;

const TRANSPORTS = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

/** Rejects when a promise takes too long, and names what was awaited. */
export function within(what, promise, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Resolves with the arguments of the next event of that name. */
export function next(socket, event) {
  return within(event, new Promise((resolve) => socket.once(event, (...args) => resolve(args))));
}

/** Resolves with the arguments of the acknowledgement of an event. */
export function ask(socket, event, ...args) {
  return within(
    `the acknowledgement of ${event}`,
    new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer))),
  );
}

/** Creates a client with its identity in the auth object, or in the query for old clients. */
export function create(url, version, transport, identity, options = {}) {
  const io = require(`socket.io-client-${version}`);
  const who = version >= 3 ? { auth: identity } : { query: identity };
  return io(url, {
    ...who,
    transports: TRANSPORTS[transport],
    forceNew: true,
    reconnectionDelay: 50,
    ...options,
  });
}

/** Connects, and waits for the upgrade where the transport includes one. */
export async function connect(url, version, transport, identity, options) {
  const socket = create(url, version, transport, identity, options);
  const upgraded = transport === "upgrade" ? upgrade(socket) : Promise.resolve();
  await within(
    "connect",
    new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once(version >= 3 ? "connect_error" : "error", reject);
    }),
  );
  await within("upgrade", upgraded);
  return socket;
}

function upgrade(socket) {
  return new Promise((resolve) => {
    const watch = () => socket.io.engine.once("upgrade", resolve);
    if (socket.io.engine) {
      watch();
    } else {
      socket.io.once("open", watch);
    }
  });
}

/** Acknowledges each Message, with data where a handler returns some. */
export function onMessage(socket, handler) {
  socket.on("message", (message, acknowledge) => {
    const answer = handler(message);
    if (acknowledge && answer !== false) {
      acknowledge(...(answer === undefined ? [] : [answer]));
    }
  });
}
