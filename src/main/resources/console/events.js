// What happens to sessions, on all nodes.

import { keepStreaming } from "./api.js";
import { fill, h, Log } from "./dom.js";
import { clock, transportName } from "./format.js";
import { field, sessionLink } from "./listing.js";

const CLASSES = { connected: "in", resumed: "in", disconnected: "failed", expired: "failed", lost: "note" };

function entry(event) {
  if (event.event === "lost") return h("li", { class: "note" }, `${event.lost} events of node ${event.node} are missing here: there were too many`);
  const facts = [event.user, event.transport && transportName(event.transport), event.group && "group " + event.group, event.reason, "node " + event.node];
  return h("li", { class: CLASSES[event.event] ?? "" }, h("span", { class: "muted" }, clock(event.at) + "  "), event.event.padEnd(13),
    h("span", {}, facts.filter(Boolean).join("  ") + "  "), event.session && sessionLink(event.session));
}

export function events(content) {
  let paused = [], held = 0, isPaused = false;
  const abort = new AbortController();
  const log = new Log({ label: "Events", empty: "Nothing has happened yet.", newestFirst: true });
  const state = h("span", { class: "badge" }, "connecting");
  const filter = h("input", { placeholder: "user, reason, group, node …", autocomplete: "off", spellcheck: false, "data-testid": "search", oninput: show });
  const pause = h("button", { "aria-pressed": false, onclick: toggle }, "Pause");
  let all = [];

  const fits = (event) => {
    const text = filter.value.trim().toLowerCase();
    return text === "" || Object.values(event).some((value) => String(value).toLowerCase().includes(text));
  };

  function show() {
    log.clear();
    for (const event of all) if (fits(event)) log.add(() => entry(event));
  }

  function take(event) {
    all.push(event);
    if (all.length > log.max) all.shift();
    if (fits(event)) log.add(() => entry(event));
  }

  function toggle() {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", isPaused);
    pause.textContent = isPaused ? "Continue" : "Pause";
    if (!isPaused) {
      paused.forEach(take);
      paused = [];
      held = 0;
    }
  }

  function receive(event) {
    if (!isPaused) return take(event);
    paused.push(event);
    if (paused.length > log.max) paused.shift();
    pause.textContent = `Continue (${++held})`;
  }

  fill(content,
    h("div", { class: "title" }, h("h1", {}, "Events"), h("p", { class: "lead" }, "The latest of each node, then live, the newest first"), state),
    h("div", { class: "pane bar" }, field("Show what contains", filter, "grow"), pause, h("button", { onclick: () => { all = []; log.clear(); } }, "Clear")),
    h("section", { class: "pane" }, log.element));
  keepStreaming("events", {
    signal: abort.signal,
    onEvent: receive,
    onState: (now) => {
      // After a reconnect the nodes send again what they keep.
      if (now === "open") {
        all = [];
        log.clear();
      }
      state.className = "badge " + (now === "open" ? "good" : "wait");
      state.textContent = now === "open" ? "live" : "reconnecting";
    },
  });
  return () => abort.abort();
}
