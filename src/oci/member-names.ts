// Names of JSON members as Go's encoding/json compares them, which engines and registries read these documents with: where no
// member has a field's very name, and also where one has, a member that differs in case only is taken for it; the last one
// counts. What is read by the exact names here would be another image there, so a second spelling is refused.
import { type JsonObject, malformed } from "./json.ts";

/**
 * Refuses a member that Go takes for one of `names` and that is spelt otherwise.
 * @throws ToolError "malformed", with both spellings
 */
export function refuseOtherSpellings(value: JsonObject, names: readonly string[], what: string): void {
  const known = new Map(names.map((name) => [folded(name), name]));
  for (const member of Object.keys(value)) {
    const name = known.get(folded(member));
    if (name !== undefined && name !== member) {
      throw malformed(what, `it spells "${name}" as ${JSON.stringify(member)}`);
    }
  }
}

/** One text for all that Unicode's simple folding takes for the same ASCII letters: also the long s and the Kelvin sign. */
function folded(name: string): string {
  return name.replaceAll("\u017f", "s").replaceAll("\u212a", "k").toLowerCase();
}
