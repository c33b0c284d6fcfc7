// Socket.IO's own server as the suites of Engine.IO and Socket.IO expect one: the bare Engine.IO below it, which sends messages back,
// at /engine.io/, and Socket.IO at /socket.io/. The times in milliseconds are those of the official suites unless others are given.
// suite-server.mjs PORT [GENERATIONS, such as 3,4] [PING_INTERVAL PING_TIMEOUT CONNECT_TIMEOUT]
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";

// The one that this Socket.IO uses.
const engine = createRequire(createRequire(import.meta.url).resolve("socket.io"))("engine.io");

const [port, generations = "3,4", ...times] = process.argv.slice(2);
const [pingInterval, pingTimeout, connectTimeout] = times.length ? times.map(Number) : [300, 200, 1500];
const options = { pingInterval, pingTimeout, maxHttpBufferSize: 1_000_000, allowEIO3: generations.includes("3") };

const http = createServer((request, response) => response.writeHead(404).end());
engine.attach(http, options).on("connection", (socket) => {
  socket.on("data", (data) => socket.send(data));
});

const io = new Server(http, { ...options, connectTimeout });
io.on("connection", (socket) => {
  socket.emit("auth", socket.handshake.auth);
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => args.pop()(...args));
});
io.of("/custom").on("connection", (socket) => socket.emit("auth", socket.handshake.auth));

http.listen({ host: "127.0.0.1", port: Number(port) }, () => console.log(`"http":${http.address().port}`));
