// The peer of the scoreboard: Socket.IO with connection state recovery, and the part of the gateway's HTTP API that the rows use.
// board-server.mjs [PORT]
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const MAX_BODY = 64 * 1024;

const http = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/v1/messages") {
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text) => {
    body += text;
    if (body.length > MAX_BODY) {
      request.destroy();
    }
  });
  request.on("end", () => {
    const message = JSON.parse(body);
    io.to(message.to).emit("message", message);
    response.writeHead(202, { "Content-Type": "application/json" }).end("{}");
  });
});
const io = new Server(http, {
  transports: ["websocket"],
  connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true },
});
io.on("connection", (socket) => {
  socket.join(`user:${socket.handshake.auth.user}`);
  socket.on("join_group", (name, acknowledge) => {
    socket.join(`group:${name}`);
    acknowledge();
  });
  socket.on("echo", (text, acknowledge) => acknowledge(text));
});
process.on("SIGTERM", () => {
  // As the manual of Socket.IO ends a server: the clients reconnect.
  io.close();
  setTimeout(() => process.exit(0), 1_000);
});
http.listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 4096 }, () => {
  const { port } = http.address();
  console.log(`"http":${port},"management":${port}`);
});
createInterface(process.stdin).on("line", () => {
  globalThis.gc();
  globalThis.gc();
  console.log(`"heap":${process.memoryUsage().heapUsed}`);
});
