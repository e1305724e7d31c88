// All knowledge rules. Order is that of reasons and reports.
import { authenticationRules } from "./authentication.ts";
import { cryptographyRules } from "./cryptography.ts";
import { libcRules } from "./libc.ts";
import { libraryRules } from "./libraries.ts";
import type { KnowledgeRule } from "./rule.ts";
import { runtimeRules } from "./runtimes.ts";
import { serverRules } from "./servers.ts";

export const rules: readonly KnowledgeRule[] = [
  ...libcRules,
  ...cryptographyRules,
  ...authenticationRules,
  ...libraryRules,
  ...runtimeRules,
  ...serverRules,
];
