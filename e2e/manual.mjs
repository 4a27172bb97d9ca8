// The pictures of the staff manual are those that the journeys took in e2e/out/ just now. This checks that each is
// there; with --write it also puts them beside the manual (`make manual`).
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const manual = join(import.meta.dirname, "../docs/manual");
const names = [...readFileSync(join(manual, "README.md"), "utf8").matchAll(/\]\(images\/([\w-]+\.png)\)/g)];
let [passed, failed] = [0, 0];
for (const [, name] of names) {
  const [taken, beside] = [join(import.meta.dirname, "out", name), join(manual, "images", name)];
  if (existsSync(taken) && process.argv.includes("--write")) copyFileSync(taken, beside);
  if (existsSync(taken) && existsSync(beside)) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`✗ ${name}: ${existsSync(taken) ? "run `make manual`" : "no journey takes this picture"}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
