// A client with tokens: token.mjs URL VERSION TOKEN RENEWAL ISSUER WRONG
// It connects with TOKEN, renews its identity, is closed at the end of a short token of ISSUER, and is refused with WRONG.
import assert from "node:assert/strict";
import { ask, connect, create, next } from "./lib/clients.mjs";

const [url, version, token, renewal, issuer, wrong] = process.argv.slice(2);
const generation = Number(version);

async function shortToken() {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      resource: "urn:linkspan",
      client_id: "alice",
      client_secret: "secret of alice",
      scope: "3",
    }),
  });
  return (await response.json()).access_token;
}

const socket = await connect(url, generation, "websocket", { token });
const [renewed] = await ask(socket, "message", { eventId: "renewal", type: "auth", body: renewal });
assert.deepEqual(renewed, { eventId: "renewal" });
const closing = next(socket, "closing");
const [shortened] = await ask(socket, "message", { eventId: "short", type: "auth", body: await shortToken() });
assert.deepEqual(shortened, { eventId: "short" });
const [{ code }] = await closing;
assert.equal(code, 4401);
socket.disconnect();

const refused = create(url, generation, "websocket", { token: wrong }, { reconnection: false });
if (generation >= 3) {
  const [error] = await next(refused, "connect_error");
  assert.equal(error.data.code, 4401);
} else {
  const [error] = await next(refused, "error");
  assert.equal(error, "4401");
}
refused.disconnect();
