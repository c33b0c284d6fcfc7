// Uses everything that linkspan.d.ts declares. The compiler checks it; it does not run.
import { Linkspan, LinkspanError, decodeFrame, encodeFrame, reconnectAfter } from "../../../docs/clients/linkspan.js";
import type { Message, Options, ReceivedMessage, State } from "../../../docs/clients/linkspan.js";

const options: Options = {
  user: "alice",
  token: async () => "token",
  session: "",
  onMessage: async (message: ReceivedMessage): Promise<Message> => ({ body: message.eventId.toUpperCase() }),
  onState: (state: State, { code, delayMs, reason, recovered }) => console.log(state, code, delayMs, reason, recovered),
  onError: (error) => console.log(error),
  onFrame: (direction, packet, frame) => console.log(direction, packet.ack?.eventId, frame),
  WebSocket,
  json: true,
  maxQueue: 1,
};
const link = new Linkspan("wss://gateway.example.com/ws", options);
await link.connect();
const eventId: string = await link.send({ to: "bob", attachments: [Uint8Array.of(1)], headers: { a: "b" } });
const answer: ReceivedMessage = await link.call({ to: "service:echo", body: eventId }, 1000).catch((error: LinkspanError) => {
  throw new Error(error.code + error.retryAfterMs + error.message);
});
for await (const part of link.stream({ to: "service:story" }, { idleMs: 1, signal: new AbortController().signal })) {
  console.log(part.eventId, part.body);
}
for await (const part of link.follow("x", { since: 7, idleMs: 1 })) console.log(part.body);
await link.join("news", "games");
const { recovered, position }: { recovered: boolean; position: string } = await link.joinSince("news", 50);
if (!recovered) await link.joinSince("news", position);
await link.leave("news");
const unwatch: () => void = await link.presence("news", (users, { joined, left }) => console.log(users?.length, joined[0], left[0]));
unwatch();
const facts: [State, string, string[], number] = [link.state, link.session, link.groups, link.pending];
link.close();
const when: "as you like" | "at once" | "later" | "with another token" | "never" = reconnectAfter(4409);
const copy: Message | undefined = decodeFrame(encodeFrame({ message: answer })).message;
console.log(facts, when, copy);

// Messages are acknowledged when nothing is returned, and the token may be a text.
new Linkspan("/ws", { token: "text", onMessage: ({ body }) => console.log(body) });
// @ts-expect-error: a body is a text
void link.send({ body: 1 });
// @ts-expect-error: the state cannot be set
link.state = "open";
// @ts-expect-error: an unknown option
new Linkspan("/ws", { tokens: "" });
