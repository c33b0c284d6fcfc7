// A web page that loads the client from the gateway, as the tutorials of Socket.IO do.
import { chromium } from "playwright-core";
import { run } from "./lib/scenarios.mjs";

const PATIENCE_MS = 60_000;

const BY_SCRIPT = `<!doctype html><p id="answer"></p>
<script src="/socket.io/socket.io.js"></script>
<script>
  const socket = io();
  socket.emit("hello", { from: "page" }, (answer) => (document.getElementById("answer").textContent = answer.text));
</script>`;

const BY_MODULE = `<!doctype html><p id="answer"></p>
<script type="module">
  import { io } from "/socket.io/socket.io.esm.min.js";
  const socket = io();
  socket.emit("hello", { from: "page" }, (answer) => (document.getElementById("answer").textContent = answer.text));
</script>`;

/** Opens a page, waits for the answer of the service in it, and returns the status of the client's file. */
async function talk(page, url, file) {
  const loaded = page.waitForResponse((response) => new URL(response.url()).pathname === `/socket.io/${file}`);
  await page.goto(url);
  await page.locator("#answer").filter({ hasText: "hello page" }).waitFor();
  return (await loaded).status();
}

await run({
  talk: async (endpoint, gateway) => {
    const browser = await chromium.connect(endpoint);
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    for (const [name, html, file] of [
      ["script.html", BY_SCRIPT, "socket.io.js"],
      ["module.html", BY_MODULE, "socket.io.esm.min.js"],
    ]) {
      await page.route(`${gateway}/${name}`, (route) => route.fulfill({ contentType: "text/html", body: html }));
      const status = await talk(page, `${gateway}/${name}`, file);
      if (status !== 200) {
        throw new Error(`${file}: HTTP ${status}`);
      }
    }
    if (errors.length > 0) {
      throw errors[0];
    }
    await context.close();
    await browser.close();
  },
});
