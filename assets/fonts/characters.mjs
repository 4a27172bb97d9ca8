// Which characters the fonts must hold.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { root } from "./dist.mjs";

const repository = join(root, "..");

function* files(folder, wanted) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (name !== "node_modules" && name !== "dist" && name !== "target") yield* files(path, wanted);
    } else if (wanted.test(name)) yield path;
  }
}

function collect(set, text) {
  for (const letter of text) {
    const code = letter.codePointAt(0);
    if (code > 0x20 && code !== 0x7f && code !== 0xfeff) set.add(code);
  }
}

/** Rows of JIS X 0208 (区), read through the decoder of EUC-JP. */
function rows(first, last) {
  const decoder = new TextDecoder("euc-jp");
  const set = new Set();
  for (let row = first; row <= last; row += 1) {
    for (let cell = 1; cell <= 94; cell += 1) {
      const letter = decoder.decode(Uint8Array.of(0xa0 + row, 0xa0 + cell));
      if (!letter.includes("\ufffd")) collect(set, letter);
    }
  }
  return set;
}

/** Our own strings: whatever our sources print. Kana, ASCII and the symbols of JIS (rows 1–8, 13) besides. */
export function textCharacters() {
  const set = new Set([0x20, 0x3000, ...rows(1, 8), ...rows(13, 13)]);
  for (let code = 0x21; code < 0x7f; code += 1) set.add(code);
  for (const folder of ["crates", "apps", "fujidana", "assets/js"]) {
    for (const path of files(join(repository, folder), /\.(rs|js)$/)) {
      collect(set, readFileSync(path, "utf8"));
    }
  }
  return set;
}

/** The rest of JIS level 1 (rows 16–47) and every letter of the name and town tables. */
export function nameCharacters() {
  const set = rows(16, 47);
  for (const folder of ["crates", "apps"]) {
    for (const path of files(join(repository, folder), /\.(tsv|csv|txt)(\.gz)?$/)) {
      const bytes = readFileSync(path);
      collect(set, (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
    }
  }
  return set;
}
