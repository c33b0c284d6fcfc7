// A client of linkspan with Socket.IO 4 (npm install socket.io-client) that resumes its session. With a gateway running:
//
//   node docs/examples/resume-socketio4.mjs [http://127.0.0.1:8080] [USER]
//
// Prints what USER receives, through lost connections, until somebody sends it "bye".
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const [url = "http://127.0.0.1:8080", user = "hello"] = process.argv.slice(2);

// "session" asks for the library's connection state recovery: it reconnects with back-off, and knows what it has received.
const socket = io(url, { auth: { user, session: "" }, transports: ["websocket"] });
const pending = new Map(); // messages without an outcome, in the order of sending

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

socket.on("connect", () => {
  console.log(socket.recovered ? "resumed" : "a new session");
  if (!socket.recovered) socket.emit("join_group", ["news"]); // a new session is in no groups
  pending.forEach(transmit);
});

socket.on("message", (message) => {
  if (message.type === "session") return;
  console.log(`${message.from}: ${message.body}`);
  if (message.body === "bye") socket.disconnect();
});

// The library does not reconnect after a refusal: the code says why.
socket.on("connect_error", ({ data }) => data && console.log("refused:", data.code, data.reason));

send({ to: "service:echo", type: "text", body: "Hello, linkspan!" });
