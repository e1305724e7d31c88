import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import { checkDockerfile } from "./check.ts";
import { parseDockerfile } from "./parse.ts";
import { dockerfileRules } from "./rules.ts";

const told = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ severity, rule, span, message, hint }) => {
    const place = span === undefined ? "" : `${span.line}:${span.column}-${span.endLine}:${span.endColumn}`;
    return `${place} ${severity} ${rule}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
  });

const allProblems = (text: string): readonly string[] => {
  const { value, diagnostics } = parseDockerfile(text, "Dockerfile");
  return told([...diagnostics, ...(value === undefined ? [] : checkDockerfile(value))]);
};

const mistakes: readonly (readonly [string, readonly string[]])[] = [
  ["FROM a\nRUN []", ["2:1-2:7 error missing-argument: RUN names no program (RUN [FLAGS] COMMAND)"]],
  ["FROM a\nRUN\nCMD []\nENTRYPOINT []", []],
  [
    "X\nCOPY b",
    [
      "1:1-1:2 error unknown-instruction: X is no instruction",
      "2:1-2:7 error missing-argument: COPY needs a source and a target (COPY [FLAGS] SOURCE... TARGET)",
    ],
  ],
  ["# syntax=docker/dockerfile:1.7-labs\nFROM a", []],
  ["# syntax=host.test/docker/dockerfile-upstream@sha256:0 x\nFROM a", []],
  [
    "# syntax=x/y\nFROM a",
    [
      "1:1-1:13 warning foreign-syntax: the frontend x/y is not run: the file is read as docker/dockerfile:1 does",
    ],
  ],
  [
    "FROM a\nRUN b \\\n\n\n c\nX",
    [
      "3:1-3:2 warning empty-continuation: a blank line stands between continued lines (remove it, or make it a comment)",
      "6:1-6:2 error unknown-instruction: X is no instruction",
    ],
  ],
  [
    'FROM a\nRUN <<${b:-\\"}',
    ["2:5-2:15 error malformed-heredoc: the name of the here-document has a quote that is not closed"],
  ],
  ["", ["1:1-1:1 error no-instructions: the file holds no instruction (begin with FROM)"]],
  ["# a\n", ["1:1-1:1 error no-instructions: the file holds no instruction (begin with FROM)"]],
  ["FROM a\nRNU b", ["2:1-2:4 error unknown-instruction: RNU is no instruction (did you mean RUN?)"]],
  [
    "FROM a\nRNU <<E\nx\nE\nCPOY a b",
    [
      "2:1-2:4 error unknown-instruction: RNU is no instruction (did you mean RUN?)",
      "5:1-5:5 error unknown-instruction: CPOY is no instruction (did you mean COPY?)",
    ],
  ],
  ["FROM a\nBANANAS b", ["2:1-2:8 error unknown-instruction: BANANAS is no instruction"]],
  ["RUN a", ["1:1-1:6 error no-stage: RUN stands before the first FROM (only ARG may do so)"]],
  ["ARG a", ["1:1-1:6 error no-stage: there is no FROM: the file has no stage to build"]],
  [
    "FROM",
    ["1:1-1:5 error missing-argument: FROM names no image (FROM [--platform=PLATFORM] IMAGE [AS NAME])"],
  ],
  [
    "FROM a b",
    [
      '1:8-1:9 error extra-argument: FROM takes an image and AS NAME, and no "b" (FROM [--platform=PLATFORM] IMAGE [AS NAME])',
    ],
  ],
  [
    "FROM a AS",
    [
      "1:8-1:10 error missing-argument: AS lacks the name of the stage (FROM [--platform=PLATFORM] IMAGE [AS NAME])",
    ],
  ],
  [
    "FROM a AS b c",
    [
      "1:13-1:14 error extra-argument: FROM takes nothing after the name of the stage (FROM [--platform=PLATFORM] IMAGE [AS NAME])",
    ],
  ],
  [
    "FROM a AS 1",
    [
      "1:11-1:12 error wrong-argument: a stage can't be called 1 (a name begins with a letter, and holds letters, digits, -, _ and .)",
    ],
  ],
  [
    "FROM a\nCOPY --form=b c d",
    ["2:6-2:14 error unknown-flag: COPY has no flag --form (did you mean --from?)"],
  ],
  ["FROM a\nUSER --x b", ["2:6-2:9 error unknown-flag: USER has no flag --x (USER NAME[:GROUP])"]],
  ["FROM a\nCOPY --from b c", ["2:6-2:12 error flag-value: --from lacks its value (write --from=...)"]],
  [
    "FROM a\nCOPY --link=x b c",
    ['2:6-2:14 error flag-value: --link can\'t be "x" (it is true or false, or stands alone)'],
  ],
  ["FROM a\nCOPY --from=a --from=b c d", ["2:15-2:23 error duplicate-flag: --from is given twice"]],
  ["FROM a\nCOPY --exclude=a --exclude=b c d", []],
  [
    "FROM a\nRUN --network=hots b",
    ['2:5-2:19 error flag-value: --network can\'t be "hots" (did you mean host?)'],
  ],
  ["FROM a\nRUN --security=sandbox b", []],
  [
    "FROM a\nRUN --security=insecure b",
    [
      "2:5-2:24 error unsupported-flag: --security=insecure asks for a step outside of the sandbox, which has all rights on this machine (remove it: what needs such rights is no step of a build)",
    ],
  ],
  [
    "FROM a\nRUN --device=x b",
    ["2:5-2:15 error unsupported-flag: --device asks for a device of this machine, which steps don't see"],
  ],
  [
    "FROM a\nCOPY b",
    ["2:1-2:7 error missing-argument: COPY needs a source and a target (COPY [FLAGS] SOURCE... TARGET)"],
  ],
  [
    "FROM a\nCOPY b <<E\nE",
    ["2:8-2:11 error wrong-argument: a here-document can't be the target (the target is the last argument)"],
  ],
  [
    "FROM a\nCOPY <<E /b\nx\n E",
    [
      "2:6-2:9 error unterminated-heredoc: the here-document E has no end (a line that holds E alone ends it)",
    ],
  ],
  [
    "FROM a\nRUN <<E \\\n <<F\nx\nE\n",
    [
      "3:2-3:5 error unterminated-heredoc: the here-document F has no end (a line that holds F alone ends it)",
    ],
  ],
  ["FROM a\nENV b", ["2:5-2:6 error missing-argument: ENV gives b no value (ENV NAME=VALUE...)"]],
  ["FROM a\nENV", ["2:1-2:4 error missing-argument: ENV lacks its argument (ENV NAME=VALUE...)"]],
  [
    "FROM a\nENV b=c d",
    ['2:9-2:10 error wrong-argument: "d" is not name=value (a value with blanks stands in double quotes)'],
  ],
  ["FROM a\nENV =b", ["2:5-2:5 error wrong-argument: there is no name before the ="]],
  [
    'FROM a\nCMD ["a", 1]',
    [
      '2:11-2:12 error json-not-strings: the JSON form of an instruction holds strings only (put it in double quotes: ["a", "1"])',
    ],
  ],
  [
    'FROM a\nCMD ["a", \\\n ["b"] ]',
    [
      '3:2-3:7 error json-not-strings: the JSON form of an instruction holds strings only (put it in double quotes: ["a", "1"])',
    ],
  ],
  [
    "FROM a\nCMD ['b', 'c']",
    [
      '2:5-2:15 warning json-malformed: this begins like the JSON form, and is not JSON: it is not read as a list (strings stand in double quotes, with commas between them: ["a", "b"])',
    ],
  ],
  [
    "FROM a\nSHELL b",
    ['2:1-2:8 error wrong-argument: SHELL takes the JSON form only (SHELL ["PROGRAM", "ARGUMENT"])'],
  ],
  ['FROM a\nVOLUME [""]', ["2:9-2:11 error wrong-argument: a volume has no path"]],
  ["FROM a\nWORKDIR", ["2:1-2:8 error missing-argument: WORKDIR lacks its argument (WORKDIR PATH)"]],
  [
    "FROM a\nHEALTHCHECK",
    [
      "2:1-2:12 error missing-argument: HEALTHCHECK lacks CMD or NONE (HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE)",
    ],
  ],
  [
    "FROM a\nHEALTHCHECK x",
    [
      "2:13-2:14 error wrong-argument: HEALTHCHECK takes CMD or NONE, and no x (HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE)",
    ],
  ],
  [
    "FROM a\nHEALTHCHECK CMD",
    [
      "2:13-2:16 error missing-argument: HEALTHCHECK CMD lacks its command (HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE)",
    ],
  ],
  [
    "FROM a\nHEALTHCHECK NONE x",
    [
      "2:1-2:19 error extra-argument: HEALTHCHECK NONE takes no command (HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE)",
    ],
  ],
  [
    "FROM a\nHEALTHCHECK --interval=1 CMD b",
    ['2:13-2:25 error flag-value: --interval can\'t be "1" (a duration is written as 30s, 1m30s or 500ms)'],
  ],
  [
    "FROM a\nHEALTHCHECK --timeout=1us CMD b",
    ['2:13-2:26 error flag-value: --timeout can\'t be "1us" (it is one millisecond at least)'],
  ],
  [
    "FROM a\nHEALTHCHECK --retries=-1 CMD b",
    ['2:13-2:25 error flag-value: --retries can\'t be "-1" (it is a number that is not negative)'],
  ],
  [
    "FROM a\nONBUILD",
    ["2:1-2:8 error missing-argument: ONBUILD lacks its instruction (ONBUILD INSTRUCTION)"],
  ],
  ["FROM a\nONBUILD FROM b", ["2:9-2:15 error onbuild-trigger: FROM can't be the trigger of ONBUILD"]],
  [
    "FROM a\nONBUILD ONBUILD RUN b",
    ["2:9-2:16 error onbuild-trigger: ONBUILD can't be the trigger of ONBUILD"],
  ],
  [
    "FROM a\nONBUILD COPY b",
    ["2:9-2:15 error missing-argument: COPY needs a source and a target (COPY [FLAGS] SOURCE... TARGET)"],
  ],
  [
    "FROM a\nRUN b \\\n\n c",
    [
      "3:1-3:2 warning empty-continuation: a blank line stands between continued lines (remove it, or make it a comment)",
    ],
  ],
  [
    "# escape=x\nFROM a",
    [
      '1:1-1:11 error directive: the escape character can\'t be "x" (it is a backslash (\\) or a backquote (`))',
    ],
  ],
  ["# escape=`\n# escape=`\nFROM a", ["2:1-2:11 error directive: the directive escape is given twice"]],
  [
    "# check=skp=a\nFROM a",
    ['1:1-1:14 error directive: the directive check has no option "skp" (did you mean skip?)'],
  ],
  [
    "# check=error=x\nFROM a",
    ['1:1-1:16 error directive: error of the directive check can\'t be "x" (it is true or false)'],
  ],
  [
    "// syntax=x/y\nall else",
    ["1:1-1:14 error foreign-syntax: this is no Dockerfile: it is for the frontend x/y"],
  ],
  ['{"syntax": "x/y"}', ["1:1-1:2 error foreign-syntax: this is no Dockerfile: it is for the frontend x/y"]],
];

describe("what is wrong", () => {
  test.each(mistakes)("%j", (text, expected) => {
    expect(allProblems(text)).toEqual(expected);
  });

  test.each<[string, string]>([
    ["dockerfileBytesMax", `FROM a\n${"#\n".repeat(limits.dockerfileBytesMax / 2)}`],
    ["dockerfileLineLengthMax", `FROM ${"a".repeat(limits.dockerfileLineLengthMax)}`],
    ["dockerfileInstructionsMax", `FROM a\n${"RUN b\n".repeat(limits.dockerfileInstructionsMax)}`],
    ["dockerfileStagesMax", "FROM a\n".repeat(limits.dockerfileStagesMax + 1)],
    ["heredocsMax", `RUN ${"<<A ".repeat(limits.heredocsMax + 1)}\n${"A\n".repeat(limits.heredocsMax + 1)}`],
  ])("%s", (limit, text) => {
    const found = allProblems(text);
    expect(found.filter((one) => one.includes("dockerfile-limit"))).toEqual([expect.stringContaining(limit)]);
  });
});

test("every rule of parsing and checking is broken above or in a test of its own", () => {
  const broken = new Set(
    [...mistakes.flatMap(([, expected]) => expected), "dockerfile-limit"].map(
      (one) => /(?:error|warning) ([a-z-]+):/.exec(one)?.[1] ?? one,
    ),
  );
  expect(Object.keys(dockerfileRules).filter((rule) => !broken.has(rule))).toEqual([]);
});
