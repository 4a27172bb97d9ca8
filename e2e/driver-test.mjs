// The driver against a server of ten lines: what must fail a journey does.
import { createServer } from "node:http";
import assert from "node:assert/strict";
import { Browser, Journey, Keys, inspect, signIn } from "./driver.mjs";

const head = '<!doctype html><html lang="ja"><head><title>見本</title></head><body><main><h1>見本</h1>';
const field = (name, label) => `<label>${label} <input name="${name}"></label>`;
const form = (fields) => `${head}<form method="post">${fields}<button>続ける</button></form>`;
const seen = [];
const pages = {
  "GET /sign-in": form(field("name", "名前") + field("password", "合言葉")),
  "POST /sign-in": "/sign-in/code",
  "GET /sign-in/code": form(field("code", "番号")),
  "POST /sign-in/code": "/desk",
  "GET /desk": head,
  "GET /unlabelled": `${head}<input name="a">`,
  "GET /inline": `${head}<script>document.title = "x"</script>`,
  "GET /elsewhere": `${head}<img alt="" src="http://localhost:9/a.png">`,
  "GET /wide": `${head}<svg width="2000" height="9" aria-hidden="true"></svg>`,
  "GET /unreachable": `${head}<a href="/desk" tabindex="-1">机</a>`,
};
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  seen.push(`${request.method} ${request.url} ${decodeURIComponent(body)}`);
  const page = pages[`${request.method} ${request.url}`];
  response.setHeader("content-security-policy", "default-src 'self'; img-src *");
  response.setHeader("content-type", "text/html; charset=utf-8");
  if (request.url === "/favicon.ico") response.writeHead(204).end();
  else if (!page) response.writeHead(500).end(head);
  else if (page.startsWith("/")) response.writeHead(303, { location: page }).end();
  else response.end(page);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await Browser.start(`http://127.0.0.1:${server.address().port}`);
const journey = new Journey(browser);

/** Opens the page and says what the driver holds against it. */
async function against(path, device = "desk", options = {}) {
  const page = await browser.page(device, options);
  await page.goto(path);
  const found = await inspect(page, "driver-test").then(() => "", (error) => error.message);
  await page.context().close();
  return `${found} ${browser.takeProblems().join(" ")}`;
}

for (const [path, expected] of [
  ["/unlabelled", /axe label/],
  ["/inline", /policy script-src-elem blocked inline/],
  ["/elsewhere", /fetches http:\/\/localhost:9/],
  ["/wide", /px wide on a screen of 1280 px/],
  ["/broken", /answered 500/],
  ["/desk", /^ $/],
]) {
  await journey.step(`${path} → ${expected}`, async () => assert.match(await against(path), expected));
}

await journey.step("a phone is laid out at 360 px", async () => {
  const page = await browser.page("phone");
  await page.goto("/desk");
  assert.equal(await page.evaluate(() => screen.width), 360);
  await page.context().close();
});

await journey.step("signing in by keyboard sends what was typed", async () => {
  const page = await browser.page("desk", { keyboardOnly: true });
  const keys = await signIn(page, { name: "山田", password: "ひみつ" }, (user) => (user === "山田" ? "123456" : ""));
  assert(seen.includes("POST /sign-in name=山田&password=ひみつ"), seen.join("\n"));
  assert(seen.includes("POST /sign-in/code code=123456"), seen.join("\n"));
  assert(keys.count > 15 && keys.count < 30, `${keys.count} keys`);
  await page.context().close();
});

await journey.step("a mouse in a keyboard journey is a problem", async () => {
  const page = await browser.page("desk", { keyboardOnly: true });
  await page.goto("/sign-in");
  await page.click("[name=name]");
  assert.match(browser.takeProblems().join(" "), /pointerdown in a keyboard journey/);
  await page.context().close();
});

await journey.step("what Tab never reaches is an error", async () => {
  const page = await browser.page("desk");
  await page.goto("/unreachable");
  await assert.rejects(new Keys(page).tabTo("a", 5), /has not got the focus/);
  await page.context().close();
});

await journey.step("a failed step stops the journey and counts", async () => {
  const lines = [];
  const { log } = console;
  console.log = (line) => lines.push(line);
  const other = new Journey(browser);
  await other.step("a", async () => browser.problems.push("trouble"));
  await other.step("b", async () => {});
  console.log = log;
  assert.deepEqual([other.passed, other.failed], [0, 2]);
  assert.match(lines.join(" "), /trouble.*not run/s);
});

await browser.close();
server.close();
journey.finish();
