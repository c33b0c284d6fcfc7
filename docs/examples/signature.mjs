// Verifies that a request comes from a gateway that has the secret. See docs/upstreams.md.

import { createHmac, timingSafeEqual } from "node:crypto";

const MAX_AGE_SECONDS = 300;

// `request` is a request of node:http, and `body` its whole body, uncompressed, as a Buffer.
export function isGenuine(request, body, secret) {
  const field = (name) => request.headers[`x-linkspan-${name}`] ?? "";
  const timestamp = field("timestamp"); // seconds since 1970
  const signed = ["v2", timestamp, request.method, request.url, field("user"), request.headers["idempotency-key"], ""];
  const expected = createHmac("sha256", secret).update(signed.join("\n")).update(body).digest();
  const given = Buffer.from(field("signature-v2").replace(/^v2=/, ""), "hex");
  const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < MAX_AGE_SECONDS;
  return isFresh && given.length === expected.length && timingSafeEqual(given, expected);
}
