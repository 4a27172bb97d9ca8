// Starts the program on a fresh sample city and drives Chromium against it.
// Whatever a page logs, breaks or fetches from elsewhere is a problem, and a problem fails the step.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = join(import.meta.dirname, "out");

export const devices = {
  desk: { viewport: { width: 1280, height: 800 } },
  wide: { viewport: { width: 1920, height: 1080 } },
  phone: { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** The program, serving a sample city of its own from a folder that goes with it. */
export class Program {
  static async start({ residents, options = [] }) {
    const program = new Program();
    program.path = process.env.FUJIDANA_PROGRAM ?? "target/debug/fujidana";
    program.data = mkdtempSync(join(tmpdir(), "fujidana-e2e-"));
    const port = await freePort();
    program.url = `http://127.0.0.1:${port}`;
    const listen = ["--data", program.data, "--listen", `127.0.0.1:${port}`];
    program.output = "";
    program.child = spawn(program.path, ["demo", "--residents", String(residents), ...listen, ...options]);
    process.once("exit", () => program.child.kill("SIGKILL"));
    program.child.on("error", (error) => (program.output += error));
    for (const stream of [program.child.stdout, program.child.stderr]) {
      stream.on("data", (bytes) => (program.output += bytes));
    }
    program.ended = new Promise((resolve) => program.child.on("close", (code) => resolve(code)));
    try {
      await program.#healthy(120);
    } catch (error) {
      await program.stop().catch(() => {});
      throw error;
    }
    return program;
  }

  async #healthy(seconds) {
    let gone = false;
    this.ended.then(() => (gone = true));
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(50)) {
      if (gone) throw new Error(`the program ended:\n${this.output}`);
      const answer = await fetch(`${this.url}/healthz`).catch(() => null);
      if (answer?.ok) return answer.json();
    }
    throw new Error(`/healthz does not answer after ${seconds} s:\n${this.output}`);
  }

  /** The one-time code of an account at this moment. */
  code(user) {
    const text = execFileSync(this.path, ["demo", "code", user, "--data", this.data], { encoding: "utf8" });
    const [code] = text.match(/\b\d{6}\b/) ?? [];
    if (!code) throw new Error(`no code for ${user} in: ${text}`);
    return code;
  }

  async stop() {
    this.child.kill("SIGTERM");
    const code = await Promise.race([this.ended, wait(10_000, "late")]);
    if (code === "late") this.child.kill("SIGKILL");
    for (const beside of ["", ".keys", ".checkpoints"]) rmSync(this.data + beside, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the program stopped with ${code}:\n${this.output}`);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Browser {
  problems = [];

  static async start(url) {
    const browser = new Browser();
    browser.url = url;
    browser.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
        ...["--disable-background-networking", "--disable-component-update"],
      ],
    });
    return browser;
  }

  /** A page with cookies of its own. `options` go to Playwright: colorScheme, javaScriptEnabled, forcedColors … */
  async page(device, options = {}) {
    const { keyboardOnly = false, ...emulation } = options;
    const context = await this.chromium.newContext({
      baseURL: this.url,
      locale: "ja-JP",
      timezoneId: "Asia/Tokyo",
      ...devices[device],
      ...emulation,
    });
    context.setDefaultTimeout(5_000);
    await context.exposeBinding("fujidanaProblem", (_, text) => this.problems.push(text));
    await context.addInitScript(watch, keyboardOnly);
    const page = await context.newPage();
    this.#listen(page);
    return page;
  }

  #listen(page) {
    const problem = (text) => this.problems.push(`${page.url()}: ${text}`);
    page.on("console", (message) => {
      // A form shown again with its errors is answered by 422, which Chromium logs.
      const expected = /the server responded with a status of 422/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !expected) problem(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => problem(`script: ${error}`));
    page.on("requestfailed", (request) => {
      // A navigation may cut off what the page before it was still fetching.
      const reason = request.failure()?.errorText;
      if (reason !== "net::ERR_ABORTED") problem(`${request.url()} failed: ${reason}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500) problem(`${response.url()} answered ${response.status()}`);
    });
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== this.url) problem(`fetches ${request.url()}`);
    });
  }

  /** The problems since the last call. */
  takeProblems() {
    return this.problems.splice(0);
  }

  async close() {
    await this.chromium.close();
  }
}

// Runs inside each page before its own scripts.
function watch(keyboardOnly) {
  addEventListener("securitypolicyviolation", (event) => {
    window.fujidanaProblem(`${location.href}: policy ${event.effectiveDirective} blocked ${event.blockedURI}`);
  });
  if (!keyboardOnly) return;
  for (const kind of ["pointerdown", "mousedown"]) {
    addEventListener(kind, () => window.fujidanaProblem(`${location.href}: ${kind} in a keyboard journey`), true);
  }
}

/** Password, then the code of this moment, by keyboard. Leaves the page on the desk, or where an office begins. */
export async function signIn(page, account, code, home = "/desk") {
  const keys = new Keys(page);
  await page.goto("/sign-in");
  await keys.fill("[name=name]", account.name);
  await keys.fill("[name=password]", account.password);
  await keys.submit();
  await page.waitForURL("**/sign-in/code");
  await keys.fill("[name=code]", code(account.name));
  await keys.submit();
  await page.waitForURL(`**${home}`);
  return keys;
}

/** The keyboard alone; counts the keys that a person would press. */
export class Keys {
  count = 0;

  constructor(page) {
    this.page = page;
  }

  async press(key) {
    this.count += 1;
    await this.page.keyboard.press(key);
  }

  /** Text comes as an input method gives it: Japanese letters have no key of their own. */
  async type(text) {
    this.count += [...text].length;
    await this.page.keyboard.insertText(text);
  }

  /** Moves the focus by Tab, as far as it takes; a control that Tab never reaches is an error. */
  async tabTo(selector, most = 80) {
    for (let i = 0; i <= most; i += 1) {
      if (await this.page.locator(`${selector}:focus`).count()) return;
      await this.press("Tab");
    }
    throw new Error(`${most} times Tab on ${this.page.url()} and ${selector} has not got the focus`);
  }

  async fill(selector, text) {
    await this.tabTo(selector);
    await this.press("Control+A");
    await this.type(text);
  }

  /** Enter inside a form's last field. */
  async submit() {
    await this.press("Enter");
  }

  async activate(selector) {
    await this.tabTo(selector);
    await this.press("Enter");
  }
}

/** The rules of axe that a colour scheme decides; markup is the same in every scheme. */
export const colourRules = ["color-contrast", "link-in-text-block"];

/** axe finds nothing (all rules, or those named), nothing is cut off sideways, and a picture is in e2e/out/. */
export async function inspect(page, name, rules) {
  mkdirSync(out, { recursive: true });
  // A change of the colour scheme starts transitions: what is between two colours has neither's contrast.
  await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(drawn));
    const passing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
    await Promise.all(passing.map((one) => one.finished.catch(() => {})));
  });
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  const found = wide > seen ? [`${wide} px wide on a screen of ${seen} px`] : [];
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const options = { resultTypes: ["violations"], iframes: false, preload: false, ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate((options) => window.axe.run(document, options), options);
  for (const { id, help, nodes } of violations) {
    found.push(`axe ${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  }
  if (found.length) throw new Error(`${page.url()}\n  ${found.join("\n  ")}`);
}

/** Steps that build on each other: after a failure the others are not run and count as failed. */
export class Journey {
  passed = 0;
  failed = 0;

  constructor(browser) {
    this.browser = browser;
  }

  async step(name, act) {
    const start = Date.now();
    try {
      if (this.failed) throw new Error("not run: a step before it failed");
      await act();
      const problems = this.browser.takeProblems();
      if (problems.length) throw new Error(problems.join("\n  "));
      this.passed += 1;
      console.log(`ok      ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${name}\n  ${error.message}`);
    }
  }

  /** The closing line and the exit code. */
  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed || !this.passed ? 1 : 0;
  }
}
