// All knowledge rules. Order is that of reasons and reports.
import { libcRules } from "./libc.ts";
import type { KnowledgeRule } from "./rule.ts";

export const rules: readonly KnowledgeRule[] = [...libcRules];
