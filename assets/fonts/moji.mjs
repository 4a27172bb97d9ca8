// The letters of the register: IPAmj明朝 (文字情報基盤; IPA Font License 1.0) cut into slices of 128 base
// letters with their variation sequences. A derived font may not carry the original's name, and must say
// how to get the original: hence the family name and moji-notice.txt.
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { ranges } from "./css.mjs";
import { hash } from "./dist.mjs";
import { charMap, file, nameOf, tables } from "./sfnt.mjs";

const family = "Fujidana Moji";
const places = ["/usr/share/fonts/truetype/ipamj/ipamjm.ttf", "/usr/share/fonts/opentype/ipamj/ipamjm.ttf"];
const licence = "/usr/share/doc/fonts-ipamj-mincho/IPA_Font_License_Agreement_v1.0.txt.gz";
const size = 128;
const selectors = "U+E0100-E01EF";
const notice = `${family} is a derivative of "IPAmj明朝" (IPAmjMincho), cut into slices for web pages.
The original and its licence, the IPA Font License Agreement v1.0, are available from
文字情報技術促進協議会 (Character Information Technology Promotion Council), which maintains 文字情報基盤,
and as the Debian package fonts-ipamj-mincho. Whoever wishes to replace the slices by the original
installs it and removes the family "${family}" from the style sheet.
`;

export async function mojiSlices(dist) {
  const path = places.find((place) => existsSync(place));
  if (!path) {
    console.log("assets: IPAmj明朝 is not installed (Debian: fonts-ipamj-mincho); rare register letters are left out");
    return [];
  }
  const bytes = readFileSync(path);
  const letters = [...charMap(tables(bytes).cmap).keys()].filter((code) => code > 0x2000).sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i < letters.length; i += size) parts.push(letters.slice(i, i + size));
  const key = hash(bytes, readFileSync(fileURLToPath(import.meta.url)));
  const crew = new Crew(path);
  const faces = await Promise.all(
    parts.map(async (part) => {
      const logical = `moji-${part[0].toString(16)}.woff2`;
      const made = await dist.once(logical, hash(key, part.join()), () => crew.cut(part));
      return { family, weight: 400, file: made, range: `${ranges(part)},${selectors}` };
    }),
  );
  crew.rest();
  dist.add("moji-notice.txt", notice);
  if (existsSync(licence)) dist.add("moji-licence.txt", gunzipSync(readFileSync(licence)));
  console.log(`assets: ${family} has ${letters.length} letters in ${faces.length} slices`);
  return faces;
}

/** One worker a core; started with the first slice that must really be cut. */
class Crew {
  #path;
  #workers = [];
  #waiting = new Map();
  #next = 0;

  constructor(path) {
    this.#path = path;
  }

  cut(part) {
    if (this.#workers.length === 0) this.#start();
    const number = this.#next++;
    this.#workers[number % this.#workers.length].postMessage({ number, part });
    return new Promise((done, fail) => this.#waiting.set(number, { done, fail }));
  }

  #start() {
    for (let i = 0; i < availableParallelism(); i += 1) {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { path: this.#path } });
      worker.on("message", ({ number, bytes }) => this.#waiting.get(number).done(Buffer.from(bytes)));
      worker.on("error", (error) => this.#waiting.forEach(({ fail }) => fail(error)));
      this.#workers.push(worker);
    }
  }

  rest() {
    for (const worker of this.#workers) worker.terminate();
  }
}

if (!isMainThread) {
  const require = createRequire(import.meta.url);
  const subsetFont = require("subset-font");
  const { convert } = require("fontverter");
  const whole = readFileSync(workerData.path);
  const every = Array.from({ length: 0xf0 }, (_, i) => String.fromCodePoint(0xe0100 + i)).join("");
  // One after the other: the subsetter's memory holds one copy of the font at a time.
  let turn = Promise.resolve();
  parentPort.on("message", ({ number, part }) => {
    turn = turn.then(async () => {
      const text = String.fromCodePoint(...part) + every;
      const cut = await subsetFont(whole, text, { targetFormat: "sfnt", keepFeatures: [], noHinting: true });
      const named = tables(cut);
      const kept = { ...named, name: nameOf(family, false) };
      parentPort.postMessage({ number, bytes: await convert(file(kept), "woff2") });
    });
  });
}
