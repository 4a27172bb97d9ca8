// The families that move in, and how a clerk types them.
import assert from "node:assert/strict";

const tokyo = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Tokyo" });

/** The day so many days before today, as clerks type it: 「R8.11.4」. */
export function daysAgo(days) {
  const [year, month, day] = tokyo.format(Date.now() - days * 86_400_000).split("-").map(Number);
  return `R${year - 2018}.${month}.${day}`;
}

/** 「小学5年」 today of a child born on `birth` (year, month, day). */
export function grade([year, month, day]) {
  const [now, nowMonth] = tokyo.format(Date.now()).split("-").map(Number);
  const fiscal = nowMonth >= 4 ? now : now - 1;
  // 学校教育法: who is born on April 1 goes with those born before.
  const entry = month > 4 || (month === 4 && day >= 2) ? year + 7 : year + 6;
  const years = fiscal - entry + 1;
  return years <= 6 ? `小学${years}年` : `中学${years - 6}年`;
}

export const family = {
  names: ["藤代　健一", "藤代　美咲", "藤代　蓮", "藤代　ハナ"],
  children: ["藤代　美咲", "藤代　蓮"],
  grandmother: "藤代　ハナ",
  grades: [grade([2015, 6, 3]), grade([2018, 1, 5])],
  address: "群馬県藤岡市中栗須327番地3",
  members: [
    {
      ...{ family: "藤代", given: "健一", family_kana: "ﾌｼﾞｼﾛ", given_kana: "けんいち", birth: "昭和60年5月5日" },
      ...{ sex: "M", relationship: "世帯主", domicile: "群馬県高崎市高松町35番地", domicile_head: "藤代　健一" },
    },
    { given: "美咲", given_kana: "ミサキ", birth: "H27.6.3", sex: "F", relationship: "子" },
    { given: "蓮", given_kana: "レン", birth: "平成30年1月5日", sex: "M", relationship: "子" },
    { given: "ハナ", given_kana: "ハナ", birth: "S25.8.1", sex: "F", relationship: "母" },
  ],
};

/** Types into an empty box; what stood there is selected by Tab and goes. */
export async function put(keys, selector, text) {
  await keys.tabTo(selector);
  await keys.type(text);
}

export async function typeFamily(page, keys, { movedOn }) {
  await put(keys, "[name=moved_on]", movedOn);
  await put(keys, "[name=address]", "ナク");
  await page.locator("#address-list [role=option]").first().waitFor();
  const chosen = page.locator("#address-list [aria-selected=true] strong");
  for (let i = 0; i < 8; i += 1) {
    await keys.press("ArrowDown");
    if ((await chosen.textContent()) === "中栗須") break;
  }
  await keys.press("Enter");
  assert.equal(await page.inputValue("[name=address]"), "中栗須", "the kana initials name the town");
  await put(keys, "[name=address_lot]", "３２７ー３");
  await put(keys, "[name=previous_address]", "群馬県高崎市高松町35番地1");
  for (const [i, member] of family.members.entries()) await typeMember(keys, i, member);
}

async function typeMember(keys, i, { sex, ...boxes }) {
  for (const [name, text] of Object.entries(boxes)) {
    await put(keys, `[name=m${i}_${name}]`, text);
    if (name !== "birth") continue;
    await keys.tabTo(`[name=m${i}_sex]`);
    await keys.press(sex === "M" ? "Space" : "ArrowRight");
  }
}

/** Boxes and radios of the form, without script; the members from row `from` on. */
export async function clickForm(page, { members, ...boxes }, from = 0) {
  for (const [name, text] of Object.entries(boxes)) {
    await page.fill(`[name=${name}]`, text);
    if (name !== "address") continue;
    // The town is chosen from the radios of the server's own search.
    await page.getByRole("button", { name: "この町をさがす" }).click();
    await page.getByRole("radio", { name: new RegExp(`^${text}`) }).check();
  }
  for (const [i, { sex, ...texts }] of members.entries()) {
    for (const [name, text] of Object.entries(texts)) await page.fill(`[name=m${from + i}_${name}]`, text);
    await page.check(`[name=m${from + i}_sex][value=${sex}]`);
  }
}

/** One person, without script: clicks. */
export async function clickSingle(page) {
  const previous_address = "東京都千代田区丸の内1丁目1番1号";
  const member = { family: "髙﨑", given: "辻", family_kana: "タカサキ", given_kana: "ツジ", birth: "H10.10.1", sex: "F" };
  const register = { relationship: "世帯主", domicile: "東京都千代田区丸の内一丁目1番地", domicile_head: "髙﨑　辻" };
  await clickForm(page, { moved_on: daysAgo(2), previous_address, members: [{ ...member, ...register }] });
  await clickForm(page, { address: "中栗須", address_lot: "12", members: [] });
  assert.equal(await page.inputValue("[name=m0_family]"), "髙﨑", "the search for the town keeps the rest");
  await page.getByRole("button", { name: "仮登録する" }).click();
  await page.waitForURL(/\/move-ins\/[0-9a-z]+$/i);
}
