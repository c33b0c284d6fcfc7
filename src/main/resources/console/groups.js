// Groups that have members.

import { get, path } from "./api.js";
import { fill, h, table } from "./dom.js";
import { count } from "./format.js";
import { clientsLink, field, listing, regularly } from "./listing.js";

const PAGE_SIZE = 50;

const COLUMNS = [
  { name: "Group", cell: ({ group }) => clientsLink("group", group) },
  { name: "Members", class: "number", cell: ({ members }) => count(members) },
];

export function groups(content, { parameters }) {
  const prefix = parameters.get("prefix") ?? "";
  const input = h("input", { value: prefix, maxLength: 256, autocomplete: "off", spellcheck: false, "data-testid": "search", placeholder: "all groups" });
  const view = table({ label: "Groups", columns: COLUMNS, key: ({ group }) => group, empty: "No group that fits has a member." });
  const list = listing({
    view,
    name: "groups",
    load: async (cursor) => {
      const page = await get(path(["groups"], { prefix, limit: PAGE_SIZE, cursor }));
      return { items: page.groups, next: page.next };
    },
  });
  const form = h("form", { class: "pane bar", role: "search" }, field("Name begins with", input, "grow"), h("button", { class: "main" }, "Search"), h("a", { class: "button", href: "#/groups" }, "Clear"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = input.value ? "#/groups?" + new URLSearchParams({ prefix: input.value }) : "#/groups";
  });
  fill(content, h("div", { class: "title" }, h("h1", {}, "Groups"), h("p", { class: "lead" }, "With their members on all nodes")), form, list.element);
  list.reset();
  return regularly(list.refresh);
}
