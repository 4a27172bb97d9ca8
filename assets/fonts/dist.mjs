// The folder dist/: every file carries the hash of its content in its name.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "dist");
const memory = join(folder, ".made.json");

export const hash = (...parts) => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest("hex").slice(0, 12);
};

export class Dist {
  made = 0;
  kept = 0;
  #files = {};
  #before = existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : {};
  #now = {};

  constructor() {
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a file and returns its hashed name. */
  add(logical, bytes) {
    const dot = logical.lastIndexOf(".");
    const name = `${logical.slice(0, dot)}.${hash(bytes)}${logical.slice(dot)}`;
    if (existsSync(join(folder, name))) this.kept += 1;
    else {
      writeFileSync(join(folder, name), bytes);
      this.made += 1;
    }
    this.#files[logical] = name;
    return name;
  }

  /** A file that is costly to make: made again only when `key` (a hash of all that it depends on) changes. */
  async once(logical, key, make) {
    const before = this.#before[logical];
    if (before?.key === key && existsSync(join(folder, before.name))) {
      this.kept += 1;
      this.#files[logical] = before.name;
    } else {
      this.add(logical, await make());
    }
    this.#now[logical] = { key, name: this.#files[logical] };
    return this.#files[logical];
  }

  /** Sweeps what no run needs any more; returns the manifest. */
  finish() {
    const wanted = new Set(Object.values(this.#files));
    for (const name of readdirSync(folder)) {
      if (!wanted.has(name)) rmSync(join(folder, name));
    }
    writeFileSync(memory, JSON.stringify(this.#now));
    return this.#files;
  }
}
