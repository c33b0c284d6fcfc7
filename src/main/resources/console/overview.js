// The state of the cluster and of its nodes.

import { bars, lineChart, meter, spark } from "./charts.js";
import { batched, fill, h, table } from "./dom.js";
import { bytes, count, duration, ms, rate, TRANSPORTS } from "./format.js";
import { answering, history, overview as latest, POINTS, sumOf, total, watch } from "./live.js";

const STATES = { ready: "good", starting: "wait", draining: "wait", stopping: "wait", partitioned: "bad", "no-answer": "bad" };
const STORMS = { quiet: ["good", 0], busy: ["wait", 1], storm: ["bad", 2] };
const LATENCIES = {
  handOver: "Hand-over of a message", serviceReply: "Reply of a service", delivery: "Delivery to a client",
  connect: "Connect", resume: "Resume",
};

function tile(label, value, hint, series, color) {
  return h("div", { class: "pane tile" }, h("span", { class: "label" }, label), h("span", { class: "value" }, value),
    h("span", { class: "hint" }, hint), spark(series, POINTS, color));
}

function tiles(state) {
  const rates = sumOf(state, "perSecond"), away = total(state, "away"), of = (name) => history.map((point) => point[name]);
  const perSecond = (value) => [rate(value), h("small", {}, " /s")];
  return [
    tile("Connections", count(history.at(-1).total), Object.keys(sumOf(state, "connections")).length + " transports in use", of("total"), "c1"),
    tile("Sessions", count(total(state, "sessions")), away > 0 ? count(away) + " wait for their client" : "all connected", of("sessions"), "c1"),
    tile("Messages in", perSecond(rates.in), count(total(state, "inFlight")) + " in flight", of("in"), "c2"),
    tile("Messages out", perSecond(rates.out), count(total(state, "pending")) + " pending", of("out"), "c2"),
    tile("Connects", perSecond(rates.connects), "closes " + rate(rates.closes) + " /s", of("connects"), "c4"),
    tile("Refused", perSecond(rates.refused), "errors " + rate(rates.errors) + " /s", of("refused"), "c5"),
  ];
}

/** How long the timers of a node are late: the worst of its event loops. */
const delay = (node) => Math.max(0, ...node.loops.map((loop) => loop.delayMs));
const used = ({ used, limit }) => (limit > 0 ? (used / limit) * 100 : 0);
const only = (make) => (node) => (node.state === "no-answer" ? h("span", { class: "muted" }, "–") : make(node));
const clientsOf = (node) => Object.values(node.connections).reduce((all, value) => all + value, 0);

const NODES = [
  { name: "Node", class: "nowrap", cell: (node) => h("span", { class: "mono" }, node.node + (node.node === latest.node ? " ●" : "")) },
  { name: "State", class: "nowrap", cell: (node) => h("span", { class: "badge " + STATES[node.state] }, node.state.replace("-", " ")) },
  { name: "Version", class: "wide nowrap", cell: only((node) => node.version) },
  { name: "Up", class: "wide nowrap", cell: only((node) => duration((Date.parse(node.at) - Date.parse(node.startedAt)) / 1000)) },
  { name: "Connections", class: "number", cell: only((node) => count(clientsOf(node))) },
  { name: "Sessions", class: "number wide", cell: only((node) => count(node.sessions)) },
  { name: "In /s", class: "number", cell: only((node) => rate(node.perSecond.in)) },
  { name: "Out /s", class: "number", cell: only((node) => rate(node.perSecond.out)) },
  { name: "Loop delay", class: "number wide", cell: only((node) => ms(delay(node))) },
  { name: "Heap", class: "number wide", cell: only((node) => Math.round(used(node.memory.heap)) + " %") },
  { name: "Direct", class: "number wide", cell: only((node) => Math.round(used(node.memory.direct)) + " %") },
];

/** The highest of the nodes: percentiles of several nodes cannot be added. */
function latencies(state) {
  return Object.entries(LATENCIES).map(([name, title]) => {
    const all = answering(state).map((node) => node.latency[name]).filter(Boolean);
    const busy = all.filter((one) => one.count > 0);
    const highest = (field) => (busy.length > 0 ? Math.max(...busy.map((one) => one[field])) : undefined);
    return { title, count: all.reduce((sum, one) => sum + one.count, 0), p50: highest("p50Ms"), p99: highest("p99Ms") };
  });
}

const LATENCY_COLUMNS = [
  { name: "In the last minute", cell: (one) => one.title },
  { name: "Number", class: "number", cell: (one) => count(one.count) },
  { name: "p50", class: "number", cell: (one) => ms(one.p50) },
  { name: "p99", class: "number", cell: (one) => ms(one.p99) },
];

function memory(state) {
  return answering(state).flatMap((node) => ["heap", "direct"].map((pool) => {
    const { level, limit, used: held } = node.memory[pool], { refuseAt, shedAt, fullAt } = node.memory;
    return [
      h("span", {}, h("span", { class: "mono" }, node.node), " " + pool),
      meter(pool + " memory of " + node.node, used(node.memory[pool]), { marks: [refuseAt, shedAt, fullAt], level: ["", "wait", "bad", "bad"][level] }),
      h("span", { class: "count" }, bytes(held) + " of " + bytes(limit)),
    ];
  }));
}

const MAX_LOOPS = 32;

function loops(state) {
  const all = answering(state).flatMap((node) => node.loops.map((loop, index) => ({ node: node.node, index, ...loop })));
  const shown = all.sort((a, b) => b.delayMs - a.delayMs).slice(0, MAX_LOOPS);
  return shown.map((loop) => [
    h("span", {}, h("span", { class: "mono" }, loop.node), " loop " + loop.index),
    meter("delay", Math.min(100, loop.delayMs), { level: loop.delayMs > 50 ? "bad" : loop.delayMs > 10 ? "wait" : "" }),
    h("span", { class: "count" }, ms(loop.delayMs) + (loop.tasks > 0 ? ", " + count(loop.tasks) + " tasks" : "")),
  ]);
}

function storm(state) {
  const nodes = answering(state), rates = sumOf(state, "perSecond"), limits = nodes[0]?.storm ?? {};
  const worst = nodes.reduce((found, node) => (STORMS[node.storm.state][1] > STORMS[found][1] ? node.storm.state : found), "quiet");
  const pending = nodes.reduce((sum, node) => sum + node.storm.pending, 0), places = nodes.reduce((sum, node) => sum + node.storm.maxPending, 0);
  const limit = (value) => (value > 0 ? count(value) : "none");
  const isBounded = places > 0;
  return [
    h("div", { class: "gauge", role: "status" }, h("strong", { class: STORMS[worst][0], "data-testid": "storm" }, worst),
      h("span", { class: "lead" }, rate(rates.connects) + " connects and " + rate(rates.refused) + " refusals per second")),
    h("div", { class: "bars" }, h("span", {}, "Not joined yet"),
      meter("links without a client", isBounded ? (pending / places) * 100 : 0, { marks: [80] }),
      h("span", { class: "count" }, count(pending) + (isBounded ? " of " + count(places) : ""))),
    h("p", { class: "hint" }, "Limits of a node: connections " + limit(limits.maxConnections) + ", connects per second of an address " +
      limit(limits.connectsPerAddress) + ", of a user " + limit(limits.connectsPerUser) + "."),
  ];
}

/** A pane with a title. */
const pane = (title, ...content) => h("section", { class: "pane", "aria-label": title }, h("h2", {}, title), content);

const orEmpty = (counts, text) => (Object.keys(counts).length > 0 ? bars(counts, { format: count }) : h("p", { class: "empty" }, text));

export function overview(content) {
  const places = {}, place = (name, tag = "div", properties = {}) => (places[name] = h(tag, properties));
  const chart = (label, series) => lineChart({ label, series, points: POINTS, span: "5 min", format: rate });
  const messages = chart("Messages per second", [{ name: "in", color: "c1" }, { name: "out", color: "c2" }]);
  const connects = chart("Connects per second", [{ name: "connects", color: "c4" }, { name: "refused", color: "c5" }, { name: "closes", color: "c3" }]);
  const transports = chart("Connections by transport", Object.values(TRANSPORTS).map(([name, color]) => ({ name, color })));
  const nodes = table({ label: "Nodes", columns: NODES, key: (node) => node.node, empty: "No node answers." });
  const durations = table({ label: "Latencies", columns: LATENCY_COLUMNS, key: (one) => one.title, empty: "" });
  const page = [
    place("tiles", "div", { class: "tiles" }),
    h("div", { class: "grid" }, pane("Messages per second", messages.element), pane("Connections by transport", transports.element), pane("Connects per second", connects.element)),
    pane("Nodes", nodes.element),
    h("div", { class: "grid" },
      pane("Latency, highest of the nodes", durations.element), pane("Storm", place("storm", "div", { class: "stack" })),
      pane("Memory budget", place("memory", "div", { class: "bars" }), h("p", { class: "hint" }, "Marks: new clients are refused, slow ones dropped, messages refused.")),
      pane("Event loops, mean delay", place("loops", "div", { class: "bars" })),
      pane("Closes since the start, by reason", place("closes")), pane("Errors since the start, by code", place("errors"))),
  ];
  const waiting = h("p", { class: "empty" }, "Waiting for the first sample …"), body = h("div", { hidden: true }, page);
  body.style.display = "contents";
  fill(content, h("div", { class: "title" }, h("h1", {}, "Overview"), h("p", { class: "lead" }, "Every two seconds, from all nodes")), waiting);

  const draw = batched(() => {
    const state = latest;
    if (waiting.isConnected) waiting.replaceWith(body);
    body.hidden = false;
    fill(places.tiles, tiles(state));
    messages.show(["in", "out"].map((name) => history.map((point) => point[name])));
    connects.show(["connects", "refused", "closes"].map((name) => history.map((point) => point[name])));
    transports.show(Object.keys(TRANSPORTS).map((name) => history.map((point) => point.connections[name] ?? 0)));
    nodes.show(state.nodes);
    durations.show(latencies(state));
    fill(places.storm, storm(state));
    fill(places.memory, memory(state));
    fill(places.loops, loops(state));
    fill(places.closes, orEmpty(sumOf(state, "closes"), "No connection has been closed."));
    fill(places.errors, orEmpty(sumOf(state, "errors"), "No client has received an error."));
  });
  return watch(draw);
}
