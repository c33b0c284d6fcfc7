// Calls the HTTP API of the management port, of which this page is a part. All addresses are relative to the page.

const BASE = new URL("../v1/", document.baseURI);
const STORED = "linkspan.key";

let key = sessionStorage.getItem(STORED) ?? "";

/** Called when the API refuses the key, with the error. */
let onRefused = () => {};

export const hasKey = () => key !== "";

/** Sets the key; it is kept as long as the tab. */
export function setKey(value) {
  key = value;
  if (value) sessionStorage.setItem(STORED, value);
  else sessionStorage.removeItem(STORED);
}

export const whenRefused = (handler) => {
  onRefused = handler;
};

/** An answer that is not a success: `code` names the reason, `status` is that of HTTP, 0 without an answer. */
export class ApiError extends Error {
  constructor(status, { code, message, problems, retryAfterMs } = {}) {
    super(message ?? (status === 0 ? "the node cannot be reached" : "the node answered with " + status));
    Object.assign(this, { status, code, problems, retryAfterMs });
  }
}

async function request(method, path, { body, signal } = {}) {
  const headers = key ? { Authorization: "Bearer " + key } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const json = body === undefined ? undefined : JSON.stringify(body);
  let response;
  try {
    response = await fetch(new URL(path, BASE), { method, headers, signal, body: json, cache: "no-store", redirect: "error" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0);
  }
  if (response.ok) return response;
  const problem = new ApiError(response.status, await response.json().catch(() => ({})));
  if (problem.status === 401) onRefused(problem);
  throw problem;
}

/** Makes the path of a call from names, which are encoded, and parameters, of which empty ones are left out. */
export function path(names, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  const text = names.map(encodeURIComponent).join("/");
  return query.size > 0 ? text + "?" + query : text;
}

async function json(method, where, body) {
  const response = await request(method, where, { body });
  return response.status === 204 ? null : response.json();
}

export const get = (where) => json("GET", where);
export const post = (where, body) => json("POST", where, body);
export const put = (where) => json("PUT", where);
export const remove = (where) => json("DELETE", where);

/**
 * Reads server-sent events until the stream ends or the signal aborts it. An EventSource cannot send the key.
 *
 * @param onOpen called when the answer has begun
 * @param onEvent called with the JSON of each event
 */
export async function stream(where, { signal, onOpen = () => {}, onEvent }) {
  const response = await request("GET", where, { signal });
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) onEvent(JSON.parse(line.slice(6)));
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0);
  }
}

/** Reads a stream again and again until the signal aborts it; `onState` receives "open" and "waiting". */
export async function keepStreaming(where, { signal, onEvent, onState = () => {} }) {
  for (let delay = 1000; !signal.aborted; delay = Math.min(delay * 2, 15_000)) {
    try {
      await stream(where, { signal, onEvent, onOpen: () => { delay = 1000; onState("open"); } });
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      if (!(error instanceof ApiError)) throw error;
      onState("waiting", error);
    }
    if (signal.aborted) return;
    onState("waiting");
    await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)));
  }
}
