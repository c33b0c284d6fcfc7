// Recovery of a client in two namespaces, in both orders of joining: namespaces.mjs URL MANAGEMENT TRANSPORT
import assert from "node:assert/strict";
import { connect, next, within } from "./lib/clients.mjs";

const [url, management, transport] = process.argv.slice(2);

async function post(user, namespace, name) {
  const answer = await fetch(`${management}v1/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      to: user,
      type: name,
      contentType: "application/socket.io+json",
      body: "[]",
      headers: namespace === "/" ? {} : { namespace },
    }),
  });
  assert.equal(answer.status, 202, await answer.text());
}

/** Collects the names of the events of a namespace, besides those of the gateway. */
function collect(socket) {
  const names = [];
  socket.onAny((name) => ["~", "message"].includes(name) || names.push(name));
  return names;
}

for (const order of [["/", "/custom"], ["/custom", "/"]]) {
  const identity = { user: `namespaces-${transport}-${order.indexOf("/")}`, session: "" };
  const root = await connect(url, 4, transport, identity, { reconnection: false });
  const custom = root.io.socket("/custom", { auth: identity });
  if (!custom.connected) {
    custom.connect();
    await next(custom, "connect");
  }
  const sockets = { "/": root, "/custom": custom };
  const seen = { "/": collect(root), "/custom": collect(custom) };
  for (let round = 0; round < 3; round++) {
    const gone = Promise.all([next(root, "disconnect"), next(custom, "disconnect")]);
    root.io.engine.close();
    await gone;
    await post(identity.user, "/custom", "first");
    await post(identity.user, "/", "second");
    await post(identity.user, "/custom", "third");
    const back = Promise.all([next(root, "connect"), next(custom, "connect")]);
    order.forEach((namespace) => sockets[namespace].connect());
    await back;
    assert.ok(root.recovered && custom.recovered);
    // The last events are sent when both namespaces are joined.
    const last = Promise.all([next(root, "end"), next(custom, "end")]);
    await post(identity.user, "/", "end");
    await post(identity.user, "/custom", "end");
    await within("the last events", last);
    assert.deepEqual(seen["/"].splice(0), ["second", "end"]);
    assert.deepEqual(seen["/custom"].splice(0), ["first", "third", "end"]);
  }
  root.disconnect();
  custom.disconnect();
}
