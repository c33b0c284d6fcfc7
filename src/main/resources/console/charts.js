// Charts in SVG.

import { fill, h } from "./dom.js";

const NS = "http://www.w3.org/2000/svg", WIDTH = 300, HEIGHT = 100;

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const picture = (...children) =>
  svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...children);

/** The next round number: 1, 2 or 5 times a power of ten. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

/** The way of a line through the values, from right to left of the chart; gaps are left out. */
function way(values, points, top) {
  const step = WIDTH / Math.max(1, points - 1), start = WIDTH - (values.length - 1) * step;
  const places = values.map((value, index) => [start + index * step, HEIGHT - (value / top) * HEIGHT]);
  return places.map(([x, y], index) => (index === 0 ? "M" : "L") + x.toFixed(1) + " " + y.toFixed(1)).join("");
}

/** A small line without axes. */
export function spark(values, points, className = "c1") {
  if (values.length < 2) return picture();
  const top = Math.max(...values, 1e-9) * 1.1, line = way(values, points, top);
  const left = WIDTH - (values.length - 1) * (WIDTH / Math.max(1, points - 1));
  return picture(
    svg("path", { class: "area " + className, d: `${line}L${WIDTH} ${HEIGHT}L${left.toFixed(1)} ${HEIGHT}Z` }),
    svg("path", { class: "line " + className, d: line }));
}

/**
 * A chart of several lines over the latest time, with a legend of the latest values, or of those below the pointer.
 *
 * @param series each has a `name` and a class for its colour
 * @param points how many values the chart has room for
 * @param format makes the text of a value
 */
export function lineChart({ label, series, points, span, format }) {
  const plot = h("div", { class: "chart", role: "img", "aria-label": label });
  const legend = h("div", { class: "legend" });
  const element = h("div", {}, legend, plot, h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, span + " ago"), h("span", {}, "now")));
  let shown = series.map(() => []), pointed = null;

  function drawLegend() {
    fill(legend, series.map(({ name, color }, index) => {
      const values = shown[index], at = pointed === null ? values.length - 1 : values.length - 1 - pointed;
      return h("span", {}, h("span", { class: "dot " + color }), name + " ", h("b", {}, at < 0 ? "–" : format(values[at])));
    }));
  }

  plot.addEventListener("pointermove", (event) => {
    const box = plot.firstElementChild?.getBoundingClientRect();
    if (!box) return;
    pointed = Math.max(0, Math.round((1 - (event.clientX - box.left) / box.width) * (points - 1)));
    drawLegend();
  });
  plot.addEventListener("pointerleave", () => {
    pointed = null;
    drawLegend();
  });

  /** Shows the values of each series, the latest last. */
  function show(values) {
    shown = values;
    const top = roundUp(Math.max(1, ...values.flat()));
    const rules = [0, 0.5, 1].map((part) => svg("path", { class: "rule", d: `M0 ${HEIGHT * part}H${WIDTH}` }));
    const lines = values.map((line, index) => svg("path", { class: "line " + series[index].color, d: line.length > 1 ? way(line, points, top) : "" }));
    const ticks = [top, top / 2, 0].map((value, index) => {
      const tick = h("span", { class: "tick", "aria-hidden": "true" }, format(value));
      tick.style.top = index * 50 + "%";
      return tick;
    });
    fill(plot, picture(...rules, ...lines), ticks);
    drawLegend();
  }

  return { element, show };
}

/** Bars for counts by name, the largest first. */
export function bars(counts, { format, max = 8 }) {
  const all = Object.entries(counts).sort(([, a], [, b]) => b - a).slice(0, max);
  const top = Math.max(1, ...all.map(([, value]) => value));
  return h("div", { class: "bars" }, all.map(([name, value]) => {
    const bar = h("div", { class: "fill" });
    bar.style.width = (value / top) * 100 + "%";
    return [h("span", {}, name), h("div", { class: "track", "aria-hidden": "true" }, bar), h("span", { class: "count" }, format(value))];
  }));
}

/** A bar of a part, in percent, with marks at which something happens. */
export function meter(label, percent, { marks = [], level = "" } = {}) {
  const bar = h("div", { class: "fill " + level });
  bar.style.width = Math.min(100, percent) + "%";
  const track = h("div", { class: "track", role: "meter", "aria-label": label, "aria-valuenow": Math.round(percent), "aria-valuemin": 0, "aria-valuemax": 100 }, bar);
  for (const mark of marks) {
    const line = h("span", { class: "mark" });
    line.style.left = mark + "%";
    track.append(line);
  }
  return track;
}
