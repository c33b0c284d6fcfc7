// An HTTP service that takes orders and knows nothing of WebSockets. With docs/examples/orders.yaml a
// gateway posts to it whatever clients send to service:orders.
//
//   node docs/examples/orders.mjs [PORT] [JOURNAL]
//
// An order that comes again under the same key is answered again and not taken twice; a journal keeps
// that promise when the service is restarted.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const port = Number(process.argv[2] ?? 8081);
const journal = process.argv[3];
const lines = journal && existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
const taken = new Set(lines);

const server = createServer(async (request, response) => {
  const answer = (status, json) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(json));
  };
  let body = "";
  for await (const chunk of request) {
    body += chunk;
  }
  const order = JSON.parse(body); // a Message: eventId, from, to, createAt, type, body, …
  if (!order.body) {
    answer(422, { message: "what would you like?" });
    return;
  }
  const key = `${order.from} ${request.headers["idempotency-key"]}`; // users choose their keys
  if (!taken.has(key)) {
    taken.add(key);
    if (journal) {
      appendFileSync(journal, `${key}\n`);
    }
  }
  answer(200, { type: "ordered", body: `${order.from} ordered ${order.body}` });
});

server.listen(port, "127.0.0.1", () => console.log(`takes orders at port ${server.address().port}`));
