// The clients of the scoreboard, the same for the gateway and for Socket.IO's own server:
// board-fleet.mjs URL FIRST_USER CLIENTS CONNECTS_PER_SECOND GROUP
//
// Commands on the standard input: "count" prints "connected N"; "cut PERIOD_MS AWAY_MS" breaks the link of each client once in a
// period; "calm" ends that; "log" prints one JSON object for each client, then "end".
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const io = require("socket.io-client-4");

const RETRY_MS = 500;
const [url, first, count, perSecond, group] = process.argv.slice(2);

function now() {
  return performance.timeOrigin + performance.now();
}

class Client {
  constructor(number) {
    this.user = `u${number}`;
    this.arrivals = [];
    this.absences = [];
    this.recovered = 0;
    this.unrecovered = 0;
    this.failedConnects = 0;
    this.joined = false;
    this.absence = null;
    this.away = 0;
  }

  start() {
    // Without a cut the client reconnects by itself, with the defaults of Socket.IO.
    this.socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      auth: { user: this.user, session: "" },
    });
    this.socket.on("connect", () => this.connected());
    this.socket.on("connect_error", () => this.failed());
    this.socket.on("disconnect", (reason) => this.lost(reason));
    this.socket.io.on("reconnect_attempt", () => this.attempt());
    this.socket.on("message", (message) => {
      if (message.type !== "session") {
        this.arrivals.push([message.body, now()]);
      }
    });
  }

  attempt() {
    if (this.absence && !this.absence[1]) {
      this.absence[1] = now();
    }
  }

  connected() {
    if (this.absence) {
      this.absence[2] = now();
      this.absences.push(this.absence);
      this.absence = null;
      if (this.socket.recovered) {
        this.recovered++;
      } else {
        this.unrecovered++;
      }
    }
    if (!this.socket.recovered) {
      this.joined = false;
      this.socket.emit("join_group", group, () => (this.joined = true));
    }
  }

  failed() {
    this.failedConnects++;
    if (!this.socket.active) {
      setTimeout(() => this.connect(), RETRY_MS);
    }
  }

  lost() {
    this.absence = [now(), 0, 0];
    if (this.away > 0) {
      setTimeout(() => this.connect(), this.away);
      this.away = 0;
    } else if (!this.socket.active) {
      // The server has closed the connection, after which the client does not reconnect by itself.
      setTimeout(() => this.connect(), RETRY_MS * 2 * Math.random());
    }
  }

  connect() {
    this.attempt();
    this.socket.io.reconnection(true);
    this.socket.connect();
  }

  /** Breaks the link without a close frame, as a lost network does. */
  cut(away) {
    if (this.socket.connected && this.joined) {
      this.away = away;
      this.socket.io.reconnection(false);
      this.socket.io.engine.transport.ws.terminate();
    }
  }

  ready() {
    return this.socket !== undefined && this.socket.connected && this.joined;
  }

  log() {
    const { user, arrivals, absences, recovered, unrecovered, failedConnects } = this;
    return { user, connected: this.ready(), arrivals, absences, recovered, unrecovered, failedConnects };
  }
}

const clients = [];
const starting = setInterval(() => {
  for (let i = 0; i < Number(perSecond) / 20 && clients.length < Number(count); i++) {
    const client = new Client(Number(first) + clients.length);
    clients.push(client);
    client.start();
  }
  if (clients.length >= Number(count)) {
    clearInterval(starting);
  }
}, 50);

let timers = [];
createInterface(process.stdin)
  .on("line", (line) => {
    const [command, ...rest] = line.split(" ");
    if (command === "count") {
      console.log(`connected ${clients.filter((client) => client.ready()).length}`);
    } else if (command === "cut") {
      const [period, away] = rest.map(Number);
      clients.forEach((client, index) => {
        const first = setTimeout(
          () => {
            timers.push(setInterval(() => client.cut(away), period));
            client.cut(away);
          },
          (index * period) / clients.length,
        );
        timers.push(first);
      });
    } else if (command === "calm") {
      timers.forEach(clearInterval);
      timers = [];
    } else if (command === "log") {
      clients.forEach((client) => console.log(JSON.stringify(client.log())));
      console.log("end");
    }
  })
  .on("close", () => process.exit(0));
console.log('"fleet":1');
