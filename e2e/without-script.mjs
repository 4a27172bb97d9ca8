// Every staff page with JavaScript switched off: filled in and clicked, as somebody without script does.
import assert from "node:assert/strict";
import { clickForm, daysAgo, grade } from "./family.mjs";

/** A family of four, and the grandfather for whom the form has no row at first. */
const household = {
  moved_on: daysAgo(20),
  address_lot: "815-2",
  previous_address: "東京都千代田区丸の内1丁目1番1号",
  members: [
    {
      ...{ family: "小野里", given: "修", family_kana: "オノザト", given_kana: "オサム", birth: "S62.4.9" },
      ...{ sex: "M", relationship: "世帯主", domicile: "東京都千代田区丸の内一丁目1番地", domicile_head: "小野里　修" },
    },
    { given: "恵", given_kana: "メグミ", birth: "S63.11.2", sex: "F", relationship: "妻" },
    { given: "結衣", given_kana: "ユイ", birth: "H28.9.14", sex: "F", relationship: "子" },
    { given: "湊", given_kana: "ミナト", birth: "R4.2.20", sex: "M", relationship: "子" },
    { given: "正雄", given_kana: "マサオ", birth: "S23.3.3", sex: "M", relationship: "父" },
  ],
};
const pupil = ["小野里　結衣", grade([2016, 9, 14])];
const grandfather = ["小野里　正雄", "昭和23年3月3日"];
const head = "小野里　修";

const link = (page, name) => page.getByRole("link", { name, exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const menu = (page, name) => page.locator(".fd-menu").getByRole("link", { name, exact: true }).click();
const named = (page, name) => page.locator(`[data-copy="${name}"]`);

/** Clicks, and gives the answer of the form that was sent. */
async function send(page, name) {
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.request().method() === "POST"),
    button(page, name).click(),
  ]);
  return answer.status();
}

/** The table's row with that name, on the first page of the list that has it. */
async function row(page, name) {
  for (;;) {
    const found = page.locator(".fd-table tbody tr", { has: named(page, name) });
    if (await found.count()) return found.first();
    await page.locator("a[rel=next]").click();
  }
}

const count = async (page) => Number((await page.locator(".fd-list__acts").innerText()).match(/\d+/)[0]);

/** 総務課 signs in. Gives its session: no other step signs this account in, and a code opens one session. */
export async function signInByClicks(journey, browser, { name, password }, code) {
  let session;
  await journey.step("without script: 総務課 signs in by clicks and sees that every office is reached", async () => {
    const page = await browser.page("desk", { javaScriptEnabled: false });
    await page.goto("/");
    await page.getByLabel("職員番号").fill(name);
    await page.getByLabel("パスワード").fill(password);
    await button(page, "続ける").click();
    await page.getByLabel("認証アプリの6桁").fill(code(name));
    await button(page, "サインインする").click();
    await page.getByText("どの課にも届いています").waitFor();
    session = await page.context().storageState();
    await page.context().close();
  });
  return session;
}

export async function withoutScript(journey, browser, sessions) {
  const step = (name, session, act) =>
    journey.step(`without script: ${name}`, async () => {
      const page = await browser.page("desk", { javaScriptEnabled: false, storageState: session });
      await page.goto("/desk");
      await act(page);
      await page.context().close();
    });

  await step("a list is searched and paged, a household and its paper are opened", sessions.clerk, async (page) => {
    await menu(page, "住民をさがす");
    await page.getByLabel("氏名・よみ・生年月日・番号").fill("ア");
    await button(page.locator("main"), "さがす").click();
    const range = page.locator(".fd-pagination__range");
    assert.match(await range.innerText(), /^1–50 /);
    await page.locator("a[rel=next]").click();
    assert.match(await range.innerText(), /^51–/);
    await page.locator("a[rel=prev]").click();
    assert.match(await range.innerText(), /^1–50 /);
    await page.locator(".fd-pagination a").filter({ hasText: /^2/ }).click();
    const person = page.locator("tbody a.fd-name-link").first();
    const name = await person.locator(".fd-name").getAttribute("data-copy");
    await person.click();
    await page.locator("h1", { has: named(page, name) }).waitFor();
    for (const words of ["世帯員", "履歴"]) await page.getByRole("heading", { name: words }).waitFor();
    await page.locator(".fd-queue__item a").last().click();
    await link(page, "住民票の写しを開く").click();
    await page.getByRole("heading", { name: "住民票の写し" }).waitFor();
    await named(page, name).first().waitFor();
    await link(page, "世帯に戻る").click();
    await menu(page, "受付の机");
    await link(page.locator("#context"), "ア").click();
    assert.match(await range.innerText(), /^1–50 /);
  });

  await step("mistakes stop the move-in of a family, a member is added, an alert is answered", sessions.clerk, async (page) => {
    await menu(page, "転入届");
    await clickForm(page, { ...household, address: "中栗須", members: household.members.slice(0, 4) });
    await page.fill("[name=moved_on]", "R8.2.30");
    await button(page, "もう1人入力する").click();
    assert.equal(await page.inputValue("[name=m3_given]"), "湊", "another row keeps the rest");
    assert(await page.isChecked("[name=m2_sex][value=F]"));
    await clickForm(page, { members: household.members.slice(4) }, 4);
    assert.equal(await send(page, "仮登録する"), 422);
    await page.locator('.fd-errors a[href="#moved_on"]').click();
    await page.fill("[name=moved_on]", household.moved_on);
    assert.equal(await send(page, "仮登録する"), 422);
    await page.getByText("異動日から20日たっています").first().waitFor();
    await page.getByRole("radio", { name: "確かめました。このまま進めます" }).check();
    await button(page, "仮登録する").click();
    await page.getByText("本登録は別の職員が行います").waitFor();
  });

  await step("somebody joins a household, and the notification is withdrawn", sessions.clerk, async (page) => {
    await page.locator("#search").fill("ヤマタ");
    await button(page.locator("header"), "さがす").click();
    await page.locator("tbody a.fd-name-link").first().click();
    await link(page, "この世帯に転入する人を入力する").click();
    const member = { ...household.members[0], family: "小野里", given: "渚", given_kana: "ナギサ", relationship: "同居人" };
    await clickForm(page, { moved_on: daysAgo(1), previous_address: household.previous_address, members: [member] });
    await button(page, "仮登録する").click();
    await button(page, "この届けを取りやめる").click();
    await page.getByRole("heading", { name: "取りやめ" }).waitFor();
  });

  for (const [name, who] of [["one person", "髙﨑　辻"], ["the family", head]]) {
    await step(`a second clerk makes the move-in of ${name} final, and the board arrives`, sessions.second, async (page) => {
      await page.locator(".fd-desk__queue .fd-queue__item a", { has: named(page, who) }).click();
      await button(page, "本登録する").click();
      await page.getByText("転入 本登録").first().waitFor();
      await page.locator('.fd-floret[data-state="open"]').first().waitFor();
      await page.getByText(/の課に届きました$/).first().waitFor();
      await link(page, "住民票の写しを開く").click();
      await named(page, who).first().waitFor();
    });
  }

  await step("給食: the roster is paged until the pupil stands there", sessions.lunch, async (page) => {
    await menu(page, "給食の名簿");
    await page.locator("a[rel=next]").click();
    await page.locator("a[rel=prev]").click();
    assert((await (await row(page, pupil[0])).innerText()).includes(pupil[1]));
  });

  await step("介護: the list of the insured is paged, the grandfather stands there", sessions.care, async (page) => {
    await menu(page, "介護保険の被保険者");
    await page.locator("a[rel=next]").click();
    await page.locator("a[rel=prev]").click();
    assert((await (await row(page, grandfather[0])).innerText()).includes(grandfather[1]));
  });

  await step("保険年金課 opens one office's list and completes a work item", sessions.insurance, async (page) => {
    await menu(page, "机の仕事");
    await page.locator(".fd-acts a").first().click();
    assert.match(await page.locator("h1").innerText(), /^机の仕事　/);
    const item = page.locator("tbody tr", { has: named(page, head) });
    const open = await count(page);
    await button(item, "済みにする").click();
    await item.getByText("済み", { exact: true }).waitFor();
    assert.equal(await count(page), open - 1);
  });

  await step("総務課 lets the roster be read again, the roster stays as it is, and signs out", sessions.office, async (page) => {
    const roster = await browser.page("desk", { javaScriptEnabled: false, storageState: sessions.lunch });
    await roster.goto("/lunch");
    const before = await count(roster);
    await button(page.locator("tr", { has: page.getByText("lunch.roster") }), "最初から読み直す").click();
    await page.getByText("どの課にも届いています").waitFor();
    for (const end = Date.now() + 20_000; (await count(roster)) !== before; await menu(roster, "給食の名簿")) {
      assert(Date.now() < end, `${await count(roster)} of ${before} pupils`);
    }
    await row(roster, pupil[0]);
    await roster.context().close();
    await page.locator(".fd-user summary").click();
    await button(page, "サインアウトする").click();
    await page.goto("/followers");
    await page.getByRole("heading", { name: "サインイン", exact: true }).waitFor();
  });
}
