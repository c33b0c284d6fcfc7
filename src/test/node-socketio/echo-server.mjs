// The baseline of SocketIoBenchmark: acknowledges each event with its own arguments.
// Answers each line of its standard input with the bytes of its live heap: node --expose-gc.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("echo", (text, acknowledge) => acknowledge(text));
});
http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`"http":${http.address().port}`);
});
createInterface(process.stdin).on("line", () => {
  globalThis.gc();
  globalThis.gc();
  console.log(`"heap":${process.memoryUsage().heapUsed}`);
});
