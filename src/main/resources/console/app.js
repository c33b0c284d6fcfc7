// The frame of the console: asks for the key, and shows the page that the address names.

import { ApiError, get, hasKey, setKey, whenRefused } from "./api.js";
import { fill, h, problem } from "./dom.js";
import * as live from "./live.js";
import { blocks } from "./blocks.js";
import { clients } from "./clients.js";
import { events } from "./events.js";
import { groups } from "./groups.js";
import { messages } from "./messages.js";
import { overview } from "./overview.js";
import { routes } from "./routes.js";
import { services } from "./services.js";
import { session } from "./session.js";
import { settings } from "./settings.js";
import { storm } from "./storm.js";

/** A page puts its content into an element, and returns what ends it. */
const PAGES = {
  overview: ["Overview", overview],
  clients: ["Clients", clients],
  groups: ["Groups", groups],
  services: ["Services", services],
  blocks: ["Bans and limits", blocks],
  routes: ["Routes", routes],
  messages: ["Messages", messages],
  events: ["Events", events],
  storm: ["Storm lab", storm],
  settings: ["Configuration", settings],
};

const $ = (id) => document.getElementById(id);
const main = $("main"), nav = $("nav");
let leave = () => {};

const go = (name) => name === "session" ? "clients" : name;

function showNavigation(name) {
  fill(nav, Object.entries(PAGES).map(([page, [title]]) =>
    h("a", { href: "#/" + page, "aria-current": page === go(name) ? "page" : null }, title)));
}

function setMenu(open) {
  nav.classList.toggle("open", open);
  $("menu").setAttribute("aria-expanded", open);
}

/** Reads the address: the page, what follows it, and parameters. */
function address() {
  const [, names, query] = /^#?\/?([^?]*)\??(.*)$/.exec(location.hash);
  const [name, ...rest] = names.split("/").map((part) => decodeURIComponent(part));
  return { name: name || "overview", id: rest.join("/"), parameters: new URLSearchParams(query) };
}

function show() {
  const { name, id, parameters } = address();
  const [title, page] = name === "session" ? ["Client", session] : PAGES[name] ?? ["Not found", notFound];
  leave();
  showNavigation(name);
  setMenu(false);
  document.title = title + " · linkspan console";
  const content = h("div", { class: "page" });
  content.style.display = "contents";
  fill(main, content);
  leave = page(content, { id, parameters }) ?? (() => {});
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function notFound(content) {
  fill(content, h("h1", {}, "This page does not exist"), h("p", {}, h("a", { href: "#/overview" }, "To the overview")));
}

function setStatus(state, text) {
  $("status").className = state;
  $("status").textContent = text;
}

function showStatus(state) {
  const answering = live.answering(state).length, all = state.nodes.length;
  const nodes = all === 1 ? "1 node" : answering === all ? all + " nodes" : answering + " of " + all + " nodes";
  setStatus(answering === all ? "open" : "waiting", nodes);
}

function askForKey(refusal) {
  leave();
  leave = () => {};
  live.stop();
  fill(nav);
  setMenu(false);
  $("forget").hidden = true;
  document.title = "linkspan console";
  setStatus("refused", "no access");
  const message = h("div", {}, refusal && problem(refusal));
  const input = h("input", { type: "password", name: "key", required: true, autocomplete: "off", "data-testid": "key" });
  const form = h("form", { class: "pane key" },
    h("h1", {}, "Key of the management API"),
    h("p", { class: "lead" }, "It is management.apiKey of the configuration. This tab keeps it until it is closed."),
    h("label", {}, "Key", input), message, h("button", { class: "main" }, "Open the console"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setKey(input.value.trim());
    open();
  });
  fill(main, form);
  input.focus();
}

/** Opens the console if the API accepts the key, which may be none. */
async function open() {
  setStatus("", "connecting …");
  const tried = hasKey();
  try {
    await get("node");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) {
      setKey("");
      return askForKey(tried ? new ApiError(401, { message: "The node does not accept this key." }) : null);
    }
    if (error.status === 429) return askForKey(error);
    setStatus("refused", "no connection");
    fill(main, problem(error), h("p", {}, h("button", { onclick: open }, "Try again")));
    return;
  }
  $("forget").hidden = !hasKey();
  live.start();
  show();
}

live.watch(showStatus);
live.whenStateChanges((state, error) => {
  if (state === "waiting") setStatus("waiting", error ? error.message : "reconnecting …");
});
whenRefused(() => hasKey() && nav.childElementCount > 0 && open());
addEventListener("hashchange", () => nav.childElementCount > 0 && show());
$("menu").addEventListener("click", () => setMenu(!nav.classList.contains("open")));
$("forget").addEventListener("click", () => {
  setKey("");
  open();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
if (document.documentElement.dataset.key && !hasKey()) askForKey();
else open();
