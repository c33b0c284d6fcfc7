// The state of the cluster, live, and its latest five minutes. One stream serves all pages.

import { keepStreaming } from "./api.js";

/** Samples that are kept: five minutes, one every two seconds. */
export const POINTS = 150;

const RATES = ["in", "out", "connects", "refused", "closes", "errors"];
const listeners = new Set();

/** The latest overview; null until the first one. */
export let overview = null;

/** Points of the charts, the latest last. */
export const history = [];

let abort = null;
let onState = () => {};

const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

/** The nodes that answer. */
export const answering = (state) => state.nodes.filter((node) => node.state !== "no-answer");

/** The sum of the counts of all nodes, by name. */
export function sumOf(state, field) {
  const totals = {};
  for (const node of answering(state)) {
    for (const [name, value] of Object.entries(node[field] ?? {})) totals[name] = (totals[name] ?? 0) + value;
  }
  return totals;
}

/** The sum of one number of all nodes. */
export const total = (state, field) => sum(answering(state).map((node) => node[field]));

function receive(state) {
  overview = state;
  const rates = sumOf(state, "perSecond"), connections = sumOf(state, "connections");
  const point = { connections, sessions: total(state, "sessions"), total: sum(Object.values(connections)) };
  for (const name of RATES) point[name] = rates[name] ?? 0;
  history.push(point);
  if (history.length > POINTS) history.shift();
  for (const listener of listeners) listener(state);
}

/** Calls a listener with each overview, and with the present one at once. Returns what ends that. */
export function watch(listener) {
  listeners.add(listener);
  if (overview) listener(overview);
  return () => listeners.delete(listener);
}

export const whenStateChanges = (handler) => {
  onState = handler;
};

/** Starts the stream; starts it again when it breaks. */
export function start() {
  stop();
  abort = new AbortController();
  keepStreaming("overview/live", { signal: abort.signal, onEvent: receive, onState: (...state) => onState(...state) });
}

export function stop() {
  abort?.abort();
  abort = null;
}
