// The live trace of one client or message.

import { path, stream } from "./api.js";
import { h, Log } from "./dom.js";
import { clock } from "./format.js";

const KINDS_WITH_MESSAGE = new Set(["message", "join", "leave", "auth", "session", "error", "ack"]);
const ARROWS = { in: "← in ", out: "→ out" };

/** The text of one event of a trace. */
function describe(frame) {
  switch (frame.kind) {
    case "watching": {
      const silent = frame.silent.length > 0 ? `, but not ${frame.silent.join(", ")}` : "";
      return `watching on ${frame.nodes.length} nodes${silent}`;
    }
    case "lost": return `${frame.lost} frames are missing here: there were too many`;
    case "node-joined": case "node-left": return `${frame.kind.replace("-", " ")}: ${frame.node}`;
    default: {
      const facts = [frame.type, frame.from && "from " + frame.from, frame.to && "to " + frame.to, frame.eventId && "#" + frame.eventId,
        frame.code, frame.reason, frame.size !== undefined && frame.size + " bytes", frame.transport && !frame.direction && frame.transport];
      return `${frame.kind} ${facts.filter(Boolean).join("  ")}`;
    }
  }
}

function entry(frame) {
  const arrow = ARROWS[frame.direction] ?? "     ", payload = frame.payload;
  const className = [frame.direction ?? "note", frame.kind === "error" ? "failed" : frame.kind].join(" ");
  return h("li", { class: className },
    h("span", { class: "muted" }, (frame.time ? clock(frame.time) : "            ") + " "),
    `${arrow} ${describe(frame)}`,
    KINDS_WITH_MESSAGE.has(frame.kind) && payload !== undefined &&
      h("div", {}, payload + (frame.truncated ? " …" : "") + (frame.encoding ? "  (base64)" : "")));
}

/**
 * A pane that traces while it is asked to.
 *
 * @param selector such as {session: id}
 * @return the pane, and what ends the trace
 */
export function tracePane(selector) {
  let abort = null;
  const log = new Log({ label: "Trace", empty: "Start the trace to see every frame of this client, both ways." });
  const button = h("button", { class: "main small", "data-testid": "trace", onclick: () => (abort ? stop() : start()) }, "Start trace");
  const heartbeats = h("input", { type: "checkbox", onchange: () => log.list.classList.toggle("quiet", heartbeats.checked) });
  const element = h("section", { class: "pane", "aria-label": "Live trace" },
    h("div", { class: "head" }, h("h2", {}, "Live trace"), h("label", { class: "inline" }, heartbeats, "hide heartbeats"),
      h("button", { class: "small", onclick: () => log.clear() }, "Clear"), button),
    log.element);

  async function start() {
    abort = new AbortController();
    const mine = abort;
    button.textContent = "Stop trace";
    try {
      await stream(path(["trace"], selector), { signal: mine.signal, onEvent: (frame) => log.add(() => entry(frame)) });
      log.add(() => h("li", { class: "note" }, "the trace has ended"));
    } catch (error) {
      if (!mine.signal.aborted) log.add(() => h("li", { class: "failed" }, error.message));
    }
    if (mine === abort) stop();
  }

  function stop() {
    abort?.abort();
    abort = null;
    button.textContent = "Start trace";
  }

  return { element, stop };
}
