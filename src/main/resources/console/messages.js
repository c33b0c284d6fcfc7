// Sends a message, and shows the steps of one.

import { get, path, post } from "./api.js";
import { fill, h, problem } from "./dom.js";
import { clock } from "./format.js";
import { field, select, sessionLink } from "./listing.js";

const GOOD = new Set(["acknowledged", "accepted"]), BAD = new Set(["refused", "undelivered"]);

function showStep(step, first) {
  const late = Date.parse(step.time) - first;
  const detail = [step.to && "to " + step.to, step.attempt && "attempt " + step.attempt, step.code, step.reason].filter(Boolean).join(", ");
  return h("li", { class: GOOD.has(step.step) ? "good" : BAD.has(step.step) ? "bad" : "" },
    h("div", {}, h("b", {}, step.step), detail && " " + detail),
    h("div", { class: "hint" }, `${clock(step.time)}  +${late} ms  node ${step.node}, loop ${step.loop} `, step.session && sessionLink(step.session)));
}

function timeline({ steps, senders, silent }) {
  const first = Date.parse(steps[0].time);
  return [
    senders > 1 && h("p", { class: "error" }, `${senders} senders have used this eventId. Name the user to tell them apart.`),
    silent.length > 0 && h("p", { class: "error" }, "No answer from " + silent.join(", ")),
    h("ol", { class: "steps", "data-testid": "steps" }, steps.map((step) => showStep(step, first))),
  ];
}

export function messages(content, { parameters }) {
  const eventId = h("input", { value: parameters.get("eventId") ?? "", required: true, maxLength: 256, autocomplete: "off", spellcheck: false, "data-testid": "event-id" });
  const user = h("input", { value: parameters.get("user") ?? "", maxLength: 256, autocomplete: "off", spellcheck: false, placeholder: "any" });
  const result = h("div", {}, h("p", { class: "empty" }, "The steps of a message: received, routed, written, acknowledged, or why not."));
  const find = h("form", { class: "bar" }, field("eventId", eventId, "grow"), field("Sender", user), h("button", { class: "main", "data-testid": "find" }, "Show steps"));

  async function show() {
    try {
      fill(result, timeline(await get(path(["messages", eventId.value.trim()], { user: user.value.trim() }))));
    } catch (error) {
      fill(result, problem(error));
    }
  }

  find.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });

  const to = h("input", { value: parameters.get("to") ?? "", required: true, maxLength: 256, placeholder: "user:alice, group:lobby or session:…", autocomplete: "off", spellcheck: false, "data-testid": "to" });
  const type = h("input", { value: "text", maxLength: 256 });
  const wait = select({}, { accepted: "the session has it", acknowledged: "it is acknowledged" }, "accepted");
  const body = h("textarea", { "data-testid": "body" });
  const outcome = h("div", { role: "status", "data-testid": "outcome" });
  const button = h("button", { class: "main", "data-testid": "send" }, "Send");
  const send = h("form", { class: "stack" }, field("To", to), h("div", { class: "bar" }, field("Type", type, "grow"), field("Wait until", wait)),
    field("Body", body), h("div", { class: "actions" }, button));
  const write = h("section", { class: "pane stack", "aria-label": "Send" }, h("h2", {}, "Send a message"), send, outcome);

  send.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const answer = await post(path(["messages"], { wait: wait.value, timeout: wait.value === "acknowledged" ? "10s" : "" }), { to: to.value.trim(), type: type.value, body: body.value });
      fill(outcome, h("p", {}, answer.acknowledged ? `Acknowledged by the ${answer.by}. ` : "The session has it. ", h("span", { class: "mono" }, answer.eventId)),
        answer.reply && h("p", { class: "mono" }, answer.reply.body));
      eventId.value = answer.eventId;
      show();
    } catch (error) {
      fill(outcome, problem(error));
    }
    button.disabled = false;
  });

  fill(content, h("div", { class: "title" }, h("h1", {}, "Messages")),
    h("div", { class: "grid" }, write, h("section", { class: "pane stack", "aria-label": "Steps" }, h("h2", {}, "Steps of a message"), find, result)));
  if (eventId.value) show();
}
