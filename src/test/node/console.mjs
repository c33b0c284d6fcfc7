// The console of the management port in a real browser.
import { chromium } from "playwright-core";
import { run } from "./lib/scenarios.mjs";

const PATIENCE_MS = 60_000;
const KEY = "0123456789abcdef";
const PAGES = {
  overview: "Overview",
  clients: "Clients",
  groups: "Groups",
  services: "Services",
  blocks: "Bans and limits",
  routes: "Routes",
  messages: "Messages",
  events: "Events",
  storm: "Storm lab",
  settings: "Configuration",
};

/** The console in one tab. Errors of the page or in the console of the browser fail what waits. */
class Tab {
  static async open(context, address, key = KEY) {
    const tab = new Tab(await context.newPage(), address);
    await tab.page.goto(address);
    if (key) {
      await tab.enter(key);
      await tab.sees("status", "node");
    }
    return tab;
  }

  constructor(page, address) {
    this.page = page;
    this.address = address;
    this.expected = [];
    this.complaint = new Promise((resolve, reject) => {
      page.on("pageerror", reject);
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !this.expected.some((part) => text.includes(part))) reject(new Error(text));
      });
    });
    this.complaint.catch(() => {});
  }

  /** Waits for something, unless the page complains before. */
  until(promise) {
    return Promise.race([promise, this.complaint]);
  }

  part(name) {
    return this.page.getByTestId(name);
  }

  async enter(key) {
    await this.part("key").fill(key);
    await this.page.keyboard.press("Enter");
  }

  sees(part, text) {
    return this.until(this.part(part).filter({ hasText: text }).first().waitFor());
  }

  row(...texts) {
    return texts.reduce((rows, hasText) => rows.filter({ hasText }), this.page.locator("tbody tr"));
  }

  seesRow(...texts) {
    return this.until(this.row(...texts).first().waitFor());
  }

  async goTo(page) {
    await this.page.getByRole("navigation").getByRole("link", { name: PAGES[page], exact: true }).click();
    await this.until(this.page.getByRole("heading", { level: 1, name: PAGES[page] }).waitFor());
  }

  /** Opens the page of the only client of a user. */
  async client(user) {
    await this.goTo("clients");
    await this.part("search").fill(user);
    await this.part("find").click();
    await this.row(user).getByRole("link").nth(1).click();
    await this.sees("facts", user);
  }

  /** Does what a button asks for, and confirms it. */
  async confirmed(button, fill = async () => {}) {
    await this.until(this.part(button).click());
    await fill();
    await this.until(this.part("confirm").click());
  }

  toast(text) {
    return this.until(this.page.locator("#toasts p").filter({ hasText: text }).first().waitFor());
  }
}

/** Uses the browser that the scenario "browser" of the playground has started. */
async function withBrowser(endpoint, use, options = {}) {
  const browser = await chromium.connect(endpoint);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  await use(context);
  await context.close();
  await browser.close();
}

function check(condition, text) {
  if (!condition) throw new Error(text);
}

/** Nothing is wider than the window. */
async function checkWidth(tab, name) {
  const over = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${name} is ${over} pixels wider than the window`);
}

async function visitAll(context, address) {
  const tab = await Tab.open(context, address);
  await tab.sees("storm", "quiet");
  for (const transport of ["WebSocket", "Socket.IO", "ENet", "TCP"]) {
    await tab.until(tab.page.locator(".legend span").filter({ hasText: new RegExp(`^${transport} [1-9]`) }).first().waitFor());
  }
  await tab.goTo("clients");
  for (const transport of ["websocket", "socketio", "enet", "tcp"]) {
    await tab.part("transport").selectOption(transport);
    await tab.part("find").click();
    await tab.until(tab.page.locator("tbody tr:only-child").filter({ hasText: transport + "-user" }).waitFor());
    await checkWidth(tab, "clients");
  }
  await tab.page.getByRole("link", { name: "Clear" }).click();
  await tab.seesRow("enet-user");
  await tab.goTo("groups");
  await tab.seesRow("lobby", "4");
  await tab.page.getByRole("link", { name: "lobby" }).click();
  await tab.seesRow("tcp-user");
  await tab.goTo("services");
  await tab.seesRow("echo");
  await tab.goTo("blocks");
  await tab.until(tab.page.getByRole("table", { name: "Limits" }).waitFor());
  await tab.goTo("routes");
  // Two of the clients are connected to the node that answers.
  await tab.seesRow("service:echo", "2");
  await tab.goTo("settings");
  await tab.part("search").fill("management.");
  await tab.seesRow("management.apiKey", "•••", "environment");
  await tab.goTo("events");
  await tab.sees("log", "connected");
  await tab.sees("log", "tcp-user");
  for (const page of Object.keys(PAGES)) {
    await tab.goTo(page);
    await checkWidth(tab, page);
  }
}

await run({
  // Each page, with a client of each transport on two nodes.
  pages: (browser, address) => withBrowser(browser, (context) => visitAll(context, address)),

  // The same in dark colours on a phone, with the menu closed.
  phone: (browser, address) =>
    withBrowser(
      browser,
      async (context) => {
        const tab = await Tab.open(context, address);
        for (const page of Object.keys(PAGES)) {
          await tab.page.getByRole("button", { name: "Menu" }).click();
          await tab.goTo(page);
          await checkWidth(tab, page);
        }
      },
      { colorScheme: "dark", viewport: { width: 390, height: 844 } },
    ),

  // What the buttons say; the clients are those of the test, which sees what becomes of them.
  actions: (browser, address) =>
    withBrowser(browser, async (context) => {
      const tab = await Tab.open(context, address);
      await tab.client("traced");
      await tab.part("trace").click();
      await tab.sees("log", "present");
      console.log("tracing");
      await tab.sees("log", "from the client");
      await tab.confirmed("send", () => tab.part("body").fill("<b>from the operator</b>"));
      await tab.toast("The session has the message.");
      await tab.sees("log", "<b>from the operator</b>");
      await tab.confirmed("join", () => tab.page.getByLabel("Group", { exact: true }).fill("added"));
      await tab.until(tab.page.locator(".chips a").filter({ hasText: "added" }).waitFor());
      await tab.client("kicked");
      await tab.part("kick").click();
      await tab.page.keyboard.press("Escape");
      await tab.confirmed("kick");
      await tab.toast("The client is disconnected.");
      await tab.until(tab.page.getByText("not connected", { exact: true }).waitFor());
      await tab.client("blocked");
      await tab.confirmed("block-user", () => tab.page.getByLabel("Reason, for operators").fill("a test"));
      await tab.toast("User blocked is blocked.");
      await tab.goTo("blocks");
      await tab.seesRow("blocked", "a test", "operator");
      console.log("blocked");
      await tab.row("blocked").getByRole("button").click();
      await tab.part("confirm").click();
      await tab.toast("The entry is removed.");
      await tab.until(tab.row("a test").waitFor({ state: "detached" }));
      await tab.client("revoked");
      await tab.confirmed("revoke");
      await tab.toast("The tokens are revoked.");
      await tab.goTo("messages");
      await tab.part("to").fill("user:traced");
      await tab.part("body").fill("with its steps");
      await tab.part("send").click();
      await tab.sees("outcome", "The session has it.");
      await tab.sees("steps", "written");
      await tab.goTo("settings");
      await tab.confirmed("reload");
      await tab.sees("outcome", "Nothing has changed.");
      await tab.goTo("messages");
      tab.expected.push("404");
      await tab.part("event-id").fill("no such message");
      await tab.part("find").click();
      await tab.until(tab.page.getByRole("alert").filter({ hasText: "no step" }).waitFor());
    }),

  // A wrong key is refused, the right one is kept in the tab, and is forgotten on request.
  key: (browser, address) =>
    withBrowser(browser, async (context) => {
      const tab = await Tab.open(context, address, null);
      tab.expected.push("401");
      await tab.enter("not the right key");
      await tab.until(tab.page.getByRole("alert").filter({ hasText: "does not accept" }).waitFor());
      await tab.enter(KEY);
      await tab.sees("status", "2 nodes");
      await tab.page.reload();
      await tab.sees("status", "2 nodes");
      await tab.page.getByRole("button", { name: "Forget key" }).click();
      await tab.until(tab.part("key").waitFor());
    }),

  // A storm of each kind starts, shows figures that move, and stops; a bad target is refused.
  storms: (browser, address) =>
    withBrowser(browser, async (context) => {
      const tab = await Tab.open(context, address);
      await tab.goTo("storm");
      await tab.sees("storm-state", "No storm has run");
      for (const [name, value] of [["clients", "2"], ["good", "1"], ["quietSeconds", "1"], ["seconds", "100"]]) await tab.part(name).fill(value);
      for (const kind of ["good", "no-back-off", "half-open", "slow-reader", "chatterbox", "helper"]) {
        await tab.part("kind").selectOption(kind);
        await tab.confirmed("start");
        await tab.sees("storm-state", `2 clients of the kind ${kind}, and 1 good ones`);
        await tab.until(tab.page.locator(".tile").filter({ hasText: /Connects.*\D([2-9]|\d{2,}) in all/ }).waitFor());
        await tab.until(tab.row("Round trip of the good clients, p99").locator("td:last-child").filter({ hasText: /s$/ }).waitFor());
        check(await tab.part("start").isDisabled(), "a second storm can be started");
        if (kind === "helper") await tab.seesRow("refused", "429", "limits.connections");
        await tab.until(tab.part("stop").click());
        await tab.sees("storm-state", "an operator stopped it");
      }
      await checkWidth(tab, "storm");
      await tab.page.setViewportSize({ width: 390, height: 844 });
      await checkWidth(tab, "storm on a phone");
      tab.expected.push("400");
      await tab.part("target").fill("ws://192.0.2.1/ws");
      await tab.confirmed("start");
      await tab.until(tab.page.getByRole("alert").filter({ hasText: "must be on loopback" }).waitFor());
      await tab.page.reload();
      await tab.sees("storm-state", "an operator stopped it");
    }),

  // Without the switch the page names the key.
  nostorms: (browser, address) =>
    withBrowser(browser, async (context) => {
      const tab = await Tab.open(context, address);
      await tab.goTo("storm");
      await tab.sees("disabled", "management.storm.enabled: true");
    }),

  // A page of many sessions while further ones connect; the test opens them after the first line.
  many: (browser, address) =>
    withBrowser(browser, async (context) => {
      const tab = await Tab.open(context, address);
      await tab.goTo("clients");
      await tab.seesRow("WebSocket");
      console.log("ready");
      for (let round = 0; round < 3; round++) {
        for (const page of ["overview", "events", "clients", "groups"]) {
          await tab.goTo(page);
          const elements = await tab.page.evaluate(() => document.querySelectorAll("*").length);
          check(elements < 6_000, `${page} has ${elements} elements`);
        }
        await tab.goTo("clients");
        await tab.seesRow("WebSocket");
        await tab.part("next").click();
        await tab.sees("page", "Page 2, 50 clients");
      }
    }),
});
