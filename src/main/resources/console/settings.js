// The configuration in force, where each value comes from, and its reload.

import { get, post } from "./api.js";
import { ask, fill, h, problem, table, toast } from "./dom.js";
import { dateTime } from "./format.js";
import { field, select } from "./listing.js";

const SOURCES = { default: "", file: "good", environment: "wait" };
const SHOWN = { "": "all values", changed: "not the default", live: "live: a reload changes them", restart: "need a restart" };

const COLUMNS = [
  { name: "Key", class: "mono nowrap key", cell: (value) => value.key },
  { name: "Value", class: "mono", cell: (value) => (typeof value.value === "string" ? value.value || "\u201c\u201d" : JSON.stringify(value.value)) },
  { name: "Source", class: "nowrap", cell: (value) => h("span", { class: "badge " + SOURCES[value.source] }, value.source) },
  { name: "Change", class: "wide nowrap", cell: (value) => (value.live ? "live" : h("span", { class: "muted" }, "restart")) },
];

const WANTED = { "": () => true, changed: (value) => value.source !== "default", live: (value) => value.live, restart: (value) => !value.live };

export function settings(content) {
  let values = [];
  const view = table({ label: "Configuration", columns: COLUMNS, key: (value) => value.key, empty: "No key fits." });
  const failure = h("div"), from = h("p", { class: "hint" }), outcome = h("div");
  const search = h("input", { placeholder: "all keys", autocomplete: "off", spellcheck: false, "data-testid": "search", oninput: show });
  const shown = select({ onchange: show }, SHOWN, "");
  const button = h("button", { class: "main", "data-testid": "reload", disabled: true, onclick: reload }, "Reload …");

  function show() {
    const text = search.value.trim().toLowerCase();
    view.show(values.filter((value) => value.key.toLowerCase().includes(text) && WANTED[shown.value](value)));
  }

  async function refresh() {
    try {
      const answer = await get("config");
      fill(failure);
      values = answer.values;
      from.textContent = `${answer.file ?? "Without a file"}, in force since ${dateTime(answer.loadedAt)}. Secrets are masked.`;
      button.disabled = false;
      show();
    } catch (error) {
      fill(failure, error.status === 404 ? h("p", { class: "empty" }, "Not available on this node.") : problem(error));
    }
  }

  async function reload() {
    const text = "This node reads its file again. Either all of it comes into force, or nothing.";
    if (!(await ask({ title: "Reload the configuration?", text, action: "Reload", danger: false }))) return;
    try {
      const { changed, restart } = await post("reload", {});
      fill(outcome, h("div", { class: "pane", role: "status", "data-testid": "outcome" },
        h("p", {}, changed.length > 0 ? "Changed: " + changed.join(", ") : "Nothing has changed."),
        restart.length > 0 && h("p", {}, "These need a restart: " + restart.join(", "))));
      toast("The configuration is in force.");
    } catch (error) {
      fill(outcome, problem(error));
    }
    refresh();
  }

  fill(content,
    h("div", { class: "title" }, h("h1", {}, "Configuration"), button), outcome,
    h("div", { class: "pane bar" }, field("Key contains", search, "grow"), field("Show", shown)),
    h("section", { class: "pane" }, failure, view.element, from));
  refresh();
}
