// A load balancer that sends every request to the next server, whoever it is from.
import http from "node:http";

/** Starts one in front of these URLs; `statuses` counts what was answered, `close` ends it. */
export async function roundRobin(urls) {
  const statuses = {};
  const served = urls.map(() => 0);
  let turn = 0;
  const server = http.createServer((request, response) => {
    const target = turn++ % urls.length;
    served[target]++;
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
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  // Not for it: clients that want a WebSocket are to hear that there is none.
  server.on("upgrade", (request, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    statuses,
    served,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
