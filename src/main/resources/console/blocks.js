// Tokens, users and networks that are refused, and limits of connects.

import { get, path, post, remove } from "./api.js";
import { ask, batched, fill, h, table, toast } from "./dom.js";
import { count, dateTime } from "./format.js";
import { DURATIONS, field, listing, regularly, select } from "./listing.js";
import { answering, overview as latest, watch } from "./live.js";

const PAGE_SIZE = 50;
const KINDS = { user: "User", network: "Address or network", tokens: "All tokens of a user", token: "One token, by its id (jti)" };

const LIMITS = [
  { name: "Node", class: "mono", cell: (node) => node.node },
  { name: "Banned now", class: "number", cell: (node) => count(node.storm.banned) },
  { name: "Not joined yet", class: "number", cell: (node) => count(node.storm.pending) + (node.storm.maxPending > 0 ? " of " + count(node.storm.maxPending) : "") },
  { name: "Connections", class: "number wide", cell: (node) => limit(node.storm.maxConnections) },
  { name: "Connects /s of an address", class: "number wide", cell: (node) => limit(node.storm.connectsPerAddress) },
  { name: "Connects /s of a user", class: "number wide", cell: (node) => limit(node.storm.connectsPerUser) },
];

const limit = (value) => (value > 0 ? count(value) : "no limit");

export function blocks(content) {
  const columns = [
    { name: "Kind", class: "nowrap", cell: (entry) => h("span", { class: "badge" }, entry.kind) },
    { name: "Value", class: "mono", cell: (entry) => entry.value },
    { name: "Until", class: "nowrap", cell: (entry) => dateTime(entry.until) },
    { name: "Reason", class: "wide", cell: (entry) => entry.reason || "–" },
    { name: "By", class: "wide", cell: (entry) => entry.source },
    { name: "", class: "end", cell: (entry) => h("button", { class: "small", "data-testid": "unblock", "data-id": entry.id, "aria-label": "Remove " + entry.value }, "Remove") },
  ];
  const view = table({ label: "Refused clients", columns, key: (entry) => entry.id, empty: "Nobody is refused." });
  const entries = new Map();
  const list = listing({
    view,
    name: "entries",
    load: async (cursor) => {
      const page = await get(path(["revocations"], { limit: PAGE_SIZE, cursor }));
      entries.clear();
      for (const entry of page.revocations) entries.set(entry.id, entry);
      return { items: page.revocations, next: page.next };
    },
  });

  async function unblock(entry) {
    const text = `${KINDS[entry.kind]} ${entry.value} may connect again.`;
    if (!(await ask({ title: "Remove this entry?", text, action: "Remove" }))) return;
    try {
      await remove(path(["revocations", entry.id]));
      toast("The entry is removed.");
    } catch (error) {
      toast(error.message, true);
    }
    list.refresh();
  }

  // The buttons of rows have no handlers of their own, since rows are compared and kept.
  view.element.addEventListener("click", (event) => {
    const entry = entries.get(event.target.dataset.id);
    if (entry) unblock(entry);
  });

  async function add() {
    const values = await ask({
      title: "Refuse clients", text: "On all nodes. Those that are connected are disconnected.", action: "Refuse",
      fields: [
        field("Kind", select({ name: "kind", "data-testid": "kind" }, KINDS, "user")),
        field("Name, id, address or network", h("input", { name: "value", required: true, maxLength: 256, "data-testid": "value" })),
        field("For", select({ name: "for" }, DURATIONS, "1h")),
        field("Reason, for operators", h("input", { name: "reason", maxLength: 256 })),
      ],
    });
    if (!values) return;
    try {
      await post("revocations", values);
      toast("The clients are refused.");
    } catch (error) {
      toast(error.message, true);
    }
    list.reset();
  }

  const limits = table({ label: "Limits", columns: LIMITS, key: (node) => node.node, empty: "No node answers." });
  fill(content,
    h("div", { class: "title" }, h("h1", {}, "Bans and limits"), h("button", { class: "main", "data-testid": "add", onclick: add }, "Refuse clients …")),
    list.element, h("section", { class: "pane" }, h("h2", {}, "Limits of each node"), limits.element));
  list.reset();
  const ends = [regularly(list.refresh), watch(batched(() => limits.show(answering(latest))))];
  return () => ends.forEach((end) => end());
}
