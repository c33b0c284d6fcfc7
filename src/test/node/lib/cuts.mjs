// A TCP proxy that breaks connections without a close frame.
import net from "node:net";
import { once } from "node:events";

/** A generator of numbers below 1 that a seed decides (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Starts a proxy. A connection goes to the first port of the list that accepts it, and the port then stays the first.
 *
 * @param bytes returns after how many bytes of both directions a connection breaks
 */
export async function breakingProxy(ports, bytes = () => Infinity) {
  let order = [...ports];
  const proxy = { connections: 0 };
  const server = net.createServer((client) => {
    proxy.connections++;
    client.pause();
    client.on("error", () => {});
    connect(client, order.length);
  });

  function connect(client, attempts) {
    const onward = net.connect(order[0], "127.0.0.1");
    onward.once("connect", () => join(client, onward));
    onward.once("error", () => {
      order = [...order.slice(1), order[0]];
      if (attempts > 1) connect(client, attempts - 1);
      else client.destroy();
    });
  }

  function join(client, onward) {
    let left = bytes();
    for (const [from, to] of [[client, onward], [onward, client]]) {
      from.on("error", () => {});
      from.on("data", (data) => {
        if (left <= 0) return;
        to.write(data.subarray(0, left));
        left -= data.length;
        if (left <= 0) [client, onward].forEach((socket) => socket.resetAndDestroy());
      });
      from.on("close", () => to.destroy());
      from.setNoDelay(true);
    }
    client.resume();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(proxy, { url: `ws://127.0.0.1:${server.address().port}/ws`, close: () => server.close() });
}
