// Services on the event bus, and those that are reached by HTTP or TCP.

import { batched, fill, h, table } from "./dom.js";
import { count, ms } from "./format.js";
import { answering, overview as latest, watch } from "./live.js";

const BREAKERS = { closed: "good", "half-open": "wait", open: "bad" };
const GOOD = new Set(["answered", "acknowledged"]);

const sum = (values) => values.reduce((all, value) => all + value, 0);
const good = (requests) => sum(Object.entries(requests).filter(([outcome]) => GOOD.has(outcome)).map(([, value]) => value));
const failed = (requests) => sum(Object.values(requests)) - good(requests);

/** The failures by their codes. */
const failures = ({ requests }) => {
  const text = Object.entries(requests).filter(([outcome]) => !GOOD.has(outcome)).map(([outcome, value]) => outcome + " " + count(value)).join(", ");
  return h("span", { title: text, class: failed(requests) > 0 ? "" : "muted" }, count(failed(requests)));
};

const each = (state, field) => answering(state).flatMap((node) => (node[field] ?? []).map((item) => ({ node: node.node, ...item })));
const key = (item) => item.node + " " + item.name;

const COMMON = [
  { name: "Service", cell: (item) => item.name },
  { name: "Node", class: "mono wide", cell: (item) => item.node },
];
const NUMBERS = [
  { name: "Answered", class: "number", cell: (item) => count(good(item.requests)) },
  { name: "Failed", class: "number", cell: failures },
  { name: "p50", class: "number wide", cell: (item) => ms(item.p50Ms) },
  { name: "p99", class: "number", cell: (item) => ms(item.p99Ms) },
];
const BUS = [...COMMON, ...NUMBERS, { name: "No process", class: "number wide", cell: (item) => count(item.unserved) }];
const UPSTREAM = [
  ...COMMON,
  { name: "Breaker", class: "nowrap", cell: (item) => h("span", { class: "badge " + BREAKERS[item.breaker] }, item.breaker) },
  { name: "In flight", class: "number wide", cell: (item) => count(item.inFlight) },
  { name: "Queued", class: "number wide", cell: (item) => count(item.queued) },
  { name: "Held", class: "number", cell: (item) => count(item.held) },
  { name: "Retries", class: "number wide", cell: (item) => count(item.retries) },
  ...NUMBERS,
];

export function services(content) {
  const bus = table({ label: "Services on the event bus", columns: BUS, key, empty: "No client has called a service on the event bus yet." });
  const upstreams = table({ label: "HTTP and TCP services", columns: UPSTREAM, key, empty: "No route leads to an HTTP or TCP service." });
  fill(content,
    h("div", { class: "title" }, h("h1", {}, "Services"), h("p", { class: "lead" }, "Requests since the start of a node, latency in the last minute")),
    h("section", { class: "pane" }, h("h2", {}, "On the event bus"), bus.element),
    h("section", { class: "pane" }, h("h2", {}, "By HTTP and TCP"), upstreams.element,
      h("p", { class: "hint" }, "Held messages wait until the service is available again.")));
  return watch(batched(() => {
    bus.show(each(latest, "services"));
    upstreams.show(each(latest, "upstreams"));
  }));
}
