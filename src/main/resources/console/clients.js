// Sessions of all nodes: search, and page by page.

import { get, path } from "./api.js";
import { fill, h, table } from "./dom.js";
import { ago, count, TRANSPORTS } from "./format.js";
import { clientsLink, field, listing, regularly, select, sessionLink, transport } from "./listing.js";

const PAGE_SIZE = 50;
const FIELDS = { user: "User", session: "Session id", address: "Address", group: "Group" };
const TRANSPORT_CHOICES = Object.fromEntries([["", "any"], ...Object.entries(TRANSPORTS).map(([name, [title]]) => [name, title])]);

const COLUMNS = [
  { name: "User", cell: (session) => clientsLink("user", session.user) },
  { name: "Session", cell: (session) => sessionLink(session.session) },
  { name: "Transport", class: "nowrap", cell: (session) => transport(session.transport) },
  { name: "Address", class: "wide nowrap mono", cell: (session) => session.remote ?? "–" },
  { name: "Node", class: "wide mono", cell: (session) => session.node },
  { name: "Connected", class: "number wide", cell: (session) => ago(session.connectedAt) },
  { name: "Last seen", class: "number wide", cell: (session) => ago(session.lastSeenAt) },
  { name: "Groups", class: "number wide", cell: (session) => count(session.groups.length) },
  { name: "Pending", class: "number wide", cell: (session) => count(session.pending) },
];

export function clients(content, { parameters }) {
  const chosen = Object.keys(FIELDS).find((name) => parameters.has(name)) ?? "user";
  const by = select({ name: "by", "data-testid": "by" }, FIELDS, chosen);
  const value = h("input", { name: "value", maxLength: 256, value: parameters.get(chosen) ?? "", autocomplete: "off", spellcheck: false, "data-testid": "search", placeholder: "all clients" });
  const wire = select({ name: "transport", "data-testid": "transport" }, TRANSPORT_CHOICES, parameters.get("transport") ?? "");
  const view = table({ label: "Clients", columns: COLUMNS, key: (session) => session.session, empty: "No client is connected that fits." });
  const list = listing({
    view,
    name: "clients",
    load: async (cursor) => {
      const filter = { [chosen]: parameters.get(chosen), transport: parameters.get("transport") };
      const { sessions, next } = await get(path(["sessions"], { ...filter, limit: PAGE_SIZE, cursor }));
      return { items: sessions, next };
    },
  });
  const form = h("form", { class: "pane bar", role: "search" }, field("Search by", by), field("Exactly", value, "grow"), field("Transport", wire),
    h("button", { class: "main", "data-testid": "find" }, "Search"), h("a", { class: "button", href: "#/clients" }, "Clear"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    if (value.value.trim()) query.set(by.value, value.value.trim());
    if (wire.value) query.set("transport", wire.value);
    const hash = "#/clients" + (query.size > 0 ? "?" + query : "");
    if (location.hash === hash) list.reset();
    else location.hash = hash;
  });
  fill(content, h("div", { class: "title" }, h("h1", {}, "Clients"), h("p", { class: "lead" }, "Sessions of all nodes, ordered by their ids")), form, list.element);
  list.reset();
  return regularly(list.refresh);
}
