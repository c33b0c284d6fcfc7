// Two tabs of a real browser on the playground page.
import { chromium } from "playwright-core";
import { run } from "./lib/scenarios.mjs";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PATIENCE_MS = 60_000;

/** One tab, by what a person sees in it. */
class Tab {
  static async open(context, page, query) {
    const tab = new Tab(await context.newPage());
    await tab.page.goto(`${page}?${query}`);
    return tab;
  }

  constructor(page) {
    this.page = page;
    this.complaint = new Promise((resolve, reject) => page.on("pageerror", reject));
    page.on("dialog", (dialog) => dialog.dismiss().then(() => console.log(`dialog: ${dialog.message()}`)));
  }

  field(name) {
    return this.page.getByTestId(name);
  }

  /** Waits until a part of the page shows a text; an error in the page ends the wait. */
  shows(part, text) {
    return Promise.race([this.field(part).filter({ hasText: text }).waitFor(), this.complaint]);
  }

  connected(user) {
    return this.shows("status", `connected as ${user}`);
  }

  async write(to, body) {
    await this.field("to").fill(to);
    await this.field("body").fill(body);
    await this.field("send").click();
  }

  /** The bubble of a message. */
  bubble(body, state) {
    const bubble = this.field("chat").locator("li").filter({ hasText: body }).filter({ hasText: state });
    return Promise.race([bubble.waitFor(), this.complaint]);
  }
}

/** Uses tabs of the browser that the scenario "browser" has started. */
async function withBrowser(endpoint, use) {
  const browser = await chromium.connect(endpoint);
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  await use(context);
  await context.close();
  await browser.close();
}

await run({
  // Starts a browser for the other scenarios, and ends with the signal that ends the browser.
  browser: async (executablePath) => {
    const server = await chromium.launchServer({ executablePath, args: FLAGS });
    const closed = new Promise((resolve) => server.on("close", resolve));
    console.log(`browser at ${server.wsEndpoint()}`);
    await closed;
  },

  chat: (browser, page) =>
    withBrowser(browser, async (context) => {
      const alice = await Tab.open(context, page, "user=alice&to=bob");
      const bob = await Tab.open(context, page, "wire=binary");
      await bob.field("user").fill("bob");
      await bob.field("connect").click();
      await Promise.all([alice.connected("alice"), bob.connected("bob")]);
      await alice.shows("log", "HEART_CHECK");
      const markup = "<img src=x onerror=alert(1)> 你好";
      await alice.write("bob", markup);
      await bob.shows("log", markup);
      await bob.bubble(markup, "acknowledged");
      await alice.bubble(markup, "acknowledged");
      await alice.shows("log", "AckMessage");
      await bob.write("alice", "from the binary wire");
      await alice.bubble("from the binary wire", "acknowledged");
      await bob.bubble("from the binary wire", "acknowledged");
      await alice.write("nobody", "anybody there?");
      await alice.bubble("anybody there?", "no-such-recipient");
      await alice.write("service:echo", "echo me");
      await alice.bubble("echo me", "an answer");
    }),

  socketIo: (browser, page) =>
    withBrowser(browser, async (context) => {
      const olga = await Tab.open(context, page, "user=olga&to=peter&wire=socketio");
      const peter = await Tab.open(context, page, "user=peter&to=olga");
      await Promise.all([olga.connected("olga"), peter.connected("peter")]);
      await olga.shows("log", '40{"user":"olga","ack":"client"}');
      const markup = "<img src=x onerror=alert(1)> 你好";
      await olga.write("peter", markup);
      await peter.bubble(markup, "acknowledged");
      await olga.bubble(markup, "acknowledged");
      await olga.shows("log", '420["message",{"eventId":');
      await olga.shows("log", '430[{"eventId":');
      await olga.field("auto-ack").uncheck();
      await peter.write("olga", "from the WebSocket");
      await olga.bubble("from the WebSocket", "peter");
      await peter.bubble("from the WebSocket", "sent");
      await olga.field("chat").getByRole("button").click();
      await Promise.all([olga, peter].map((tab) => tab.bubble("from the WebSocket", "acknowledged")));
      await olga.shows("log", "430[]");
      await olga.field("auto-ack").check();
      await olga.write("nobody", "anybody there?");
      await olga.bubble("anybody there?", "no-such-recipient");
      await olga.write("service:echo", "echo me");
      await olga.bubble("echo me", "an answer");
      await olga.field("join").click();
      await olga.bubble("join_group", "acknowledged");
      await peter.write("group:lobby", "to everybody");
      await olga.bubble("to everybody", "to group:lobby");
      await olga.field("leave").click();
      await olga.bubble("leave_group", "acknowledged");
      await peter.write("group:lobby", "to the others");
      await peter.bubble("to the others", "acknowledged");
      await peter.write("olga", "the last word");
      await olga.bubble("the last word", "acknowledged");
      if (await olga.field("chat").getByText("to the others").count()) {
        throw new Error("olga has left the group and still hears it");
      }
    }),

  heartbeat: (browser, page) =>
    withBrowser(browser, async (context) => {
      for (const wire of ["json", "binary", "socketio"]) {
        const ivan = await Tab.open(context, page, `user=ivan-${wire}&wire=${wire}`);
        await ivan.connected(`ivan-${wire}`);
        // The page sends a heartbeat when it has connected, so that its answer comes before that of the service.
        await ivan.write("service:echo", "still here?");
        await ivan.bubble("still here?", "an answer");
        const bubbles = await ivan.field("chat").locator("li").allTextContents();
        if (bubbles.length !== 2 || bubbles.some((text) => !text.includes("still here?"))) {
          throw new Error(`unexpected bubbles over ${wire}: ${bubbles.join(" | ")}`);
        }
      }
    }),

  group: (browser, page) =>
    withBrowser(browser, async (context) => {
      const carol = await Tab.open(context, page, "user=carol");
      const dave = await Tab.open(context, page, "user=dave");
      await Promise.all([carol.connected("carol"), dave.connected("dave")]);
      await dave.field("join").click();
      await dave.bubble("join_group", "acknowledged");
      await carol.write("group:lobby", "to everybody");
      await dave.bubble("to everybody", "to group:lobby");
    }),

  manualAcknowledgement: (browser, page) =>
    withBrowser(browser, async (context) => {
      const erin = await Tab.open(context, page, "user=erin&to=frank");
      const frank = await Tab.open(context, page, "user=frank");
      await Promise.all([erin.connected("erin"), frank.connected("frank")]);
      await frank.field("auto-ack").uncheck();
      await erin.write("frank", "by hand");
      await frank.bubble("by hand", "delivered 2 times");
      await erin.bubble("by hand", "sent");
      await frank.field("chat").getByRole("button").click();
      await erin.bubble("by hand", "acknowledged");
    }),

  // The test stops the gateway after the first line, and restarts it after the second.
  restart: (browser, page) =>
    withBrowser(browser, async (context) => {
      const open = (wire) => Tab.open(context, page, `user=grace&to=service:echo&wire=${wire}`);
      const tabs = await Promise.all(["json", "socketio"].map(open));
      const each = (step) => Promise.all(tabs.map(step));
      await each((grace) => grace.connected("grace"));
      console.log("connected");
      await each(async (grace) => {
        await grace.shows("log", "1001 going-away");
        await grace.shows("status", "trying again");
        await grace.write("service:echo", "written while away");
        await grace.bubble("written while away", "waits for a connection");
      });
      console.log("away");
      await each(async (grace) => {
        await grace.connected("grace");
        await grace.bubble("written while away", "an answer");
      });
    }),
});
