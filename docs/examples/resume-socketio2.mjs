// A client of linkspan with Socket.IO 2 (npm install socket.io-client@2) that resumes its session. With a gateway running:
//
//   node docs/examples/resume-socketio2.mjs [http://127.0.0.1:8080] [USER]
//
// Prints what USER receives, through lost connections, until somebody sends it "bye".
import { randomUUID } from "node:crypto";
import io from "socket.io-client";

const [url = "http://127.0.0.1:8080", user = "hello"] = process.argv.slice(2);

// Version 2 has no recovery of its own: the token of the session goes into the query of each connect.
const socket = io(url, { query: { user, session: "", ack: "client" }, transports: ["websocket"] });
const pending = new Map(); // messages without an outcome, in the order of sending
const seen = new Set();

function transmit(message) {
  socket.emit("message", message, ({ error }) => {
    pending.delete(message.eventId);
    if (error) console.log("refused:", JSON.stringify(error));
  });
}

function send(message) {
  message.eventId = randomUUID(); // the gateway passes a repeated one on once
  pending.set(message.eventId, message);
  if (socket.connected) transmit(message);
}

function onSession({ session, recovered }) {
  socket.io.opts.query = { user, session, ack: "client" };
  console.log(recovered ? "resumed" : "a new session");
  if (!recovered) socket.emit("join_group", ["news"]); // a new session is in no groups
  pending.forEach(transmit);
}

socket.on("message", (message, acknowledge) => {
  if (message.type === "session") return onSession(JSON.parse(message.body)); // the first message of each connection
  const key = `${message.from} ${message.eventId}`;
  if (!seen.has(key)) console.log(`${message.from}: ${message.body}`);
  seen.add(key);
  if (seen.size > 2_000) seen.delete(seen.values().next().value);
  if (typeof acknowledge === "function") acknowledge();
  if (message.body === "bye") socket.disconnect();
});

// The library does not reconnect after a refusal: the code says why.
socket.on("error", (code) => console.log("refused:", code));

send({ to: "service:echo", type: "text", body: "Hello, linkspan!" });
