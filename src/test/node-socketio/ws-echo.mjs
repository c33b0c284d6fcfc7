// A peer of the scoreboard: sends each binary message back, with the WebSocket library of Node.
// Answers each line of its standard input with the bytes of its live heap: node --expose-gc.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`"http":${http.address().port}`);
});
createInterface(process.stdin).on("line", () => {
  globalThis.gc();
  globalThis.gc();
  console.log(`"heap":${process.memoryUsage().heapUsed}`);
});
