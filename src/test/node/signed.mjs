// An HTTP service that accepts only requests with a valid signature. It needs no packages.

import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { isGenuine } from "../../../docs/examples/signature.mjs";

const [secret] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const sent = Buffer.concat(chunks);
  const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
  const tampered = [
    { method: request.method, url: `${request.url}x`, headers: request.headers },
    { method: "PUT", url: request.url, headers: request.headers },
    withField(request, "x-linkspan-user", "root"),
    withField(request, "idempotency-key", "other"),
    withField(request, "x-linkspan-timestamp", String(Number(request.headers["x-linkspan-timestamp"]) - 1)),
  ];
  const isSafe =
    isGenuine(request, body, secret) &&
    !isGenuine(request, body, secret + "x") &&
    !isGenuine(request, Buffer.concat([body, Buffer.from(" ")]), secret) &&
    tampered.every((other) => !isGenuine(other, body, secret));
  response.writeHead(isSafe ? 204 : 403);
  response.end();
});

function withField(request, name, value) {
  return { method: request.method, url: request.url, headers: { ...request.headers, [name]: value } };
}

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
