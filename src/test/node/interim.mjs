// An HTTP service that sends interim responses before its answer. It needs no packages.

import { createServer } from "node:http";

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
  }
  const message = JSON.parse(body);
  response.writeContinue();
  response.writeProcessing();
  response.writeEarlyHints({ link: "</style.css>; rel=preload" });
  setImmediate(() => {
    response.writeProcessing();
    response.writeHead(200, { "Content-Type": "text/plain" });
    response.end(`for ${message.from}`);
  });
});

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
