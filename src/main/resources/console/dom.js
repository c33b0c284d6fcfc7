// Makes and updates elements. Data is shown as text, never as markup.

/**
 * Makes an element. A name that begins with "on" is a handler; other names are properties, or attributes where there is
 * no such property. Children are nodes or text; null and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...present(children));
  return element;
}

const present = (children) =>
  children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** Replaces the children of an element. */
export const fill = (element, ...children) => element.replaceChildren(...present(children));

/** Returns a function that draws once in the next animation frame, however often it is called until then. */
export function batched(draw) {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      draw();
    });
  };
}

/** Puts content into an element unless it is there already, so that focus and selection stay. */
function update(element, content) {
  const parts = present([content]).map((part) => (part instanceof Node ? part : document.createTextNode(String(part))));
  const same =
    parts.length === element.childNodes.length && parts.every((part, index) => part.isEqualNode(element.childNodes[index]));
  if (!same) element.replaceChildren(...parts);
}

/**
 * A table. Each column has a name, a function that makes the content of a cell, and perhaps classes. Rows are kept by
 * their keys when other items are shown.
 */
export function table({ label, columns, key, empty }) {
  const body = h("tbody"), message = h("p", { class: "empty", hidden: true }, empty);
  const head = h("tr", {}, columns.map((column) => h("th", { class: column.class ?? "", scope: "col" }, column.name)));
  const view = h("table", { "aria-label": label }, h("thead", {}, head), body);
  const element = h("div", {}, h("div", { class: "scroll" }, view), message);

  function show(items) {
    const old = new Map(Array.from(body.rows, (row) => [row.dataset.key, row]));
    const rows = items.map((item) => {
      const name = String(key(item));
      const row = old.get(name) ?? h("tr", {}, columns.map((column) => h("td", { class: column.class ?? "" })));
      row.dataset.key = name;
      columns.forEach((column, index) => update(row.cells[index], column.cell(item)));
      return row;
    });
    if (rows.length !== body.rows.length || rows.some((row, index) => row !== body.rows[index])) body.replaceChildren(...rows);
    view.hidden = items.length === 0;
    message.hidden = items.length > 0;
  }

  return { element, show };
}

/** A list of what happened, with a bounded number of entries; those of one frame are added together. */
export class Log {
  constructor({ label, empty, max = 500, newestFirst = false }) {
    this.max = max;
    this.newestFirst = newestFirst;
    this.waiting = [];
    this.list = h("ol", { class: "log", tabindex: "0", "aria-label": label, "data-testid": "log" });
    this.message = h("p", { class: "empty" }, empty);
    this.element = h("div", {}, this.message, this.list);
    this.list.hidden = true;
    this.draw = batched(() => this.flush());
  }

  /** Adds an entry; `make` is called when it is drawn. */
  add(make) {
    this.waiting.push(make);
    if (this.waiting.length > this.max) this.waiting.shift();
    this.draw();
  }

  clear() {
    this.waiting = [];
    this.list.replaceChildren();
    this.list.hidden = true;
    this.message.hidden = false;
  }

  flush() {
    if (this.waiting.length === 0) return;
    const list = this.list, atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const entries = this.waiting.map((make) => make());
    this.waiting = [];
    list.hidden = false;
    this.message.hidden = true;
    if (this.newestFirst) list.prepend(...entries.reverse());
    else list.append(...entries);
    while (list.childElementCount > this.max) (this.newestFirst ? list.lastElementChild : list.firstElementChild).remove();
    if (atEnd && !this.newestFirst) list.scrollTop = list.scrollHeight;
  }
}

/** Shows a short message for some seconds. */
export function toast(text, failed = false) {
  const list = document.getElementById("toasts"), entry = h("p", { class: failed ? "bad" : "" }, text);
  list.append(entry);
  while (list.childElementCount > 4) list.firstElementChild.remove();
  setTimeout(() => entry.remove(), failed ? 12_000 : 5_000);
}

/** Shows why something failed. */
export function problem(error) {
  const problems = error.problems ?? [];
  return h("div", { class: "error", role: "alert" }, error.message,
    problems.length > 0 && h("ul", {}, problems.map((text) => h("li", {}, text))));
}

/**
 * Asks in the page before an action, with fields for what it needs. Resolves to the values of the fields by their
 * names, or to null when it is cancelled.
 */
export function ask({ title, text, action, danger = true, fields = [] }) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" },
      h("h2", {}, title), text && h("p", { class: "lead" }, text), fields,
      h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        h("button", { class: danger ? "danger main" : "main", "data-testid": "confirm" }, action)));
    const dialog = h("dialog", { "aria-label": title }, form);
    let values = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      values = Object.fromEntries(new FormData(form));
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(values);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
