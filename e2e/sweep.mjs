// Every page of the path on every device and in every scheme: axe, no horizontal scroll, our own letters.
import assert from "node:assert/strict";
import { colourRules, devices, inspect } from "./driver.mjs";

/** Pages by the session that may open them. */
export function pages(sessions, notice) {
  const search = `/residents?q=${encodeURIComponent("ヤマタ")}`;
  const all = [
    ["desk", sessions.second, "/desk"],
    ["search", sessions.second, search],
    ["household", sessions.second, sessions.household],
    ["move-in", sessions.second, "/move-ins/new"],
    ["check", sessions.second, sessions.single],
    ["board", sessions.second, notice],
    ["certificate", sessions.second, sessions.certificate],
    ["copies", sessions.second, sessions.certificate?.replace("certificate", "copies")],
    ...["/copies", "/till", "/letters", "/account"].map((path) => [`office${path.replaceAll("/", "-")}`, sessions.second, path]),
    ...["/plan", "/plan/2019/3-1-7", "/statistics"].map((path) => [`planning${path.replaceAll("/", "-")}`, sessions.planning, path]),
    ...["/public/plan", "/public/statistics", "/public/open-data", "/verify"].map((path) => [
      path.slice(1).replaceAll("/", "-"), sessions.lunch, path,
    ]),
    ["accounts", sessions.office, "/accounts"],
    ["lunch", sessions.lunch, "/lunch"],
    ["care", sessions.care, "/care"],
    ["desks", sessions.insurance, "/desks"],
    ["papers", sessions.tax, "/papers"],
    ["passkeys", sessions.tax, "/account/passkeys"],
    ["step-up", sessions.tax, "/step-up?to=%2Fdesks"],
    ["troubles", sessions.office, "/followers"],
    ["health", sessions.office, "/health"],
    ["break-glass", sessions.office, "/break-glass"],
    ...["", "/persons", "/disclosures", "/accounts", "/break-glass", "/settings", "/reports/outside"].map((path) => [
      `oversight${path.replaceAll("/", "-")}`, sessions.auditor, `/oversight${path}`,
    ]),
  ];
  return all.filter(([, storageState, path]) => storageState && path);
}

/** Opens each of `pages`, [name, session, path], on every device. */
export async function sweep(journey, browser, pages, what = "every page") {
  const sessions = [...new Set(pages.map(([, storageState]) => storageState))];
  for (const device of Object.keys(devices)) {
    await journey.step(`${what} is sound on ${device}, light and dark`, async () => {
      // One page for each session: fonts are loaded once.
      const look = async (storageState) => {
        const page = await browser.page(device, { storageState });
        for (const [name, , path] of pages.filter(([, own]) => own === storageState)) {
          const answer = await page.goto(path);
          assert.equal(answer.status(), 200, path);
          for (const [colorScheme, rules] of [["light"], ["dark", colourRules]]) {
            await page.emulateMedia({ colorScheme });
            await inspect(page, `${name}-${device}-${colorScheme}`, rules);
          }
        }
        await page.context().close();
      };
      await Promise.all(sessions.map(look));
    });
  }
}

export async function forcedColours(journey, browser, sessions, notice) {
  await journey.step("the board is sound in forced colours", async () => {
    const page = await browser.page("desk", { storageState: sessions.second, forcedColors: "active" });
    await page.goto(notice);
    await inspect(page, "board-forced-colors");
    await page.context().close();
  });
}

// A pair of surrogates, variants of their own, variation sequences of the register, and signs.
const hard = ["𠮷田", "髙橋", "山﨑", "渡邉\u{E010F}", "葛\u{E0102}西", "辻\u{E0101}", "①", "㈱"];

/** Draws hard names where a person's name stands and asks Chromium for the fonts it took. */
export async function hardNames(page, path) {
  await page.goto(path);
  await page.evaluate((names) => {
    const [place] = document.querySelectorAll("h1 .fd-name");
    place.replaceChildren(
      ...names.map((name, i) => Object.assign(document.createElement("span"), { id: `hard${i}`, textContent: name })),
    );
  }, hard);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState("networkidle");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("DOM.enable");
  await cdp.send("CSS.enable");
  const { root } = await cdp.send("DOM.getDocument");
  for (const [i, name] of hard.entries()) {
    const { nodeId } = await cdp.send("DOM.querySelector", { nodeId: root.nodeId, selector: `#hard${i}` });
    const { fonts } = await cdp.send("CSS.getPlatformFontsForNode", { nodeId });
    assert(fonts.length > 0, name);
    for (const font of fonts) assert(font.isCustomFont, `${name}: ${font.familyName} is not ours`);
    if (/[\u{E0100}-\u{E01EF}]/u.test(name)) {
      const count = fonts.reduce((sum, font) => sum + font.glyphCount, 0);
      assert(count >= [...name].length - 1, `${name}: ${count} glyphs`);
    }
  }
  await inspect(page, "hard-names");
}
