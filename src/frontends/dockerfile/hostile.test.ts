// Files that were written to be slow, deep or large. A way that is not linear in them would not come to an end.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lowerText } from "../../../testing/lowering.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkDockerfile } from "./check.ts";
import { parseDockerfile } from "./parse.ts";

/** As much as one line may hold. */
const full = (unit: string): string =>
  unit.repeat(Math.floor((limits.dockerfileLineLengthMax - 100) / unit.length));
/** Ten of them as one logical line. */
const joined = (unit: string): string => `RUN ${`${full(unit)}\\\n`.repeat(10)}`;

const nasty: readonly (readonly [string, string])[] = [
  ["unknown instructions", "x\n".repeat(200_000)],
  ["one long unknown instruction", full("x")],
  ["blank continuations", `RUN a \\\n${"\n".repeat(500_000)}`],
  ["comments in a line", `RUN a \\\n${"#\n".repeat(500_000)}`],
  ["marks of here-documents", joined("<<")],
  ["marks with names", joined("<<a ")],
  ["a mark of blanks", `RUN <<${full(" ")}<`],
  ["dollars", joined("$")],
  ["open braces", joined("${")],
  ["nested variables", joined("${a:-")],
  ["quotes", joined("'\"")],
  ["escape characters", joined("\\a")],
  ["brackets", `CMD ${full("[")}`],
  ["braces", `CMD [${full('{"a":')}`],
  ["strings", `CMD [${full('"a",')}"a"]`],
  ["an open string", `CMD [${full('"')}`],
  ["flags", `RUN ${full("--a ")}`],
  ["a quoted flag", `RUN --${full("'")}`],
  ["pairs", `ENV ${full("a=b ")}`],
  ["words that are no pairs", `ENV a=b ${full("a ")}`],
  ["triggers of triggers", full("ONBUILD ")],
  ["blanks in a directive", `# syntax${full(" ")}x`],
  ["directives", "# syntax=a\n".repeat(50_000)],
  ["options of a check", `# check=${full(";")}`],
  ["a long number", `HEALTHCHECK --interval=${full("1")} CMD x`],
  ["a long duration", `HEALTHCHECK --interval=${full("1s")}x CMD x`],
  ["tabs before the end of a here-document", `RUN <<-E\n${`${full("\t")}x\n`.repeat(10)}`],
];

describe("read", () => {
  test.each(nasty)("%s", (_name, text) => {
    const { value, diagnostics } = parseDockerfile(text, "f");
    expect(diagnostics.length).toBeLessThanOrEqual(limits.documentProblemsMax + 1);
    if (value !== undefined) checkDockerfile(value);
  });
});

const growing: readonly (readonly [string, string, string])[] = [
  [
    "variables that double",
    "expandedLengthMax",
    Array.from({ length: 40 }, (_, index) => `ENV a${index + 1}=$a${index}$a${index}`).join("\n"),
  ],
  [
    "steps that see what is large",
    "loweredLengthMax",
    `ENV a0=${"x".repeat(60_000)}\n${"RUN b\n".repeat(5000)}`,
  ],
  [
    "histories that say what is large",
    "loweredLengthMax",
    `ARG a0=${"x".repeat(60_000)}\n${"LABEL b=$a0\n".repeat(5000)}`,
  ],
  [
    "settings that every instruction copies",
    "loweredLengthMax",
    `EXPOSE 0-20000\n${"ENV a=b\n".repeat(5000)}`,
  ],
  [
    "patterns that match anything",
    "expansionMatchStepsMax",
    `ENV a0=${"y".repeat(60_000)}\n${`LABEL b=\${a0//${"*y".repeat(200)}z/}\n`.repeat(50)}`,
  ],
];

describe("lowered", () => {
  test.each(growing)("%s", async (_name, limit, instructions) => {
    const file = `FROM a\n${instructions.replace("$a0$a0", "1234567890123456")}`;
    await expect(lowerText(file)).rejects.toThrow(`(${limit})`);
  });

  const part = fc.constantFrom(
    ...[
      "FROM a",
      "FROM scratch AS b",
      "FROM b AS c",
      "FROM $x",
      "FROM --platform=$BUILDPLATFORM a",
      "ARG x=1",
      "ARG x",
      "ENV x=$y${z:-w}",
    ],
    ...[
      "COPY a b",
      "COPY --from=b c d",
      "COPY --from=0 c d",
      "COPY --from=i /x .",
      "COPY --link --chown=a:b --parents a/./b /c",
      "COPY <<E /e\n$x\nE",
    ],
    ...["ADD https://host.test/x /y", "ADD https://host.test/r.git#a:b /y", "ADD --unpack=false a b"],
    ...[
      "RUN a",
      'RUN ["a"]',
      "RUN <<E\n#!x\nE",
      "RUN --mount=type=cache,target=/c a",
      "RUN --mount=from=c,target=d a",
      "RUN --mount=type=secret,id=$x a",
    ],
    ...[
      "WORKDIR a",
      "WORKDIR /",
      "USER $x",
      "EXPOSE 1-3 $x",
      "VOLUME /a",
      "LABEL $x=y",
      "CMD a",
      "ENTRYPOINT []",
      'SHELL ["a"]',
      "STOPSIGNAL 9",
      "MAINTAINER a",
    ],
    ...[
      "HEALTHCHECK CMD a",
      "HEALTHCHECK NONE",
      "ONBUILD RUN a",
      "ONBUILD COPY --from=b a b",
      "ONBUILD ENV x=2",
    ],
  );

  test("what can't be lowered is told, and nothing else is thrown", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 14 }), async (lines) => {
        try {
          const first = await lowerText(lines.join("\n"));
          const second = await lowerText(lines.join("\n"));
          expect(first.targets.map(({ vertex }) => vertex.digest)).toEqual(
            second.targets.map(({ vertex }) => vertex.digest),
          );
        } catch (thrown) {
          if (!(thrown instanceof InvalidInput || thrown instanceof ToolError)) throw thrown;
          if (thrown instanceof InvalidInput) expect(thrown.diagnostics).not.toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
