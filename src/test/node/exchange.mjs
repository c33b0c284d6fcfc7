// Two applications with docs/clients/linkspan.js exchange messages while their connections break.
import assert from "node:assert/strict";
import WebSocket from "ws";
import * as module from "../../../docs/clients/linkspan.js";
import { breakingProxy, random } from "./lib/cuts.mjs";
import { run } from "./lib/scenarios.mjs";

const PATIENCE_MS = 150_000;

/**
 * Sends numbered messages from alice to bob until so many are acknowledged. Needs nothing but its arguments, since
 * it also runs in a page.
 *
 * @return what was acknowledged, refused and received, in this order
 */
async function exchange({ Linkspan }, { WebSocket, aliceUrl, bobUrl, count, progress, group }) {
  const received = [], acknowledged = [], refused = [], recovered = { true: 0, false: 0 };
  const options = { WebSocket, firstDelayMs: 5, maxDelayMs: 200, stableMs: 1, onState: (state, detail) => state === "open" && recovered[detail.recovered]++ };
  const bob = new Linkspan(bobUrl, { ...options, user: "bob", onMessage: ({ to, body }) => void received.push([to, Number(body)]) });
  const alice = new Linkspan(aliceUrl, { ...options, user: "alice" });
  await Promise.all([alice.connect(), bob.connect()]);
  await bob.join(group);
  let number = 0;
  async function sendSome(least = count) {
    while (acknowledged.length < least) {
      const mine = number++;
      try {
        const to = mine % 10 === 9 && least === count ? "group:" + group : "bob";
        await alice.send({ to, type: "text", body: String(mine) });
        acknowledged.push(mine);
        progress?.(acknowledged.length);
      } catch (error) {
        refused.push([mine, error.code]);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  await Promise.all(Array.from({ length: 16 }, () => sendSome()));
  // Messages to the group may still be on their way: a last one to bob arrives after them.
  await sendSome(acknowledged.length + 1);
  const groups = bob.groups;
  alice.close();
  bob.close();
  return { acknowledged, refused, received, groups, recovered };
}

function judge({ acknowledged, refused, received, groups, recovered }, most) {
  const numbers = new Set(received.map(([, number]) => number));
  assert.deepEqual(acknowledged.filter((number) => !numbers.has(number)), [], "lost after the acknowledgement");
  assert.equal(numbers.size, received.length, "received twice");
  for (const recipient of ["bob", "group:news"]) {
    const lane = received.filter(([to]) => to === recipient).map(([, number]) => number);
    assert.ok(lane.length > 0);
    const early = lane.filter((number, index) => index > 0 && number < lane[index - 1]);
    assert.deepEqual(early, [], "out of order");
  }
  assert.ok(refused.length <= most, `refused: ${JSON.stringify(refused)}`);
  assert.equal(groups.length, 1);
  console.log(`acknowledged ${acknowledged.length}, refused ${JSON.stringify(refused)}, connections resumed ${recovered.true}, anew ${recovered.false}`);
}

async function cuts(port, seed, use) {
  console.log(`seed ${seed}`);
  const chance = random(Number(seed));
  const [alice, bob] = await Promise.all([0, 1].map(() => breakingProxy([port], () => 1_500 + Math.floor(chance() * 6_000))));
  const outcome = await use({ aliceUrl: alice.url, bobUrl: bob.url, count: 400, group: "news" });
  judge(outcome, 0);
  assert.ok(alice.connections > 5 && bob.connections > 5, `${alice.connections} and ${bob.connections} connections`);
  assert.equal(outcome.recovered.false, 2);
}

await run({
  // linkspan.js in Node, through connections that break in the middle of frames.
  node: (port, seed) => cuts(port, seed, (options) => exchange(module, { ...options, WebSocket })),

  // The same in a browser, with the file of the gateway.
  browser: (port, seed, endpoint) =>
    cuts(port, seed, async (options) => {
      const { chromium } = await import("playwright-core");
      const browser = await chromium.connect(endpoint);
      const page = await (await browser.newContext()).newPage();
      // Any page of the gateway: one that the test makes up could not connect to loopback addresses.
      await page.goto(`http://127.0.0.1:${port}/linkspan.js`, { timeout: PATIENCE_MS });
      const outcome = await page.evaluate(`(async () => (${exchange})(await import("/linkspan.js"), ${JSON.stringify(options)}))()`);
      await browser.close();
      return outcome;
    }),

  // A cluster: alice is at the first node, bob at the second one. The test stops nodes after the lines.
  nodes: async (...ports) => {
    const [first, second, ...others] = ports.map(Number);
    const alice = await breakingProxy([first, ...others, second]);
    const bob = await breakingProxy([second, ...others, first]);
    const progress = (count) => count % 200 === 0 && console.log(`acknowledged ${count}`);
    const outcome = await exchange(module, { WebSocket, aliceUrl: alice.url, bobUrl: bob.url, count: 800, group: "news", progress });
    judge(outcome, Infinity);
    assert.ok(alice.connections > 1 && bob.connections > 1, `${alice.connections} and ${bob.connections} connections`);
  },
});
