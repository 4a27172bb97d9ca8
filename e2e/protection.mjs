// 支援措置 as a day at the city hall, by keyboard: the grandmother of the family that moved in files, every office's
// way to her address is shut at that moment, who is responsible sees the attempts and lets one paper out, once.
import assert from "node:assert/strict";
import { Keys, inspect, signIn } from "./driver.mjs";
import { family } from "./family.mjs";
import { sweep } from "./sweep.mjs";

const bare = (text) => text.normalize("NFKC").replaceAll(/<[^>]*>|\s/g, "");
const secrets = ["中栗須327", "327番地3", "327-3"];

/** Pages that somebody with that right alone may open. */
const officerPages = (measure) => [
  ["protections", "/protections"],
  ["protection-new", "/protections/new"],
  ["protection", measure],
  ["attempts", "/protections/attempts"],
  ["notices", "/protections/notices"],
  ["locks", "/locks"],
];

/** `sessions` are those of the journey; `account` and `code` are of 支援措置責任者. */
export async function protectionJourney(journey, browser, sessions, notice, account, code) {
  const step = (name, act) => journey.step(`支援措置: ${name}`, act);
  const page = await browser.page("desk", { keyboardOnly: true });
  let officer;
  const her = {};

  const enter = async (storageState) => {
    const other = await browser.page("desk", { keyboardOnly: true, storageState });
    return { other, keys: new Keys(other) };
  };
  const hides = async (other) => {
    const shown = bare(await other.content());
    for (const secret of secrets) assert(!shown.includes(secret), `${other.url()} tells ${secret}`);
  };
  /** The page says that it is shut, and neither why nor for whom. */
  const isShut = async (other, answer) => {
    assert.equal(answer.status(), 403, answer.url());
    const words = await other.locator("main").innerText();
    assert.match(words, /この記録は、この画面では扱えません\s+窓口責任者に声をかけてください/);
    for (const word of ["藤代", "支援措置"]) assert(!words.includes(word), `${answer.url()} tells ${word}`);
    await hides(other);
    // Chromium logs the 403.
    assert.deepEqual(browser.takeProblems().filter((problem) => !/status of 403/.test(problem)), []);
  };
  const choose = async (keys, selector, value) => {
    await keys.tabTo(selector);
    for (let i = 0; i < 40 && (await keys.page.inputValue(selector)) !== value; i += 1) await keys.press("ArrowDown");
    assert.equal(await keys.page.inputValue(selector), value);
  };
  const askForPaper = async ({ other, keys }) => {
    await other.goto("/papers");
    await choose(keys, "[name=document]", "tax_certificate");
    await keys.fill("[name=person]", her.number);
    await keys.fill("[name=requester]", family.grandmother);
    await keys.fill("[name=relation]", "本人");
    const [answer] = await Promise.all([other.waitForNavigation(), keys.press("Control+Enter")]);
    return answer;
  };

  await step("who is responsible finds the applicant by name, files, and the measure is there", async () => {
    officer = await signIn(page, account, code);
    await page.goto("/protections/new");
    await officer.fill("[name=applicant_person]", family.grandmother);
    await officer.activate("[name=find]");
    await page.getByText("申出者を選ぶ").waitFor();
    await inspect(page, "protection-found");
    await officer.tabTo("[name=applicant_choice]");
    await officer.press("Space");
    await officer.press("Control+Enter");
    await page.waitForURL(/\/protections\/(?!new)[0-9a-z]+$/i);
    her.measure = new URL(page.url()).pathname;
    await page.getByRole("heading", { name: `支援措置　${family.grandmother}` }).waitFor();
    her.record = await page.locator("a[href^='/residents/']").first().getAttribute("href");
    await page.goto(her.record);
    const record = await page.locator("main").innerText();
    assert(bare(record).includes("中栗須327番地3"), "who is responsible sees the address");
    her.number = record.match(/宛名番号\s*(\d{10})/)[1];
    await inspect(page, "protection-record");
  });

  await step("the desk finds her name, nothing else, and every page of hers is shut", async () => {
    const { other, keys } = await enter(sessions.clerk);
    await other.goto("/desk");
    await hides(other);
    await keys.press("/");
    await keys.type("フジシロ");
    await keys.press("Enter");
    await other.waitForURL("**/residents?q=*");
    for (const name of family.names) {
      const row = other.locator("tbody tr", { has: other.locator(`[data-copy="${name}"]`) });
      assert.match(await row.innerText(), /窓口責任者へ/);
      assert.equal(await row.locator("a").count(), 0, "no way to the record");
    }
    await hides(other);
    await inspect(other, "protection-search");
    const household = sessions.certificate.replace(/\/certificate$/, "");
    for (const path of [her.record, household, sessions.certificate, notice, `/move-ins/new?household=${household.split("/")[2]}`]) {
      await isShut(other, await other.goto(path));
    }
    await inspect(other, "protection-shut");
    browser.takeProblems();
    await other.context().close();
  });

  await step("税務課 is told the same words", async () => {
    const tax = await enter(sessions.tax);
    await isShut(tax.other, await askForPaper(tax));
    await tax.other.goto("/desks");
    await hides(tax.other);
    await tax.other.context().close();
  });

  await step("給食, 介護 and 保険年金課 keep their rows, without the address", async () => {
    const paths = [[sessions.lunch, "/lunch", family.children], [sessions.care, "/care", [family.grandmother]]];
    for (const [session, path, names] of [...paths, [sessions.insurance, "/desks", []]]) {
      const { other } = await enter(session);
      const missing = new Set(names);
      for (let n = 1; n === 1 || missing.size; n += 1) {
        assert.equal((await other.goto(`${path}?page=${n}`)).status(), 200, `page ${n} of ${path}`);
        await hides(other);
        for (const name of [...missing]) {
          const row = other.locator("tbody tr", { has: other.locator(`[data-copy="${name}"]`) });
          if (!(await row.count())) continue;
          assert.equal(await row.locator(".fd-withheld").count(), 1, name);
          missing.delete(name);
        }
        assert(n < 40, [...missing].join());
      }
      await other.context().close();
    }
  });

  await step("who is responsible sees each attempt: who, from which office, at what", async () => {
    await page.goto("/protections/attempts");
    const rows = await page.locator("tbody tr").allInnerTexts();
    const told = (clerk, office) => rows.find((row) => row.includes(clerk) && row.includes(office));
    assert(told("髙橋 一子", "市民課"), rows.join("\n"));
    assert.match(told("田村 五月", "税務課"), /納税証明書/);
  });

  await step("one paper is let out with a reason; it comes once, and the second time is shut again", async () => {
    await page.goto(her.measure);
    const form = "form[action$='/release']";
    await officer.fill(`${form} [name=person]`, her.number);
    await officer.fill(`${form} [name=requester]`, family.grandmother);
    await officer.fill(`${form} [name=reason]`, "本人が窓口に来たため");
    await choose(officer, `${form} [name=document]`, "tax_certificate");
    await officer.activate(`${form} button`);
    await page.getByText("本人が窓口に来たため").first().waitFor();
    const tax = await enter(sessions.tax);
    const answer = await askForPaper(tax);
    assert.equal(answer.status(), 200);
    assert(bare(await tax.other.content()).includes("中栗須327番地3"), "the paper has the address");
    await inspect(tax.other, "protection-paper");
    await isShut(tax.other, await askForPaper(tax));
    await tax.other.context().close();
  });

  const session = await page.context().storageState();
  const pages = officerPages(her.measure).map(([name, path]) => [name, session, path]);
  await sweep(journey, browser, pages, "支援措置: every page");
  await page.context().close();
}
