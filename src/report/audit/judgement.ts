// What a gate refused, for a terminal: what failed, what it is about, what to do.
import type { Failure } from "../../audit/judge.ts";
import { styleFor } from "../style.ts";
import { printableLine, shorten } from "../text.ts";

const columnsDefault = 80;

interface Refused {
  readonly image: string;
  readonly failures: readonly Failure[];
}

/** Ends with a line feed. */
export function renderJudgement(
  refused: readonly Refused[],
  options: { readonly colour: boolean; readonly columns?: number | undefined },
): string {
  const style = styleFor(options.colour);
  const columns = options.columns ?? columnsDefault;
  const lines = refused.flatMap(({ failures, image }) =>
    failures.flatMap(({ details, gate, hint, what }) => [
      `${style("red", "failed")}: ${printableLine(image)}: ${printableLine(what)} [${gate}]`,
      ...details.map((one) => shorten(`  ${printableLine(one)}`, columns)),
      ...(hint === "" ? [] : [`${style("cyan", "hint")}: ${printableLine(hint)}`]),
    ]),
  );
  return `${lines.join("\n")}\n`;
}
