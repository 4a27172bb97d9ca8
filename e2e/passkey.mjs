// Passkeys in Chromium, with an authenticator that the DevTools protocol makes: register, sign in, confirm
// again, and what must be refused.
//   cargo build -p fujidana && FUJIDANA_PROGRAM=target/debug/fujidana node e2e/passkey.mjs
import assert from "node:assert/strict";
import { Browser, Journey, Keys, Program, inspect, signIn } from "./driver.mjs";

/** An authenticator inside the machine that verifies its owner; keeps its keys as long as the page lives. */
async function authenticator(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  const send = (method, more = {}) => devtools.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    keys: async () => (await send("getCredentials")).credentials,
    add: (credential) => send("addCredential", { credential }),
    verifies: (isUserVerified) => send("setUserVerified", { isUserVerified }),
  };
}

/** `account` is of 市民課: { name, password }; `code` gives its one-time code of this moment. */
export async function passkeyJourney(journey, browser, account, code) {
  const step = (name, act) => journey.step(`passkey: ${name}`, act);
  // Browsers know no passkeys for an address in figures.
  const home = browser.url.replace("127.0.0.1", "localhost");
  const before = browser.url;
  browser.url = home;
  const page = await browser.page("desk", { keyboardOnly: true });
  const keys = new Keys(page);
  const device = await authenticator(page);
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request));
  const lastAnswer = (path) => sent.findLast((one) => new URL(one.url()).pathname === path).postData();
  const start = "[data-passkey-start]";

  await step("a sign-in counts as fresh, so the page of passkeys opens", async () => {
    await signIn(page, account, code);
    await page.goto("/account/passkeys");
    await page.getByText("パスキーはまだありません").waitFor();
    await inspect(page, "passkeys-none");
  });

  await step("one is added by keyboard, under a name of one's own", async () => {
    await keys.fill("form[data-passkey] [name=title]", "窓口2番の端末");
    await keys.activate(start);
    await page.getByText("パスキーを追加しました").waitFor();
    await page.getByRole("heading", { name: "窓口2番の端末" }).waitFor();
    assert.equal((await device.keys()).length, 1);
    await inspect(page, "passkeys-one");
    const storageState = await page.context().storageState();
    for (const [device, colorScheme] of [["phone", "light"], ["desk", "dark"]]) {
      const other = await browser.page(device, { storageState, colorScheme });
      await other.goto("/account/passkeys");
      await inspect(other, `passkeys-${device}-${colorScheme}`);
      await other.goto("/step-up?to=%2Fdesk");
      await inspect(other, `step-up-${device}-${colorScheme}`);
      await other.context().close();
    }
  });

  await step("the same device is not added twice", async () => {
    await keys.activate(start);
    await page.getByText("この端末のパスキーはもう登録されています").waitFor();
    assert.equal((await device.keys()).length, 1);
  });

  await step("it gets another name", async () => {
    await keys.fill("#title-0", "窓口3番の端末");
    await keys.submit();
    await page.getByText("名前を変えました").waitFor();
    await page.getByRole("heading", { name: "窓口3番の端末" }).waitFor();
  });

  const signOut = async () => {
    const csrf = await page.locator("[name=csrf]").first().inputValue();
    const answer = await page.context().request.post(`${home}/sign-out`, { form: { csrf }, maxRedirects: 0 });
    assert.equal(answer.status(), 303);
  };

  await step("signed out, the passkey alone signs in, and leads on to where one was going", async () => {
    await signOut();
    await page.goto("/residents");
    await page.waitForURL("**/sign-in?to=%2Fresidents");
    await inspect(page, "sign-in-passkey");
    await keys.activate(start);
    await page.waitForURL("**/residents");
  });

  const post = (path, body, origin = home) =>
    page.context().request.post(`${home}${path}`, {
      data: body, maxRedirects: 0, headers: { "content-type": "application/x-www-form-urlencoded", origin },
    });

  await step("a copied answer is refused", async () => {
    const copied = lastAnswer("/sign-in/passkey");
    assert.match(copied, /signature=[\w-]{40,}/);
    const answer = await post("/sign-in/passkey", copied);
    assert.equal(answer.status(), 422);
    assert.match(await answer.text(), /組み合わせが違います/);
  });

  await step("an answer made for another origin is refused", async () => {
    const other = new URLSearchParams(lastAnswer("/sign-in/passkey"));
    // Another port is another origin with the same key: the authenticator itself would sign.
    const challenge = await post("/sign-in/passkey/challenge", "");
    const options = await challenge.json();
    const elsewhere = await browser.page("desk");
    await elsewhere.route("http://localhost:9/**", (route) => route.fulfill({ contentType: "text/html", body: "<p>" }));
    const thief = await authenticator(elsewhere);
    for (const key of await device.keys()) await thief.add(key);
    await elsewhere.goto("http://localhost:9/");
    const fields = await elsewhere.evaluate(async (asked) => {
      const bytes = (text) =>
        Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      const made = await navigator.credentials.get({
        publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: [] },
      });
      const { response } = made.toJSON();
      return {
        credential: made.id, client_data: response.clientDataJSON, signature: response.signature,
        authenticator_data: response.authenticatorData, user_handle: response.userHandle,
      };
    }, options);
    for (const [name, value] of Object.entries(fields)) other.set(name, value);
    const answer = await post("/sign-in/passkey", other.toString());
    assert.equal(answer.status(), 422);
    await elsewhere.context().close();
    browser.takeProblems();
  });

  await step("a device that does not verify its owner does not sign in", async () => {
    await device.verifies(false);
    await signOut();
    await page.goto("/sign-in");
    await keys.activate(start);
    await page.getByText("パスキーは使われませんでした").waitFor();
    await device.verifies(true);
    await keys.activate(start);
    await page.waitForURL("**/desk");
  });

  await step("step-up by passkey leads back, under a new cookie", async () => {
    const cookie = async () => (await page.context().cookies()).find((one) => one.name === "__Host-session").value;
    const old = await cookie();
    await page.goto("/step-up?to=%2Faccount%2Fpasskeys");
    await inspect(page, "step-up");
    await keys.activate(start);
    await page.waitForURL("**/account/passkeys");
    assert.notEqual(await cookie(), old);
    const csrf = await page.locator("[name=csrf]").first().inputValue();
    const copied = new URLSearchParams(lastAnswer("/step-up/passkey"));
    copied.set("csrf", csrf);
    assert.equal((await post("/step-up/passkey", copied.toString())).status(), 422, "a copied answer");
  });

  await step("it is removed and signs in no more", async () => {
    await keys.activate("button[formaction$=removal]");
    await page.getByText("パスキーを外しました").waitFor();
    await page.getByText("パスキーはまだありません").waitFor();
    await signOut();
    await page.goto("/sign-in");
    await keys.activate(start);
    await page.getByText("組み合わせが違います").first().waitFor();
  });

  await step("without script there is no button, and password and code stay", async () => {
    const plain = await browser.page("desk", { javaScriptEnabled: false });
    await plain.goto("/sign-in");
    assert.equal(await plain.locator(start).isVisible(), false);
    assert(await plain.locator("[name=password]").isVisible());
    await plain.context().close();
  });

  await page.context().close();
  browser.url = before;
}

if (process.argv[1] === import.meta.filename) {
  const program = await Program.start({ residents: 200 });
  const browser = await Browser.start(program.url);
  const journey = new Journey(browser);
  try {
    const account = { name: "shimin2", password: "fujidana-mihon" };
    await passkeyJourney(journey, browser, account, (user) => program.code(user));
  } finally {
    await browser.close();
    await program.stop();
  }
  journey.finish();
}
