// A load balancer that sends every request to the next server.
import http from "node:http";

/**
 * Starts a balancer in front of these URLs. `statuses` counts the answers to requests, `upgrades` lists
 * those to upgrades, `waiting` has how many requests are at each server; `leave` keeps further
 * requests from a server, and `close` ends it.
 *
 * @param choose returns the server for a request among those that are left; undefined: the next
 */
export async function roundRobin(urls, choose = () => undefined) {
  const statuses = {};
  const upgrades = [];
  const served = urls.map(() => 0);
  const waiting = urls.map(() => 0);
  let left = urls.map((_, index) => index);
  let turn = 0;
  const server = http.createServer((request, response) => {
    const target = choose(request, left) ?? left[turn++ % left.length];
    served[target]++;
    waiting[target]++;
    const onward = http.request(
      new URL(request.url, urls[target]),
      { method: request.method, headers: request.headers, agent: false },
      (answer) => {
        statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => {
      waiting[target]--;
      onward.destroy();
    });
    request.pipe(onward);
  });
  server.on("upgrade", (request, socket) => {
    // To a server without the session: the first request of a client went to the first server.
    const onward = http.request(new URL(request.url, urls.at(-1)), {
      headers: request.headers,
      agent: false,
    });
    onward.on("response", (answer) => {
      upgrades.push(answer.statusCode);
      answer.resume();
      socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
    });
    onward.on("upgrade", (answer, upgraded) => {
      upgrades.push(answer.statusCode);
      upgraded.destroy();
      socket.destroy();
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    onward.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    statuses,
    upgrades,
    served,
    waiting,
    leave(index) {
      left = left.filter((other) => other !== index);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
