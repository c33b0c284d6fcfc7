// One client: its session, what it sends and receives, and what an operator can do.

import { get, path, post, put, remove } from "./api.js";
import { ask, fill, h, problem, toast } from "./dom.js";
import { ago, count, dateTime } from "./format.js";
import { clientsLink, durationFields, field, regularly, transport } from "./listing.js";
import { tracePane } from "./trace.js";

const REFRESH_MS = 3_000;

/** The network address without its port. */
const hostOf = (remote) => remote.slice(0, remote.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");

/** A fact is a pair of a name and a value. */
function facts(session) {
  const list = {
    User: clientsLink("user", session.user),
    Transport: transport(session.transport),
    Address: session.remote ? [session.remote, " ", clientsLink("address", hostOf(session.remote), "all of this address")] : "–",
    Node: h("span", { class: "mono" }, session.node),
    "Connected since": `${dateTime(session.connectedAt)}, ${ago(session.connectedAt)}`,
    "Last seen": session.lastSeenAt ? ago(session.lastSeenAt) : "–",
    Pending: count(session.pending) + " messages wait for its acknowledgement",
    Resumable: session.resumable ? "yes" : "no",
  };
  return Object.entries(list).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

export function session(content, { id }) {
  let shown = null;
  const body = h("dl", { "data-testid": "facts" }), chips = h("div", { class: "chips" }), failure = h("div");
  const state = h("span", { class: "badge" }, "…");
  const trace = tracePane({ session: id });
  const title = h("h1", {}, "Client"), actions = h("div", { class: "actions" });

  async function refresh() {
    try {
      const { sessions } = await get(path(["sessions"], { session: id }));
      fill(failure);
      show(sessions[0] ?? null);
    } catch (error) {
      fill(failure, problem(error));
    }
  }

  function show(found) {
    state.className = "badge " + (!found ? "" : found.transport ? "good" : "wait");
    state.textContent = !found ? "not connected" : found.transport ? "connected" : "away";
    for (const button of actions.children) button.disabled = !found && button.dataset.needs === "session";
    if (!found) {
      if (!shown) fill(body, h("dt", {}, "Session"), h("dd", {}, "This session does not exist. It may have ended."));
      return;
    }
    if (!shown) title.textContent = found.user;
    shown = found;
    fill(body, facts(found));
    fill(chips, found.groups.length === 0 && h("span", { class: "muted" }, "none"),
      found.groups.map((group) => h("a", { class: "badge", href: "#/clients?" + new URLSearchParams({ group }) }, group)));
  }

  /** Does something and says how it ended. */
  async function attempt(action, done) {
    try {
      await action();
      toast(done);
    } catch (error) {
      toast(error.message, true);
    }
    refresh();
  }

  async function kick() {
    const text = "The session ends and its link is closed as kicked. The client may connect again.";
    if (await ask({ title: "Disconnect this client?", text, action: "Disconnect" })) {
      attempt(() => remove(path(["sessions", id])), "The client is disconnected.");
    }
  }

  async function revoke() {
    const user = shown.user;
    const text = `All tokens of ${user} that were issued until now are refused on all nodes, and its sessions end.`;
    const values = await ask({ title: "Revoke the tokens?", text, action: "Revoke", fields: [field("Reason, for operators", h("input", { name: "reason", maxLength: 256 }))] });
    if (values) attempt(() => post("revocations", { kind: "tokens", value: user, reason: values.reason }), "The tokens are revoked.");
  }

  async function block(kind, value, what) {
    const text = `${what} is refused on all nodes, and what is connected is disconnected.`;
    const values = await ask({ title: "Block the " + what.replace(/^./, (first) => first.toLowerCase()) + "?", text, action: "Block", fields: durationFields() });
    if (values) attempt(() => post("revocations", { kind, value, for: values.for, reason: values.reason }), what + " is blocked.");
  }

  async function send() {
    const values = await ask({
      title: "Send a message", text: "To this session only.", action: "Send", danger: false,
      fields: [field("Type", h("input", { name: "type", value: "text", maxLength: 256 })), field("Body", h("textarea", { name: "body", "data-testid": "body" }))],
    });
    if (values) attempt(() => post("messages", { to: "session:" + id, type: values.type, body: values.body }), "The session has the message.");
  }

  async function join() {
    const values = await ask({ title: "Add to a group", action: "Add", danger: false, fields: [field("Group", h("input", { name: "group", required: true, maxLength: 256 }))] });
    if (values) attempt(() => put(path(["groups", values.group, "members", id])), "The session is a member.");
  }

  const button = (text, test, action, className = "") => h("button", { class: className, "data-testid": test, "data-needs": "session", disabled: true, onclick: action }, text);
  fill(actions,
    button("Send a message", "send", send, "main"), button("Add to a group", "join", join),
    button("Disconnect", "kick", kick, "danger"), button("Revoke tokens", "revoke", revoke, "danger"),
    button("Block user", "block-user", () => block("user", shown.user, "User " + shown.user), "danger"),
    button("Block address", "block-address", () => block("network", hostOf(shown.remote), "Address " + hostOf(shown.remote)), "danger"));
  fill(content,
    h("p", { class: "hint" }, h("a", { href: "#/clients" }, "Clients")),
    h("div", { class: "title" }, title, h("span", { class: "mono muted" }, id), state), failure, actions,
    h("div", { class: "grid" },
      h("section", { class: "pane", "aria-label": "Session" }, h("h2", {}, "Session"), body),
      h("section", { class: "pane", "aria-label": "Groups" }, h("h2", {}, "Groups"), chips)),
    trace.element);
  refresh();
  const end = regularly(refresh, REFRESH_MS);
  return () => {
    end();
    trace.stop();
  };
}
