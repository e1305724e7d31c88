// The pages of docs/reference/ that are made from the code.
import { policySchema } from "../../src/audit/policy/fields.ts";
import { specSchema } from "../../src/frontends/spec/json-schema.ts";
import { auditSchema } from "../../src/report/audit/json-schema.ts";
import { diffSchema } from "../../src/report/compare/json-schema.ts";
import { graphSchema } from "../../src/report/graph/json-schema.ts";
import { lintSchema } from "../../src/report/lint.ts";
import { metadataSchema } from "../../src/report/metadata.ts";
import { cliPage } from "./cli.ts";
import { diagnosticsPage } from "./diagnostics.ts";
import { dockerfilePage } from "./dockerfile.ts";
import { errorsPage } from "./errors.ts";
import { levelsPage } from "./levels.ts";
import { policyPage } from "./policy.ts";
import { rulesPage } from "./rules.ts";
import { specPage } from "./spec.ts";

/** File name to content. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["distill.schema.json", `${JSON.stringify(specSchema(), null, 2)}\n`],
    ["metadata.schema.json", `${JSON.stringify(metadataSchema(), null, 2)}\n`],
    ["audit.schema.json", `${JSON.stringify(auditSchema(), null, 2)}\n`],
    ["levels.md", levelsPage()],
    ["rules.md", rulesPage()],
    ["distill.yaml.md", specPage()],
    ["policy.schema.json", `${JSON.stringify(policySchema(), null, 2)}\n`],
    ["diff.schema.json", `${JSON.stringify(diffSchema(), null, 2)}\n`],
    ["graph.schema.json", `${JSON.stringify(graphSchema(), null, 2)}\n`],
    ["lint.schema.json", `${JSON.stringify(lintSchema(), null, 2)}\n`],
    ["policy.md", policyPage()],
    ["cli.md", await cliPage()],
    ["errors.md", errorsPage()],
    ["dockerfile.md", dockerfilePage()],
    ["diagnostics.md", diagnosticsPage()],
  ]);
}
