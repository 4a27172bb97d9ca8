// Builds dist/: style sheets, scripts, fonts and pictures under names that hold their hash, and
// manifest.json, which maps logical name -> file name.
//   npm ci --prefix assets && node assets/build.mjs
// A second run makes only what has changed: fonts are kept per set of characters.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Dist, root } from "./fonts/dist.mjs";
import { faces } from "./fonts/css.mjs";
import { mojiSlices } from "./fonts/moji.mjs";
import { notoSlices, ownFonts } from "./fonts/noto.mjs";

const common = ["tokens", "base", "band", "button", "nav", "field", "feedback", "shell"];
const sheets = {
  "public.css": [...common, "record", "trellis", "chart"],
  "desk.css": [...common, "desk", "record", "table", "trellis", "chart", "paper"],
};
const scripts = { "desk.js": ["keys", "list", "palette", "form", "echo", "address", "kana", "board", "passkey"] };

const dist = new Dist();
const text = (...parts) => readFileSync(join(root, ...parts), "utf8");

// Comments are for us; browsers need not load them. No string in our sheets holds `/*`.
const squeeze = (css) =>
  css.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\s*\n\s*/g, "\n").replaceAll(/\n+/g, "\n").trim();

const own = await ownFonts(dist);
const letters = [...(await notoSlices(dist, own)), ...(await mojiSlices(dist))];
const core = faces(own);
// Hundreds of faces for rare letters: a sheet of its own, loaded after the page.
dist.add("letters.css", faces(letters));

const tokens = text("node_modules/@digital-go-jp/design-tokens/dist/tokens.css");
for (const [name, parts] of Object.entries(sheets)) {
  const css = parts.map((part) => text("css", `${part}.css`));
  dist.add(name, squeeze([tokens, core, ...css].join("\n")));
}
for (const [name, parts] of Object.entries(scripts)) {
  dist.add(name, parts.map((part) => text("js", `${part}.js`)).join("\n"));
}
dist.add("favicon.svg", text("favicon.svg"));

const known = [...Object.values(sheets).flat(), ...Object.values(scripts).flat()];
for (const file of [...readdirSync(join(root, "css")), ...readdirSync(join(root, "js"))]) {
  if (!known.includes(file.replace(/\.\w+$/, ""))) throw new Error(`${file} is in no bundle`);
}
const manifest = dist.finish();
writeFileSync(join(root, "dist/manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
console.log(`assets: ${Object.keys(manifest).length} names, ${dist.made} files made, ${dist.kept} kept`);
