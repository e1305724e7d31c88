// All cases of COPY and ADD, for the tests of this program and of BuildKit.
import { archiveCases } from "./archive-cases.ts";
import { attributeCases } from "./attribute-cases.ts";
import type { CopyCase } from "./case.ts";
import { linkCases } from "./link-cases.ts";
import { parentsCases } from "./parents-cases.ts";
import { excludeCases, patternCases } from "./pattern-cases.ts";
import { placingCases } from "./placing-cases.ts";

export const copyCases: readonly CopyCase[] = [
  ...placingCases,
  ...linkCases,
  ...attributeCases,
  ...patternCases,
  ...excludeCases,
  ...parentsCases,
  ...archiveCases,
];
