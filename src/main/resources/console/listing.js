// Lists that are read page by page, and parts that pages share.

import { fill, h, problem } from "./dom.js";
import { TRANSPORTS, transportName } from "./format.js";

const REFRESH_MS = 5_000;

/** Calls a function now and then while the page is visible. Returns what ends that. */
export function regularly(action, interval = REFRESH_MS) {
  const timer = setInterval(() => document.visibilityState === "visible" && action(), interval);
  return () => clearInterval(timer);
}

/**
 * A table with buttons for the pages of a list.
 *
 * @param view a table
 * @param load returns the page after a cursor: {items, next}
 * @param name of the items, for the text below
 */
export function listing({ view, load, name }) {
  const before = [];
  let cursor = null, next = null, number = 0;
  const failure = h("div"), hint = h("span", { class: "hint", "data-testid": "page" });
  const previous = h("button", { class: "small", onclick: () => turn(before.pop() ?? null) }, "Previous");
  const following = h("button", { class: "small", "data-testid": "next", onclick: () => { before.push(cursor); turn(next); } }, "Next");
  const pages = h("div", { class: "pages" }, hint, previous, following);
  const element = h("section", { class: "pane" }, failure, view.element, pages);

  function turn(to) {
    cursor = to;
    return refresh();
  }

  /** Reads the present page again. */
  async function refresh() {
    const mine = ++number;
    try {
      const page = await load(cursor);
      if (mine !== number) return;
      fill(failure);
      next = page.next;
      view.show(page.items);
      hint.textContent = page.items.length === 0 ? "" : `Page ${before.length + 1}, ${page.items.length} ${name}`;
      pages.hidden = page.items.length === 0 && cursor === null;
      previous.disabled = cursor === null;
      following.disabled = next === null;
    } catch (error) {
      if (mine === number) fill(failure, problem(error));
    }
  }

  /** Reads the first page. */
  function reset() {
    before.length = 0;
    return turn(null);
  }

  return { element, refresh, reset };
}

/** The name of a transport with its colour. */
export function transport(name) {
  const [, color] = TRANSPORTS[name] ?? [];
  return h("span", {}, color && h("span", { class: "dot " + color }), transportName(name));
}

/** A link to the page of a session. */
export const sessionLink = (id, text = id) => h("a", { class: "mono cut", title: id, href: "#/session/" + encodeURIComponent(id) }, text);

/** A link to the clients that have something in common. */
export const clientsLink = (field, value, text = value) =>
  h("a", { class: "cut", title: value, href: "#/clients?" + new URLSearchParams({ [field]: value }) }, text);

/** A field with its label. */
export const field = (label, input, className = "") => h("label", { class: className }, label, input);

/** A choice. */
export function select(properties, options, value) {
  const element = h("select", properties, Object.entries(options).map(([name, text]) => h("option", { value: name }, text)));
  if (value !== undefined) element.value = value;
  return element;
}

export const DURATIONS = { "10m": "10 minutes", "1h": "1 hour", "24h": "1 day", "7d": "7 days", "30d": "30 days" };

/** Fields for how long and why a client is refused. */
export const durationFields = () => [
  field("For", select({ name: "for" }, DURATIONS, "1h")),
  field("Reason, for operators", h("input", { name: "reason", maxLength: 256 })),
];
