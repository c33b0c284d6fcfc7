// The storm lab: badly written clients against this gateway, to size its limits.

import { get, keepStreaming, post, remove } from "./api.js";
import { bars, lineChart } from "./charts.js";
import { ask, batched, fill, h, problem, table, toast } from "./dom.js";
import { bytes, count, dateTime, ms, rate } from "./format.js";
import { field, regularly, select } from "./listing.js";

const STATES = { quiet: "wait", storm: "bad", ended: "good" };
const MIB = 1 << 20;

const sum = (counts) => Object.values(counts).reduce((all, value) => all + value, 0);
const measured = (figures, value) => (figures.goodAnswered > 0 ? value : undefined);
const inPhase = (storm, phase) => (phase === "quiet" ? storm.quietSeconds : storm.seconds);

const COMPARED = [
  ["Round trip of the good clients, p50", (figures) => ms(measured(figures, figures.goodP50Ms))],
  ["Round trip of the good clients, p99", (figures) => ms(measured(figures, figures.goodP99Ms))],
  ["Answers to the good clients", (figures) => rate(figures.goodPerSecond) + " /s"],
  ["Good clients that lost their link", (figures) => count(figures.goodLost)],
  ["Connects", (figures) => rate(figures.connectsPerSecond) + " /s"],
  ["Admitted", (figures) => count(figures.admitted)],
  ["Refused", (figures) => count(sum(figures.refused))],
  ["Closed by the gateway", (figures) => count(sum(figures.closes))],
];

const PHASES = [
  { name: "", cell: ([name]) => name },
  { name: "Quiet", class: "number", cell: ([, of, storm]) => of(storm.quiet) },
  { name: "In the storm", class: "number", cell: ([, of, storm]) => of(storm.storm) },
];

function tile(label, value, hint) {
  return h("div", { class: "pane tile" }, h("span", { class: "label" }, label), h("span", { class: "value" }, value), h("span", { class: "hint", title: hint }, hint));
}

function tiles(storm, last) {
  const { quiet, storm: all } = storm, gauges = last?.gauges ?? {}, refused = last ? sum(last.refused) : 0;
  const before = measured(quiet, quiet.goodP99Ms), during = measured(all, all.goodP99Ms);
  const part = gauges.heapLimit > 0 ? Math.round((gauges.heapBytes / gauges.heapLimit) * 100) + " % of its budget" : "of this node";
  return [
    tile("Connects", [rate(last?.connectsPerSecond), h("small", {}, " /s")], count(all.attempts) + " in all"),
    tile("Open", count(last?.open ?? 0), count(all.admitted) + " admitted"),
    tile("Refused", [rate(refused), h("small", {}, " /s")], count(sum(all.refused)) + " in all"),
    tile("p99 in the storm", ms(during), before > 0 && during > 0 ? `quiet ${ms(before)}, × ${rate(during / before)}` : "of the good clients"),
    tile("Good links lost", count(all.goodLost), `${count(storm.good)} good clients`),
    tile("Heap held", gauges.heapBytes === undefined ? "–" : bytes(gauges.heapBytes), part),
  ];
}

/** The charts of one storm, which have room for all of its seconds. */
function charts(storm) {
  const points = storm.quietSeconds + storm.seconds;
  const chart = (label, series, format, value) => {
    const view = lineChart({ label, series, points, span: points + " s", format });
    return { label, element: view.element, show: (samples) => view.show(series.map(({ name }) => samples.map((sample) => value(sample)[name] ?? 0))) };
  };
  const series = (...pairs) => pairs.map(([name, color]) => ({ name, color }));
  return [
    chart("Connects per second", series(["connects", "c4"], ["admitted", "c2"], ["refused", "c5"]), rate,
      (sample) => ({ connects: sample.connectsPerSecond, admitted: sample.admitted, refused: sum(sample.refused) })),
    chart("Round trip of the good clients, ms", series(["p50", "c1"], ["p99", "c3"]), rate, (sample) => ({ p50: sample.goodP50Ms, p99: sample.goodP99Ms })),
    chart("Memory held by this node, MiB", series(["heap", "c1"], ["direct", "c3"]), rate,
      ({ gauges }) => ({ heap: gauges.heapBytes / MIB, direct: gauges.directBytes / MIB })),
    chart("Links of this node", series(["sessions", "c2"], ["not joined yet", "c5"]), count, ({ gauges }) => ({ sessions: gauges.sessions, "not joined yet": gauges.pendingLinks })),
  ];
}

const pane = (title, ...content) => h("section", { class: "pane", "aria-label": title }, h("h2", {}, title), content);

/** The panes that show one storm; they stay after its end. */
function results(reasons) {
  const place = h("div", { "data-testid": "storm-state", role: "status" }, h("p", { class: "empty" }, "No storm has run since this node started."));
  const shown = h("div", { hidden: true }), head = h("div", { class: "tiles" }), plots = h("div", { class: "grid halves" }), received = h("div");
  const phases = table({ label: "Quiet and storm", columns: PHASES, key: ([name]) => name, empty: "" });
  const columns = [
    { name: "", class: "nowrap", cell: (entry) => h("span", { class: "badge" }, entry.part) },
    { name: "Reason, and the keys that decide it", cell: (entry) => [h("span", { class: "mono" }, entry.name), reasons[entry.name] && h("div", { class: "hint" }, reasons[entry.name])] },
    { name: "Number", class: "number", cell: (entry) => count(entry.number) },
  ];
  const told = table({ label: "Reasons", columns, key: (entry) => entry.part + entry.name, empty: "Nothing was refused, closed or answered with an error." });
  shown.style.display = "contents";
  fill(shown, head, plots, h("div", { class: "grid halves" }, pane("Quiet and storm", phases.element),
    h("section", { class: "pane stack", "aria-label": "What the clients received" }, h("h2", {}, "Frames that the clients received"), received,
      h("h2", {}, "Refused, closed and answered with an error"), told.element)));
  let startedAt = null, drawn = [];

  function describe(storm, last) {
    const phase = last?.phase ?? storm.state, progress = storm.state === "ended" ? storm.end : `second ${last?.phase === storm.state ? last.second : 0} of ${inPhase(storm, phase)}`;
    return [
      h("div", { class: "head" }, h("h2", {}, `${count(storm.clients)} clients of the kind ${storm.kind}, and ${count(storm.good)} good ones`),
        h("span", { class: "lead" }, progress), h("span", { class: "badge " + STATES[storm.state] }, storm.state)),
      h("p", { class: "hint" }, `Since ${dateTime(storm.startedAt)}, against ${storm.target}. `,
        last && `The clients need ${count(last.generatorPercent)} % of one of this node's processors, which the round trips include.`),
    ];
  }

  function show(storm, samples) {
    const last = samples.at(-1);
    if (storm.startedAt !== startedAt) {
      startedAt = storm.startedAt;
      drawn = charts(storm);
      fill(plots, drawn.map(({ label, element }) => pane(label, element)));
    }
    shown.hidden = false;
    fill(place, describe(storm, last));
    fill(head, tiles(storm, last));
    drawn.forEach((chart) => chart.show(samples));
    phases.show(COMPARED.map((row) => [...row, storm]));
    const all = storm.storm;
    fill(received, sum(all.received) > 0 ? bars(all.received, { format: count }) : h("p", { class: "empty" }, "None yet."));
    told.show([["refused", all.refused], ["close", all.closes], ["error", all.errors]].flatMap(([part, counts]) =>
      Object.entries(counts).sort(([, a], [, b]) => b - a).map(([name, number]) => ({ part, name, number }))));
  }

  return { elements: [h("section", { class: "pane", "aria-label": "Storm" }, place), shown], show };
}

const EXPLAINED = h("p", { class: "lead" }, "Set ", h("code", { class: "mono" }, "management.storm.enabled: true"), " in the configuration, and ",
  h("a", { href: "#/settings" }, "reload it"), ". A storm uses the processors and the limits of the node that runs it, and its real clients feel it: switch it on before a launch, not in production.");

/** The form of a storm: `start` and `stop` are called by its button. */
function form(about, { start, stop }) {
  const number = (name, value, min, max) => h("input", { type: "number", name, value: Math.min(value, max), min, max, required: true, "data-testid": name });
  const kind = select({ name: "kind", "data-testid": "kind", onchange: explain }, Object.fromEntries(about.kinds.map(({ kind }) => [kind, kind])), "helper");
  const hint = h("p", { class: "hint", "aria-live": "polite" }), failure = h("div");
  const button = h("button", { class: "main", "data-testid": "start" }, "Start …");
  const halt = h("button", { type: "button", class: "danger", "data-testid": "stop", hidden: true, onclick: stop }, "Stop");
  const target = h("input", { name: "target", placeholder: about.target ?? "ws://127.0.0.1:8080/ws", required: !about.target, maxLength: 2048, autocomplete: "off", spellcheck: false, "data-testid": "target" });
  const fields = h("fieldset", { class: "bar" }, field("Kind", kind), field("Clients", number("clients", 200, 1, about.maxClients)),
    field("Good clients beside", number("good", 20, 0, about.maxClients)), field("Quiet seconds before", number("quietSeconds", 5, 0, 60)),
    field("Seconds", number("seconds", 30, 1, about.maxSeconds)), field("Addresses", number("addresses", 250, 1, 5000)), field("Target, on loopback", target, "grow"));
  const element = h("form", { class: "pane stack", "aria-label": "New storm" }, fields, hint, failure, h("div", { class: "actions" }, button, halt));

  function explain() {
    hint.textContent = "Each client " + about.kinds.find((one) => one.kind === kind.value).about + ".";
  }

  function values() {
    const all = Object.fromEntries(new FormData(element));
    for (const name of ["clients", "good", "addresses", "seconds", "quietSeconds"]) all[name] = Number(all[name]);
    return all;
  }

  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(failure);
    try {
      await start(values());
    } catch (error) {
      fill(failure, problem(error));
    }
  });
  explain();

  return { element, setRunning: (running) => { fields.disabled = button.disabled = running; halt.hidden = !running; } };
}

export function storm(content) {
  let present = null, samples = [], ends = [];
  const body = h("div");
  body.style.display = "contents";
  fill(content, h("div", { class: "title" }, h("h1", {}, "Storm lab"), h("p", { class: "lead" }, "Badly written clients against this node, to size its limits")), body);

  /** Shows the lab, once storms are switched on. */
  function open(about) {
    const abort = new AbortController(), result = results(about.reasons), entry = form(about, { start, stop });
    const draw = batched(() => {
      entry.setRunning(present.state !== "ended");
      result.show(present, samples);
    });

    /** Takes a storm with its latest figures, or with all of them. Answers and events may overtake each other. */
    function take(next) {
      if (next === null) return;
      if (present?.startedAt !== next.startedAt) samples = [];
      else if (present.state === "ended" && next.state !== "ended") return;
      const last = samples.at(-1), latest = next.latest;
      if (next.samples?.length >= samples.length) samples = next.samples;
      else if (latest && (!last || (latest.phase === last.phase ? latest.second > last.second : latest.phase === "storm"))) samples.push(latest);
      present = next;
      draw();
    }

    async function start(values) {
      const text = `${count(values.clients)} clients of the kind ${values.kind} and ${count(values.good)} good ones run for ${count(values.seconds)} seconds against ${values.target || about.target}. Its real clients feel it.`;
      if (await ask({ title: "Start this storm?", text, action: "Start" })) take(await post("storms", values));
    }

    async function stop() {
      try {
        take(await remove("storms"));
      } catch (error) {
        toast(error.message, true);
      }
    }

    fill(body, entry.element, result.elements);
    take(about.storm);
    keepStreaming("storms/live", {
      signal: abort.signal,
      onEvent: take,
      // Seconds that passed without the stream are read at once.
      onState: (state) => state === "open" && get("storms").then((answer) => take(answer.storm), () => {}),
    });
    return () => abort.abort();
  }

  const end = () => ends.splice(0).forEach((each) => each());

  async function look() {
    let about;
    try {
      about = await get("storms");
    } catch (error) {
      fill(body, error.status === 404 ? h("p", { class: "empty" }, "Not available on this node.") : problem(error));
      return;
    }
    if (!body.isConnected) return;
    if (!about.enabled) {
      fill(body, h("section", { class: "pane stack", "data-testid": "disabled" }, h("h2", {}, "Storms are switched off at this node"), EXPLAINED));
      return;
    }
    end();
    ends = [open(about)];
  }

  ends = [regularly(look)];
  look();
  return end;
}
