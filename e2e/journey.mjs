// A day at the city hall in Chromium, on a freshly made sample city.
//   cargo build -p fujidana && FUJIDANA_PROGRAM=target/debug/fujidana node e2e/journey.mjs
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import assert from "node:assert/strict";
import { Browser, Journey, Keys, Program, inspect, signIn } from "./driver.mjs";
import { clickSingle, daysAgo, family, typeFamily } from "./family.mjs";
import { passkeyJourney } from "./passkey.mjs";
import { protectionJourney } from "./protection.mjs";
import { forcedColours, hardNames, pages, sweep } from "./sweep.mjs";
import { signInByClicks, withoutScript } from "./without-script.mjs";

const program = await Program.start({ residents: 2000 });
const browser = await Browser.start(program.url);
const journey = new Journey(browser);

/** One of the sign-ins that the program prints: 「サインイン NAME PASSWORD …」, one a line. */
function account(name) {
  const lines = [...program.output.matchAll(/^\s*サインイン[\s:：]+(\S+)\s+(\S+)/gm)];
  const found = lines.find((line) => line[1] === name);
  assert(found, `no sign-in ${name} in:\n${program.output}`);
  return { name, password: found[2] };
}

/** A page of that account, signed in by keyboard. */
async function enter(name, home) {
  const page = await browser.page("desk", { keyboardOnly: true });
  await signIn(page, account(name), (user) => program.code(user), home);
  return page;
}

const text = async (page, selector = "main") => (await page.locator(selector).innerText()).replaceAll(/\s+/g, " ");

/** A list's row with that name, looked for on all of its pages. */
async function row(page, path, name) {
  for (let n = 1; n < 40; n += 1) {
    await page.goto(`${path}?page=${n}`);
    const found = page.locator(".fd-table tbody tr", { has: page.locator(`[data-copy="${name}"]`) });
    if (await found.count()) return found.first();
    if (!(await page.locator("a[rel=next]").count())) break;
  }
  throw new Error(`${name} is not on ${path}`);
}

/** The answer to the form that is sent; the draft, sent beside it, has an answer of its own. */
const answered = (page) =>
  page.waitForResponse((one) => one.request().method() === "POST" && !one.url().endsWith("/draft"));

try {
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
    await other.fill("[name=name]", account("shimin1").name);
    await other.fill("[name=password]", "not the password");
    const [answer] = await Promise.all([
      other.waitForResponse((response) => response.request().method() === "POST"),
      other.press("[name=password]", "Enter"),
    ]);
    assert.equal(answer.status(), 422);
    await other.getByText("組み合わせが違います").first().waitFor();
    assert.equal(await other.inputValue("[name=name]"), account("shimin1").name, "what was typed stays");
    await inspect(other, "sign-in-refused");
    await other.context().close();
  });

  const page = await enter("shimin1").catch((error) => error);
  const keys = new Keys(page);
  const sessions = {};
  let notice;

  await journey.step("a clerk signs in by keyboard, and the desk shows queue, searches and today's 受付", async () => {
    if (page instanceof Error) throw page;
    sessions.clerk = await page.context().storageState();
    for (const words of ["本登録を待つ届け", "最近の検索", "きょうの受付"]) await page.getByText(words).first().waitFor();
  });

  await journey.step("ヤマタ finds 山田 in a dense list, a birth date finds the same person", async () => {
    await keys.press("/");
    await keys.type("ヤマタ");
    await keys.press("Enter");
    await page.waitForURL("**/residents?q=*");
    const first = page.locator(".fd-table tbody tr").first();
    const height = (await first.boundingBox()).height;
    assert(height <= 34, `a row is ${height} px high`);
    for (const kana of await page.locator("tbody .fd-kana").allInnerTexts()) assert.match(kana, /^ヤマ[ダタ]/);
    const name = await first.locator(".fd-name").getAttribute("data-copy");
    await keys.press("/");
    await keys.type(await first.locator("td[data-col=date]").innerText());
    await keys.press("Enter");
    await page.waitForURL((url) => url.href.includes("q=%E"));
    await page.locator(`tbody [data-copy="${name}"]`).first().waitFor();
  });

  await journey.step("a household is opened: members, address, history; the page opened by a link has no ring", async () => {
    await keys.activate("a.fd-name-link");
    await page.waitForURL("**/residents/*");
    const found = await text(page, ".fd-desk");
    for (const words of ["世帯員", "世帯主", "住所 〒375-", "履歴", "宛名番号"]) assert(found.includes(words), words);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    sessions.household = new URL(page.url()).pathname;
  });

  await journey.step("Ctrl+K finds a page by its reading, and the desk remembers the searches", async () => {
    await keys.press("Control+k");
    await keys.type("uketsuke");
    await keys.press("Enter");
    await page.waitForURL("**/desk");
    await page.locator("#context a", { hasText: "ヤマタ" }).waitFor();
  });

  const moveIn = new Keys(page);
  await journey.step("mistakes stop the move-in: 422, the summary has the focus, what was typed stays", async () => {
    await moveIn.press("Alt+n");
    await page.waitForURL("**/move-ins/new");
    await typeFamily(page, moveIn, { movedOn: "R8.2.30" });
    await page.getByText("昭和60年5月5日　").waitFor();
    const [answer] = await Promise.all([answered(page), moveIn.press("Control+Enter")]);
    assert.equal(answer.status(), 422);
    await page.locator(".fd-errors:focus").waitFor();
    assert.match(await page.title(), /^エラー：/);
    const kept = { moved_on: "R8.2.30", m0_family_kana: "ﾌｼﾞｼﾛ", address_lot: "３２７ー３", m3_birth: "S25.8.1" };
    for (const [name, typed] of Object.entries(kept)) assert.equal(await page.inputValue(`[name=${name}]`), typed);
    assert(await page.isChecked("[name=m1_sex][value=F]"));
    await inspect(page, "move-in-errors");
  });

  await journey.step("the late filing alerts and must be answered", async () => {
    await moveIn.activate('.fd-errors a[href="#moved_on"]');
    await page.locator("[name=moved_on]:focus").waitFor();
    await moveIn.press("Control+A");
    await moveIn.type(daysAgo(20));
    let [answer] = await Promise.all([answered(page), moveIn.press("Control+Enter")]);
    assert.equal(answer.status(), 422);
    await page.getByText("異動日から20日たっています").first().waitFor();
    await inspect(page, "move-in-alert");
    [answer] = await Promise.all([answered(page), moveIn.press("Control+Enter")]);
    assert.equal(answer.status(), 422, "an unanswered alert stops again");
    await page.locator(".fd-errors:focus").waitFor();
    await moveIn.tabTo("[name=alert_late]");
    await moveIn.press("Space");
  });

  await journey.step("仮登録 by Ctrl+Enter; the clerk who entered it cannot make it final", async () => {
    await moveIn.press("Control+Enter");
    await page.waitForURL(/\/move-ins\/(?!new)[0-9a-z]+$/i);
    notice = new URL(page.url()).pathname;
    await page.locator("h1[data-result]:focus").waitFor();
    await page.getByText("本登録は別の職員が行います").waitFor();
    assert.equal(await page.locator("[data-main]").count(), 0);
    const form = await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector("main form"))));
    const answer = await page.context().request.post(`${notice}/registration`, { form, headers: { origin: program.url } });
    assert([403, 409].includes(answer.status()), `answered ${answer.status()}`);
    assert.match(await answer.text(), /仮登録した|別の職員/);
    console.log(`        the move-in of four took ${moveIn.count} keys, with one mistake and one alert`);
  });

  const lunch = await enter("kyushoku", "/lunch").catch((error) => error);
  const rosterCount = async () => Number((await text(lunch, ".fd-list__acts")).match(/\d+/)[0]);
  let before = 0;
  await journey.step("another office does not see it yet", async () => {
    if (lunch instanceof Error) throw lunch;
    sessions.lunch = await lunch.context().storageState();
    before = await rosterCount();
    for (const name of family.children) await assert.rejects(row(lunch, "/lunch", name), /is not on/);
  });

  const second = await enter("shimin2").catch((error) => error);
  const other = new Keys(second);
  await journey.step("a second clerk opens it from the queue and sees the buds", async () => {
    if (second instanceof Error) throw second;
    await other.activate(".fd-desk__queue .fd-queue__item a");
    await second.waitForURL(`**${notice}`);
    assert.equal(await second.locator('.fd-floret[data-state="bud"]').count(), 11);
    await second.getByText("11の課に届きます").first().waitFor();
    sessions.second = await second.context().storageState();
  });

  await journey.step("Ctrl+Enter makes it final, and within a second every office has it, with ms and a link", async () => {
    const start = Date.now();
    await other.press("Control+Enter");
    await second.getByText("11の課に届きました").first().waitFor();
    const took = Date.now() - start;
    assert(took < 1000, `${took} ms`);
    await second.locator("h1[data-result]:focus").waitFor();
    const florets = second.locator(".fd-floret");
    const told = (await florets.allInnerTexts()).map((words) => words.replaceAll(/\s+/g, " "));
    for (const words of told) assert.match(words, /(\d+ ms|1 ms未満) 開く/);
    const line = (office) => told.find((words) => words.startsWith(office));
    assert(line("給食センター").includes(`${family.grades.join("、")}の2人を名簿に入れました`), line("給食センター"));
    assert(line("介護高齢課").includes("1人を第1号被保険者にしました"), line("介護高齢課"));
    for (const office of ["税務課", "保険年金課（国保）", "保険年金課（後期高齢者医療）"]) assert(line(office), office);
    sessions.links = await florets.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    assert.equal(sessions.links.length, 11);
    for (const href of sessions.links) {
      assert.equal((await second.context().request.get(href, { maxRedirects: 0 })).status(), 200, href);
    }
    console.log(`        from the key to the board in bloom: ${took} ms`);
  });

  await journey.step("給食: the roster has the two children in the right school year", async () => {
    assert(sessions.links.includes("/lunch"));
    await lunch.goto("/lunch");
    assert.equal(await rosterCount(), before + 2);
    for (const [i, name] of family.children.entries()) {
      assert((await (await row(lunch, "/lunch", name)).innerText()).includes(family.grades[i]), name);
    }
  });

  await journey.step("介護: the grandmother is insured as 第1号", async () => {
    const care = await enter("kaigo", "/care");
    assert(sessions.links.includes("/care"));
    assert.match(await (await row(care, "/care", family.grandmother)).innerText(), /昭和25年8月1日/);
    sessions.care = await care.context().storageState();
  });

  await journey.step("税務課 has the work item on its desk and completes it by keyboard", async () => {
    const tax = await enter("zeimu", "/desks");
    const item = tax.locator("tbody tr", { has: tax.locator(`[data-copy="${family.names[0]}"]`) });
    assert.match(await item.innerText(), /1月1日の住所/);
    sessions.tax = await tax.context().storageState();
    assert(await tax.goto(sessions.links.find((href) => href.startsWith("/desks/"))).then((answer) => answer.ok()));
    await new Keys(tax).activate("tbody form button");
    await item.getByText("済み", { exact: true }).waitFor();
    assert.match(await text(tax, ".fd-list__acts"), /残り0件/);
  });

  await journey.step("保険年金課 has its work items on its desk", async () => {
    const insurance = await enter("hoken", "/desks");
    const items = insurance.locator("tbody tr", { has: insurance.locator(`[data-copy="${family.names[0]}"]`) });
    assert((await items.count()) >= 2, "国保 and 年金");
    assert.match((await items.allInnerTexts()).join(" "), /国民健康保険/);
    sessions.insurance = await insurance.context().storageState();
  });

  await journey.step("Alt+P opens the 住民票の写し, and its print has the four names and the address", async () => {
    await other.press("Alt+p");
    await second.waitForURL("**/certificate");
    sessions.certificate = new URL(second.url()).pathname;
    const file = join(import.meta.dirname, "out/certificate.pdf");
    await second.pdf({ path: file, preferCSSPageSize: true });
    const printed = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).normalize("NFKC");
    const bare = printed.replaceAll(/\s/g, "");
    for (const words of [...family.names, family.address, "住民票の写し", "【見本】"]) {
      assert(bare.includes(words.normalize("NFKC").replaceAll(/\s/g, "")), `${words} is not in:\n${printed}`);
    }
  });

  await journey.step("without script: one person moves in by clicks", async () => {
    const plain = await browser.page("desk", { javaScriptEnabled: false, storageState: sessions.clerk });
    await plain.goto("/desk");
    await plain.getByRole("link", { name: "転入届を入力する" }).click();
    await clickSingle(plain);
    sessions.single = new URL(plain.url()).pathname;
    await plain.context().close();
  });

  sessions.office = await signInByClicks(journey, browser, account("somu"), (user) => program.code(user));

  await journey.step("監査委員事務局 signs in", async () => {
    const auditor = await enter("kansa", "/oversight");
    sessions.auditor = await auditor.context().storageState();
  });

  await journey.step("企画 signs in, and the plan lists its 25 measures", async () => {
    const planning = await enter("kikaku", "/plan");
    assert.match(await text(planning), /3-1-7/);
    sessions.planning = await planning.context().storageState();
  });

  await sweep(journey, browser, pages(sessions, notice));
  await forcedColours(journey, browser, sessions, notice);

  await withoutScript(journey, browser, sessions);

  // The family's pages are shut from here on.
  await protectionJourney(journey, browser, sessions, notice, account("sekinin"), (user) => program.code(user));
  await passkeyJourney(journey, browser, account("shimin2"), (user) => program.code(user));

  await journey.step("hard names are drawn from our own files", async () => {
    const names = await browser.page("desk", { storageState: sessions.clerk });
    await hardNames(names, sessions.household);
    await names.context().close();
  });
} finally {
  await browser.close();
  const failure = await program.stop().then(() => null, (error) => error);
  await journey.step("the program stops when it is told to", async () => assert.ifError(failure));
  journey.finish();
}
