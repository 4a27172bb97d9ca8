// The day of issue 2 in Chromium, on a freshly made sample city.
//   cargo build -p fujidana && FUJIDANA_PROGRAM=target/debug/fujidana node e2e/journey.mjs
import { Browser, Journey, Program, inspect, signIn } from "./driver.mjs";
import assert from "node:assert/strict";

const program = await Program.start({ residents: 2000 });
const browser = await Browser.start(program.url);
const journey = new Journey(browser);

/** The sign-ins that the program prints: 「サインイン NAME PASSWORD …」, one a line. */
function account(place) {
  const lines = [...program.output.matchAll(/^\s*サインイン[\s:：]+(\S+)\s+(\S+)/gm)];
  assert(lines.length > place, `the program printed ${lines.length} sign-ins:\n${program.output}`);
  const [, name, password] = lines[place];
  return { name, password };
}

try {
  const page = await browser.page("desk", { keyboardOnly: true });

  await journey.step("the health page names version, engine and migrations", async () => {
    const health = await (await fetch(`${program.url}/healthz`)).json();
    assert.match(health.version, /^\d+\.\d+\.\d+/);
    assert.equal(health.engine, "sqlite");
    for (const zone of ["inside", "portal"]) assert.equal(health.zones[zone].migrations.pending, 0, zone);
  });

  for (const [device, scheme] of [["desk", "light"], ["desk", "dark"], ["phone", "light"]]) {
    await journey.step(`the sign-in page is sound on ${device}, ${scheme}`, async () => {
      const other = await browser.page(device, { colorScheme: scheme });
      await other.goto("/sign-in");
      await inspect(other, `sign-in-${device}-${scheme}`);
      await other.context().close();
    });
  }

  await journey.step("a wrong password is refused without saying what was wrong", async () => {
    const other = await browser.page("desk");
    await other.goto("/sign-in");
    await other.fill("[name=name]", account(0).name);
    await other.fill("[name=password]", "not the password");
    const [answer] = await Promise.all([
      other.waitForResponse((response) => response.request().method() === "POST"),
      other.press("[name=password]", "Enter"),
    ]);
    assert.equal(answer.status(), 422);
    await other.getByText("組み合わせが違います").first().waitFor();
    assert.equal(await other.inputValue("[name=name]"), account(0).name, "what was typed stays");
    await inspect(other, "sign-in-refused");
    await other.context().close();
  });

  await journey.step("a clerk signs in by keyboard with password and code", async () => {
    await signIn(page, account(0), (user) => program.code(user));
    await inspect(page, "desk");
  });
} finally {
  await browser.close();
  const failure = await program.stop().then(() => null, (error) => error);
  await journey.step("the program stops when it is told to", async () => assert.ifError(failure));
  journey.finish();
}
