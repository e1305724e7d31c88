// Writes docs/reference/ from the code: `node scripts/reference.ts`. A tidy test compares the two.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { referencePages } from "./reference/pages.ts";

const folder = join(import.meta.dirname, "../docs/reference");
for (const [name, content] of await referencePages()) {
  writeFileSync(join(folder, name), content);
  process.stdout.write(`docs/reference/${name}\n`);
}
