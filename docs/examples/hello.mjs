// A client of linkspan without a single package. With a gateway running:
//
//   node --experimental-websocket docs/examples/hello.mjs [ws://127.0.0.1:8080/ws] [USER] [TO]
//
// The option is for Node 20; later versions do not need it.

const url = process.argv[2] ?? "ws://127.0.0.1:8080/ws";
const user = process.argv[3] ?? "hello";
const to = process.argv[4] ?? "service:echo";

if (typeof WebSocket === "undefined") {
  console.error("this Node has no WebSocket: use version 22 or later, or node --experimental-websocket");
  process.exit(1);
}

const hello = { eventId: crypto.randomUUID(), to, type: "text", body: "Hello, linkspan!" };
const socket = new WebSocket(`${url}?user=${encodeURIComponent(user)}`, "linkspan.json");
const send = (packet) => socket.send(JSON.stringify(packet));

socket.onopen = () => {
  console.log(`connected as ${user}`);
  send({ message: hello });
};

socket.onmessage = ({ data }) => {
  const { message, ack } = JSON.parse(data);
  if (ack?.eventId === hello.eventId) {
    console.log("acknowledged: the service has it");
  } else if (message?.type === "error") {
    console.error(`refused: ${message.body}`);
    process.exitCode = 1;
    socket.close(1000);
  } else if (message?.replyTo === hello.eventId) {
    console.log(`${message.from} answers: ${message.body}`);
    send({ ack: { eventId: message.eventId } }); // or it would be sent again
    socket.close(1000);
  }
};

socket.onerror = () => {
  console.error(`no gateway at ${url}, or it refused`);
  process.exitCode = 1;
};
