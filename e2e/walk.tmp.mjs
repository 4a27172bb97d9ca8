import { Browser, Keys, signIn, inspect } from "./driver.mjs";
import { execFileSync } from "node:child_process";
const url = process.env.URL ?? "http://127.0.0.1:8099";
const b = await Browser.start(url);
const code = (u) => execFileSync(process.env.B, ["demo", "code", u], { encoding: "utf8" }).trim();
const page = await b.page("desk");
const shot = async (p, n) => { try { await inspect(p, n); } catch (e) { console.log(n, e.message); } };
await signIn(page, { name: "shimin1", password: "fujidana-mihon" }, code);
await shot(page, "w1-desk");
await page.goto("/residents?q=" + encodeURIComponent("ヤマタ"));
await shot(page, "w2-search");
await page.locator(".fd-name-link").first().click();
await page.waitForURL("**/residents/*");
await shot(page, "w3-household");
await page.keyboard.press("Alt+n"); await page.waitForTimeout(500);
await page.goto("/move-ins/new");
await shot(page, "w4-form-empty");
const fill = async (o) => { for (const [k, v] of Object.entries(o)) await page.fill(`[name=${k}]`, v); };
await page.keyboard.press("Control+Enter"); await page.waitForTimeout(500);
await shot(page, "w5-form-errors");
await fill({ moved_on: "R8.11.20", address: "中栗須", address_lot: "327-3", previous_address: "群馬県高崎市高松町35番地1",
 m0_family: "見本", m0_given: "太郎", m0_family_kana: "ミホン", m0_given_kana: "タロウ", m0_birth: "S60.5.5", m0_relationship: "世帯主", m0_domicile: "群馬県高崎市高松町35番地", m0_domicile_head: "見本　太郎",
 m1_given: "花子", m1_given_kana: "ハナコ", m1_birth: "S62.2.3", m1_relationship: "妻",
 m2_given: "一郎", m2_given_kana: "イチロウ", m2_birth: "H30.1.5", m2_relationship: "子",
 m3_given: "ハナ", m3_given_kana: "ハナ", m3_birth: "S25.8.1", m3_relationship: "母" });
await page.check("[name=m0_sex][value=M]"); await page.check("[name=m1_sex][value=F]"); await page.check("[name=m2_sex][value=M]"); await page.check("[name=m3_sex][value=F]");
await shot(page, "w6-form-filled");
await page.keyboard.press("Control+Enter"); await page.waitForTimeout(800);
console.log(page.url());
await shot(page, "w7-provisional");
const other = await b.page("desk");
await signIn(other, { name: "shimin2", password: "fujidana-mihon" }, code);
await shot(other, "w8-desk2");
await other.goto(page.url());
await shot(other, "w9-check");
await other.keyboard.press("Control+Enter"); await other.waitForTimeout(1200);
await shot(other, "w10-board");
const link = other.locator("a[href*=certificate]").first();
if (await link.count()) { await link.click(); await other.waitForTimeout(500); await shot(other, "w11-paper"); }
console.log(b.takeProblems().join("\n"));
await b.close();
