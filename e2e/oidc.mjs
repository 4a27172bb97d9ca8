// Signing in at a city's own directory: a real OpenID Connect server, in Chromium.
//   cargo build -p fujidana && FUJIDANA_PROGRAM=target/debug/fujidana node e2e/oidc.mjs
import assert from "node:assert/strict";
import { Browser, Journey, Keys, Program, freePort, inspect, signIn } from "./driver.mjs";
import { startDirectory } from "./oidc-server.mjs";

const clientId = "fujidana";
const secret = "a secret/with+signs";
process.env.FUJIDANA_OIDC_SECRET = secret;

const port = await freePort();
const issuer = `http://localhost:${port}`;
const options = ["--oidc-issuer", issuer, "--oidc-client", clientId, "--oidc-strong", "mfa"];
const program = await Program.start({ residents: 200, options });
const home = program.url.replace("127.0.0.1", "localhost");
const directory = await startDirectory({ port, clientId, secret, redirectUri: `${home}/sign-in/directory/back` });
const browser = await Browser.start(home);
const journey = new Journey(browser);
const password = "fujidana-mihon";

/** The directory's pages are its own: what they fetch is no problem of ours. */
function forgetDirectory() {
  const rest = browser.takeProblems().filter((problem) => !problem.includes(issuer));
  assert.deepEqual(rest, []);
}

/** By keyboard: our link, then the directory's own page. */
async function through(page, subject, amr = "pwd", way = "/sign-in") {
  await page.goto(way);
  await new Keys(page).activate("a[href^='/sign-in/directory']");
  await page.waitForURL(`${issuer}/interaction/*`);
  await page.fill("[name=subject]", subject);
  await page.fill("[name=amr]", amr);
  await page.press("[name=amr]", "Enter");
}

try {
  await journey.step("the sign-in page has the way to the directory", async () => {
    const page = await browser.page("desk");
    await page.goto("/sign-in");
    await inspect(page, "sign-in-directory");
    await page.context().close();
  });

  await journey.step("somebody unknown is told a number, and no account is made", async () => {
    const page = await browser.page("desk");
    await through(page, "staff-0815", "pwd mfa");
    await page.getByText("職員番号との対応づけが要ります").first().waitFor();
    await page.getByText("staff-0815").waitFor();
    // The answer is a 403, which Chromium logs.
    browser.takeProblems();
    await inspect(page, "directory-unknown");
    await page.goto("/desk");
    await page.waitForURL("**/sign-in?to=%2Fdesk");
    await page.context().close();
  });

  await journey.step("総務課 links the number to an account", async () => {
    const page = await browser.page("desk", { keyboardOnly: true });
    const keys = await signIn(page, { name: "somu", password }, (user) => program.code(user), "/followers");
    await page.goto("/accounts/links");
    await page.getByText("対応づけはまだありません").waitFor();
    await keys.fill("[name=subject]", "staff-0815");
    await keys.fill("[name=name]", "nobody");
    await keys.submit();
    await page.getByText("この職員番号はありません").first().waitFor();
    await inspect(page, "directory-link-refused");
    await keys.fill("[name=name]", "shimin1");
    await keys.submit();
    await page.locator("tbody tr", { hasText: "staff-0815" }).waitFor();
    await inspect(page, "directory-links");
    await page.context().close();
  });

  await journey.step("two factors at the directory: signed in, and on to where one was going", async () => {
    const page = await browser.page("desk");
    await through(page, "staff-0815", "pwd mfa", "/sign-in?to=%2Fresidents");
    await page.waitForURL(`${home}/residents`);
    forgetDirectory();
    await page.context().close();
  });

  await journey.step("one factor at the directory: our own code follows", async () => {
    const page = await browser.page("desk");
    await through(page, "staff-0815", "pwd", "/sign-in?to=%2Fresidents");
    await page.waitForURL(`${home}/sign-in/code?to=%2Fresidents`);
    forgetDirectory();
    assert.equal((await page.context().cookies()).some(({ name }) => name === "__Host-session"), false);
    const keys = new Keys(page);
    await keys.fill("[name=code]", program.code("shimin1"));
    await keys.submit();
    await page.waitForURL(`${home}/residents`);
    await page.context().close();
  });

  await journey.step("an answer is taken once, and in the browser that asked", async () => {
    const page = await browser.page("desk");
    const { request } = page.context();
    const led = async (answer) => (await answer).headers().location;
    const there = await led(request.get("/sign-in/directory", { maxRedirects: 0 }));
    const asked = new URL(await led(request.get(there, { maxRedirects: 0 })), issuer).href;
    const form = { subject: "staff-0815", amr: "pwd mfa" };
    const resumed = await led(request.post(asked, { form, maxRedirects: 0 }));
    const answered = await led(request.get(resumed, { maxRedirects: 0 }));
    assert.match(answered, /code=.*state=/);
    const refused = async (context) => {
      const answer = await context.request.get(answered, { maxRedirects: 0 });
      assert.equal(answer.status(), 502);
      assert.match(await answer.text(), /サインインできませんでした/);
    };
    const stranger = await browser.page("desk");
    await refused(stranger.context());
    // A stranger's own way, and our answer.
    await stranger.context().request.get("/sign-in/directory", { maxRedirects: 0 });
    await refused(stranger.context());
    const right = await page.context().request.get(answered, { maxRedirects: 0 });
    assert.equal(right.status(), 303);
    await refused(page.context());
    for (const one of [page, stranger]) await one.context().close();
  });

  await journey.step("the way is taken back, and the number leads nowhere", async () => {
    const page = await browser.page("desk");
    const account = { name: "somu", password };
    await page.waitForTimeout(1000 * (31 - (new Date().getSeconds() % 30)));
    await signIn(page, account, (user) => program.code(user), "/followers");
    await page.goto("/accounts/links");
    await page.getByRole("button", { name: "取り消す" }).click();
    await page.getByText("対応づけはまだありません").waitFor();
    const other = await browser.page("desk");
    await through(other, "staff-0815", "pwd mfa");
    await other.getByText("職員番号との対応づけが要ります").first().waitFor();
    browser.takeProblems();
  });

  await journey.step("without the directory, password and code stay", async () => {
    await directory.stop();
    const page = await browser.page("desk");
    await page.goto("/sign-in");
    assert(await page.locator("[name=password]").isVisible());
    await page.context().close();
  });
} finally {
  await browser.close();
  await directory.stop().catch(() => {});
  await program.stop();
}
journey.finish();
