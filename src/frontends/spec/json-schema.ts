// The JSON Schema of distill.yaml. What takes more than one place to judge (references.ts) only the parser knows.
import type { Json } from "../../base/canonical-json.ts";
import { documentSchema } from "../../formats/document/json-schema.ts";
import { spec } from "./fields.ts";

/** The whole schema, as docs/reference/distill.schema.json holds it. */
export function specSchema(): Json {
  return documentSchema(spec, "distill.yaml", "What an image is made of, apiVersion distill/v1.");
}
