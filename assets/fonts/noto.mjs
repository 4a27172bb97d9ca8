// Noto Sans JP (OFL-1.1) in three layers: Text (our own strings), Names (letters of names and towns),
// and the packaged slices for the rest. Both weights hold the same letters: a letter that a bold face
// lacks is not taken from the regular one, it stays blank.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { nameCharacters, textCharacters } from "./characters.mjs";
import { coarse, codes, ranges } from "./css.mjs";
import { hash, root } from "./dist.mjs";
import { Source, merge } from "./sfnt.mjs";

const { convert } = createRequire(import.meta.url)("fontverter");
const folder = join(root, "node_modules/@fontsource/noto-sans-jp");
const weights = [400, 700];
const release = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
const recipe = hash(readFileSync(new URL("sfnt.mjs", import.meta.url)), release);

/** The slices of one weight as the package describes them: [{ path, codes }], Latin files last as there. */
function slices(weight) {
  const css = readFileSync(join(folder, `${weight}.css`), "utf8");
  const rule = /url\(\.\/(files\/[^)]+\.woff2)\)[^]*?unicode-range:\s*([^;]+);/g;
  return [...css.matchAll(rule)].map(([, path, range]) => ({ path: join(folder, path), codes: codes(range) }));
}

/** Code point -> the slice that really holds it: some ranges promise letters that their file lacks. */
async function owners(weight) {
  const map = new Map();
  for (const slice of slices(weight)) {
    // One at a time: the converter answers with a view of its own memory, which the next call overwrites.
    const source = new Source(await convert(readFileSync(slice.path), "sfnt"));
    for (const code of slice.codes) if (source.map.has(code)) map.set(code, source);
  }
  return map;
}

function subset(owner, wanted, family, weight) {
  const pick = new Map([...wanted].map((code) => [code, owner.get(code)]));
  return convert(merge(pick, family, weight === 700), "woff2");
}

export async function ownFonts(dist) {
  const owner = { 400: await owners(400), 700: await owners(700) };
  const have = (code) => owner[400].has(code) && owner[700].has(code);
  const text = new Set([...textCharacters()].filter(have));
  const names = new Set([...nameCharacters()].filter((code) => have(code) && !text.has(code)));
  const faces = [];
  for (const [layer, family, set] of [["text", "Fujidana Text", text], ["names", "Fujidana Names", names]]) {
    const key = hash(recipe, ranges(set));
    const range = layer === "text" ? ranges(set) : coarse(set);
    for (const weight of weights) {
      const make = () => subset(owner[weight], set, family, weight);
      const file = await dist.once(`${layer}-${weight}.woff2`, key, make);
      faces.push({ family, weight, file, range, codes: set });
    }
    console.log(`assets: ${family} has ${set.size} letters`);
  }
  return faces;
}

/** The slices that still have something to give. */
export async function notoSlices(dist, own) {
  dist.add("noto-licence.txt", readFileSync(join(folder, "LICENSE")));
  const done = new Set(own.flatMap((face) => [...face.codes]));
  const faces = [];
  for (const weight of weights) {
    for (const slice of slices(weight)) {
      const left = slice.codes.filter((code) => !done.has(code));
      if (left.length === 0) continue;
      const file = dist.add(basename(slice.path), readFileSync(slice.path));
      faces.push({ family: "Noto Sans JP", weight, file, range: ranges(left) });
    }
  }
  return faces;
}
