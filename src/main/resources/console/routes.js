// Routes of the node that answers, with how many messages took each.

import { get } from "./api.js";
import { fill, h, problem, table } from "./dom.js";
import { count } from "./format.js";
import { regularly } from "./listing.js";

const COLUMNS = [
  { name: "", class: "number muted", cell: (route) => route.index + 1 },
  { name: "To", class: "mono", cell: (route) => route.to || h("span", { class: "muted" }, "nobody") },
  { name: "Type", class: "mono wide", cell: (route) => route.type ?? "any" },
  { name: "Leads to", class: "mono", cell: (route) => route.target },
  { name: "Volatile", class: "wide", cell: (route) => (route.volatile ? "yes" : "no") },
  { name: "Messages", class: "number", cell: (route) => count(route.hits) },
];

export function routes(content) {
  const view = table({ label: "Routes", columns: COLUMNS, key: (route) => route.index, empty: "There are no routes." });
  const failure = h("div"), hint = h("p", { class: "hint" });
  fill(content, h("div", { class: "title" }, h("h1", {}, "Routes"), h("p", { class: "lead" }, "The first that matches a message is taken")),
    h("section", { class: "pane" }, failure, view.element, hint));

  async function refresh() {
    try {
      const answer = await get("routes");
      fill(failure);
      view.show(answer.routes);
      hint.textContent = `${count(answer.unrouted)} messages matched no route. Counts are those of node ${answer.node ?? "that answers"}.`;
    } catch (error) {
      fill(failure, error.status === 404 ? h("p", { class: "empty" }, "Not available on this node.") : problem(error));
    }
  }

  refresh();
  return regularly(refresh);
}
