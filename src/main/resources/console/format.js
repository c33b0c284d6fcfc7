// Turns values into text.

const whole = new Intl.NumberFormat("en-GB");
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

/** A count: exact up to a million. */
export const count = (value) => (value === undefined || value === null ? "–" : value < 1e6 ? whole.format(value) : compact.format(value));

/** A rate per second. */
export const rate = (value) => (value === undefined ? "–" : value < 100 ? String(Math.round(value * 10) / 10) : count(Math.round(value)));

/** Bytes in binary units. */
export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0, size = value;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return (size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)) + " " + units[unit];
}

/** Milliseconds, with a precision that fits. */
export function ms(value) {
  if (value === undefined || value === null) return "–";
  if (value >= 10_000) return (value / 1000).toFixed(0) + " s";
  if (value >= 1000) return (value / 1000).toFixed(1) + " s";
  return (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) + " ms";
}

/** A duration in seconds, in its two largest units. */
export function duration(seconds) {
  const parts = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [size, unit] = parts[first], [below, lower] = parts[first + 1] ?? [];
  const rest = below ? Math.floor((seconds % size) / below) : 0;
  return Math.floor(seconds / size) + " " + unit + (rest > 0 ? " " + rest + " " + lower : "");
}

/** How long ago a time was. */
export const ago = (time) => (time ? duration(Math.max(0, (Date.now() - Date.parse(time)) / 1000)) + " ago" : "–");

/** The local time of day, with milliseconds. */
export function clock(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const two = (value, length = 2) => String(value).padStart(length, "0");
  return [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())].join(":") + "." + two(date.getMilliseconds(), 3);
}

/** The local date and time. */
export const dateTime = (time) => (time ? new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) : "–");

export const TRANSPORTS = { websocket: ["WebSocket", "c1"], socketio: ["Socket.IO", "c2"], enet: ["ENet", "c3"], tcp: ["TCP", "c4"] };

/** The name of a transport for people. */
export const transportName = (transport) => TRANSPORTS[transport]?.[0] ?? transport ?? "away";
