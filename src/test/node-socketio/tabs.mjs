// Twelve tabs of one user, more than its rate admits at once: tabs.mjs URL VERSION TRANSPORT
// Each of them must connect, and connect again after a cut, by its client's own retries.
import { create, next, within } from "./lib/clients.mjs";

const [url, version, transport] = process.argv.slice(2);
const TABS = 12;
const PATIENCE_MS = 60_000;

function connected(tabs) {
  return within(
    "all tabs",
    Promise.all(tabs.map((tab) => tab.connected || new Promise((resolve) => tab.once("connect", resolve)))),
    PATIENCE_MS,
  );
}

const tabs = Array.from({ length: TABS }, () =>
  create(url, Number(version), transport, { user: `tabs-${version}-${transport}` }, { reconnectionDelayMax: 1_000 }),
);
await connected(tabs);
const gone = Promise.all(tabs.map((tab) => next(tab, "disconnect")));
// Ends the link below the client, which reconnects by itself.
tabs.forEach((tab) => tab.io.engine.close());
await gone;
await connected(tabs);
tabs.forEach((tab) => tab.disconnect());
