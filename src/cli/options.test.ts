import { describe, expect, test } from "vitest";
import { InvalidInput } from "../base/diagnostics.ts";
import { type OptionTable, parseArguments } from "./options.ts";

const table = {
  push: { kind: "flag", short: "p", summary: "" },
  load: { kind: "flag", short: "l", summary: "" },
  "no-cache": { kind: "flag", summary: "" },
  output: { kind: "text", short: "o", value: "DEST", summary: "" },
  file: { kind: "text", short: "f", value: "FILE", summary: "", default: "distill.yaml" },
  tag: { kind: "list", short: "t", value: "REF", summary: "" },
  platform: { kind: "list", value: "LIST", commas: true, summary: "" },
  compression: { kind: "choice", value: "NAME", choices: ["gzip", "zstd"], default: "gzip", summary: "" },
} as const satisfies OptionTable;

const nothing = {
  push: false,
  load: false,
  "no-cache": false,
  output: undefined,
  file: "distill.yaml",
  tag: [],
  platform: [],
  compression: "gzip",
};

describe("what is given arrives", () => {
  test.each<[string, string[], object]>([
    ["nothing", [], {}],
    ["a flag", ["--no-cache"], { "no-cache": true }],
    ["a value in the next word", ["--output", "oci:x"], { output: "oci:x" }],
    ["a value after =", ["--output=oci:x=y"], { output: "oci:x=y" }],
    ["a value that begins with a dash", ["--output=-x"], { output: "-x" }],
    ["a dash alone is a value", ["--output", "-"], { output: "-" }],
    ["a short option", ["-o", "x"], { output: "x" }],
    ["a short option with its value", ["-ox"], { output: "x" }],
    ["a short option with =", ["-o=x"], { output: "x" }],
    ["joined flags", ["-pl"], { push: true, load: true }],
    ["joined flags and a value", ["-plo", "x"], { push: true, load: true, output: "x" }],
    ["the last one counts", ["-o", "x", "-o", "y"], { output: "y" }],
    ["a list", ["-t", "a", "--tag=b"], { tag: ["a", "b"] }],
    ["a list with commas", ["--platform", "a, b", "--platform=c"], { platform: ["a", "b", "c"] }],
    ["commas count only where the table says so", ["-t", "a,b"], { tag: ["a,b"] }],
    ["a choice", ["--compression", "zstd"], { compression: "zstd" }],
    ["another default", ["-f", "x"], { file: "x" }],
  ])("%s", (_name, argv, expected) => {
    expect(parseArguments(argv, table, "").options).toEqual({ ...nothing, ...expected });
  });

  test("options and arguments may be mixed; -- ends both", () => {
    const args = parseArguments(["a", "-p", "b", "--", "-x", "--"], table, "ONE TWO [-- REST]");
    expect(args).toMatchObject({ positionals: ["a", "b"], rest: ["-x", "--"], options: { push: true } });
  });
});

describe("mistakes", () => {
  const mistakesOf = (argv: string[], usage: string): string[] => {
    try {
      parseArguments(argv, table, usage);
      return [];
    } catch (thrown) {
      if (!(thrown instanceof InvalidInput)) throw thrown;
      return thrown.diagnostics.map((one) => `${one.rule}: ${one.message} | ${one.hint ?? ""}`);
    }
  };

  test.each<[string[], string, string[]]>([
    [["--ouput", "x"], "[DIR]", ["unknown-option: there is no option --ouput | did you mean --output?"]],
    [["--zzzzzzzz"], "", ["unknown-option: there is no option --zzzzzzzz | --help lists the options"]],
    [["--constructor"], "", ["unknown-option: there is no option --constructor | --help lists the options"]],
    [["-z"], "", ["unknown-option: there is no option -z | --help lists the options"]],
    [["--output"], "", ["missing-value: --output needs a value: --output DEST | "]],
    [["--output="], "", ["missing-value: --output needs a value: --output DEST | "]],
    [
      ["--output", "--push"],
      "",
      ["missing-value: --output needs a value: --output DEST | write --output=--push if --push is the value"],
    ],
    [["--push=yes"], "", ["unexpected-value: --push takes no value | "]],
    [
      ["--compression=gzp"],
      "",
      ["wrong-choice: --compression takes gzip, zstd; not gzp | did you mean gzip?"],
    ],
    [["a", "b"], "[DIR]", ["unexpected-argument: unexpected argument b | "]],
    [[], "IMAGE", ["missing-argument: IMAGE is missing | "]],
    [["a"], "IMAGE IMAGE", ["missing-argument: IMAGE is missing | "]],
    [["prun"], "du|prune", ["wrong-choice: expected du or prune; found prun | did you mean prune?"]],
    [["--", "a"], "", ["unexpected-argument: nothing is expected after -- | "]],
    [
      ["-z", "--nocache"],
      "",
      [
        "unknown-option: there is no option -z | --help lists the options",
        "unknown-option: there is no option --nocache | did you mean --no-cache?",
      ],
    ],
  ])("%j for %s", (argv, usage, expected) => {
    expect(mistakesOf(argv, usage)).toEqual(expected);
  });

  test.each([
    ["FILE...", ["a", "b", "c"]],
    ["[FILE...]", []],
    ["[FILE...]", ["a", "b"]],
    ["IMAGE [PATH]", ["a"]],
    ["IMAGE [PATH]", ["a", "b"]],
    ["", []],
  ])("%s accepts %j", (usage, argv) => {
    expect(mistakesOf(argv, usage)).toEqual([]);
  });
});
