// What BuildKit 0.34 says of these files when it is asked for frontend.lint, learnt from it once: the line of the instruction, and
// the rule. It names lines only, and counts undefined variables as we do.
import { expect, test } from "vitest";
import { parseIgnoreFile } from "../../../formats/ignore-patterns.ts";
import { parseDockerfile } from "../parse.ts";
import { lintDockerfile } from "./lint.ts";
import { type LintRule, type LintRuleId, lintRules } from "./rules.ts";

interface More {
  readonly ignore?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** A name, the file, what is told, and what there is beside the file. */
const cases: readonly (readonly [string, string, string, More?])[] = [
  ["nothing", 'FROM scratch AS base\nCOPY a /a\nUSER 1\nENTRYPOINT ["/a"]\n', ""],
  ["a stage's name in capitals", "FROM scratch AS BadStageName\n", "1 StageNameCasing"],
  ["a stage's name in part", "FROM scratch AS base2\nFROM scratch AS baSe\n", "2 StageNameCasing"],
  [
    "as in another case",
    "FROM scratch as base\nfrom scratch AS second\n",
    "1 FromAsCasing, 2 ConsistentInstructionCasing, 2 FromAsCasing",
  ],
  [
    "from in mixed case decides nothing",
    "From scratch as base\nFrom scratch AS second\n",
    "1 ConsistentInstructionCasing, 2 ConsistentInstructionCasing",
  ],
  ["from and as in mixed case", "FROM scratch As base\n", "1 FromAsCasing"],
  [
    "an empty continuation",
    "FROM scratch\n# warn below\nCOPY \\\n\na /a\nCOPY b \\\n\n\n  /b\n",
    "5 NoEmptyContinuation, 9 NoEmptyContinuation",
  ],
  [
    "instructions in several cases, most upper",
    "FROM scratch\ncopy a /a\nCOPY b /b\nCopy c /c\n",
    "2 ConsistentInstructionCasing, 4 ConsistentInstructionCasing",
  ],
  [
    "instructions in several cases, most lower",
    "from scratch\ncopy a /a\nCOPY b /b\ncopy c /c\n",
    "3 ConsistentInstructionCasing",
  ],
  ["as many upper as lower", "FROM scratch\ncopy a /a\n", "2 ConsistentInstructionCasing"],
  [
    "global args and triggers count for nothing",
    "arg A=1\narg B=1\narg C=1\nFROM scratch\nCOPY a /a\nONBUILD copy b /b\n",
    "",
  ],
  [
    "a stage's name twice",
    "FROM scratch AS b\nFROM scratch AS c\nFROM scratch AS b\nFROM scratch AS B\n",
    "3 DuplicateStageName, 4 DuplicateStageName, 4 StageNameCasing",
  ],
  [
    "reserved names",
    "FROM scratch AS scratch\nFROM scratch AS context\nFROM scratch AS Context\n",
    "1 ReservedStageName, 2 ReservedStageName, 3 DuplicateStageName, 3 ReservedStageName, 3 StageNameCasing",
  ],
  ["shell forms", "FROM scratch\nCMD mycommand\n", "2 JSONArgsRecommended"],
  [
    "shell forms of both",
    "FROM scratch\nENTRYPOINT mycommand\nCMD more\n",
    "2 JSONArgsRecommended, 3 JSONArgsRecommended",
  ],
  ["shell form with a shell", 'FROM scratch\nSHELL ["/usr/bin/bash", "-c"]\nCMD mycommand\n', ""],
  [
    "shell form with a shell of the stage it begins with",
    'FROM scratch AS a\nSHELL ["/sh", "-c"]\nFROM a\nENTRYPOINT x\n',
    "",
  ],
  ["json forms", 'FROM scratch\nCMD ["a"]\nENTRYPOINT ["b"]\n', ""],
  ["no command at all", "FROM scratch\nCMD\nENTRYPOINT []\n", "2 JSONArgsRecommended"],
  ["health in shell form", "FROM scratch\nHEALTHCHECK CMD curl x\n", ""],
  ["maintainer", "FROM scratch\nMAINTAINER me@example.test\n", "2 MaintainerDeprecated"],
  [
    "an undeclared arg in from",
    "ARG tag=latest\nFROM scratch${version} AS b\nCOPY a /a\n",
    "2 UndefinedArgInFrom",
  ],
  ["an arg in from with a typing mistake", "ARG VERSION\nFROM scratch$VERSIN\n", "2 UndefinedArgInFrom"],
  [
    "predefined args in from",
    "FROM --platform=$BUILDPLATFORM scratch\nFROM --platform=linux/${TARGETARCH} scratch\n",
    "",
  ],
  [
    "an undeclared platform arg",
    "ARG MY_ARCH=amd64\nFROM --platform=linux/${MYARCH:-amd64} scratch\n",
    "2 UndefinedArgInFrom",
  ],
  [
    "an arg of a stage is none of from",
    "FROM scratch AS a\nARG x=scratch\nFROM scratch${x}\n",
    "3 UndefinedArgInFrom",
  ],
  ["a default in from", "FROM scra${x:-tch}\n", "1 UndefinedArgInFrom"],
  ["a relative workdir", "FROM scratch\nWORKDIR app/\n", "2 WorkdirRelativePath"],
  ["a relative workdir after an absolute one", "FROM scratch\nWORKDIR /app\nWORKDIR sub\n", ""],
  [
    "an absolute one of the stage it begins with",
    "FROM scratch AS a\nWORKDIR /app\nFROM a\nWORKDIR sub\n",
    "",
  ],
  ["two relative ones", "FROM scratch\nWORKDIR a\nWORKDIR b\n", "2 WorkdirRelativePath"],
  [
    "a relative one by a variable",
    "FROM scratch\nARG d=/app\nWORKDIR $d\nFROM scratch\nARG d=app\nWORKDIR $d\n",
    "6 WorkdirRelativePath",
  ],
  [
    "undefined variables",
    "FROM scratch\nARG foo\nCOPY a${foo} /a\nCOPY $bar /b\nENV X=$y Z=${z}\n",
    "4 UndefinedVar, 5 UndefinedVar, 5 UndefinedVar",
  ],
  ["with a suggestion", "FROM scratch\nARG DIR_ASSETS=assets/\nCOPY ${DIR_ASSET}a /a\n", "3 UndefinedVar"],
  ["PATH is always there", "FROM scratch\nENV PATH=$PAHT:/b\nENV PATH=/a:$PATH\n", "2 UndefinedVar"],
  [
    "defaults and alternatives",
    "FROM scratch\nENV A=${b:-c} D=${e:+f} G=${h-i}\nCOPY ${s#p} ${t/x/y} /a\n",
    "2 UndefinedVar, 2 UndefinedVar, 2 UndefinedVar, 3 UndefinedVar, 3 UndefinedVar",
  ],
  ["a variable in one's own line", "FROM scratch\nENV abc=hello def=$abc\n", "2 UndefinedVar"],
  [
    "a variable twice in a line",
    "FROM scratch\nENV a=$x b=$x c=$x\n",
    "2 UndefinedVar, 2 UndefinedVar, 2 UndefinedVar",
  ],
  [
    "where variables mean nothing",
    'FROM scratch\nCMD ["$x"]\nENTRYPOINT ["$x"]\nRUN ["$x"]\nRUN echo $x\nHEALTHCHECK CMD ["$x"]\nSHELL ["$x"]\nMAINTAINER $x\nONBUILD COPY $x /a\n',
    "8 MaintainerDeprecated",
  ],
  [
    "where they are expanded and told",
    "FROM scratch\nLABEL l$a=$b\nUSER $c\nWORKDIR /$d\nVOLUME /$e\nSTOPSIGNAL 9$f\nADD $g /g\nCOPY --chown=$h --chmod=7$i a /a\n",
    "2 UndefinedVar, 2 UndefinedVar, 3 UndefinedVar, 4 UndefinedVar, 5 UndefinedVar, 6 UndefinedVar, 7 UndefinedVar, 8 UndefinedVar, 8 UndefinedVar",
  ],
  ["expose tells nothing", "FROM scratch\nEXPOSE 80$x\n", ""],
  [
    "in mounts",
    'FROM scratch\nRUN --mount=type=cache,id=$x,target=/$y ["/a"]\n',
    "2 UndefinedVar, 2 UndefinedVar",
  ],
  [
    "in here-documents",
    "FROM scratch\nCOPY <<a <<\"b\" /\n$x ${y} 'q $z'\na\n$w\nb\n",
    "2 UndefinedVar, 2 UndefinedVar, 2 UndefinedVar",
  ],
  ["quoted and escaped", "FROM scratch\nENV A='$x' B=\\$y C=\"$z\"\n", "2 UndefinedVar"],
  [
    "inherited variables and args",
    "FROM scratch AS a\nARG foo=x\nENV bar=y\nARG baz\nFROM a\nCOPY $foo $bar ${baz}c /\n",
    "",
  ],
  [
    "global args need a line in the stage",
    "ARG foo=x\nFROM scratch\nCOPY $foo /\nARG foo\nCOPY $foo /\n",
    "3 UndefinedVar",
  ],
  [
    "proxies are not seen",
    "FROM scratch\nENV A=$HTTP_PROXY B=$TARGETARCH\n",
    "2 UndefinedVar, 2 UndefinedVar",
  ],
  ["in the default of an arg", "FROM scratch\nARG a=$b c=$a d=$PATH\n", "2 UndefinedVar"],
  ["in the default of a given arg", "FROM scratch\nARG a=$b\nENV c=$a\n", "", { buildArgs: { a: "1" } }],
  [
    "several of the same",
    'FROM scratch\nENTRYPOINT ["/a"]\nENTRYPOINT ["/b"]\nCMD ["/a"]\nCMD ["/b"]\nCMD ["/c"]\nHEALTHCHECK CMD ["/a"]\nHEALTHCHECK NONE\n',
    "2 MultipleInstructionsDisallowed, 4 MultipleInstructionsDisallowed, 5 MultipleInstructionsDisallowed, 7 MultipleInstructionsDisallowed",
  ],
  ["several in stages that go on", 'FROM scratch AS a\nCMD ["/a"]\nFROM a\nCMD ["/b"]\n', ""],
  [
    "legacy pairs",
    "FROM scratch\nENV key some value\nLABEL key value\nENV a=b\n",
    "2 LegacyKeyValueFormat, 2 SecretsUsedInArgOrEnv, 3 LegacyKeyValueFormat",
  ],
  [
    "platforms that say nothing",
    "FROM --platform=$TARGETPLATFORM scratch\nFROM --platform=${TARGETPLATFORM} scratch\nFROM --platform=${TARGETPLATFORM:-x} scratch\n",
    "1 RedundantTargetPlatform, 2 RedundantTargetPlatform, 3 RedundantTargetPlatform",
  ],
  [
    "constant platforms",
    "FROM --platform=linux/amd64 scratch\nFROM --platform=linux/arm64 scratch AS build_arm64\nFROM --platform=linux/amd64 scratch AS my-linux\nFROM --platform=amd64 scratch AS b\n",
    "1 FromPlatformFlagConstDisallowed, 4 FromPlatformFlagConstDisallowed",
  ],
  ["a platform by an arg", "ARG P=linux/amd64\nFROM --platform=$P scratch\n", ""],
  [
    "secrets",
    "FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\nENV password=bar secret=baz\nARG super_duper_secret_token=foo auth=bar\nENV apikey=bar sunflower=foo\nENV git_key=\nENV PUBLIC_KEY=\nARG public_token\nARG SECRET_PASSPHRASE_FILE\nENV password_file=bar secret_File=baz\nARG AUTH_MODULE_VERSION\nENV keys=1 passwords=2 monkey=3 PWORD=4 my_passwd=5 credential=6 credentials_x=7\n",
    "2 SecretsUsedInArgOrEnv, 3 SecretsUsedInArgOrEnv, 4 SecretsUsedInArgOrEnv, 4 SecretsUsedInArgOrEnv, 5 SecretsUsedInArgOrEnv, 5 SecretsUsedInArgOrEnv, 6 SecretsUsedInArgOrEnv, 7 SecretsUsedInArgOrEnv, 13 SecretsUsedInArgOrEnv, 13 SecretsUsedInArgOrEnv, 13 SecretsUsedInArgOrEnv, 13 SecretsUsedInArgOrEnv",
  ],
  ["secrets before from", "ARG TOKEN\nFROM scratch\n", ""],
  [
    "an empty default",
    "ARG IMAGE\nFROM $IMAGE\n",
    "2 InvalidDefaultArgInFrom",
    { buildArgs: { IMAGE: "scratch" } },
  ],
  [
    "an invalid default",
    'ARG SFX="box:"\nFROM scr${SFX}\n',
    "2 InvalidDefaultArgInFrom",
    { buildArgs: { SFX: "atch" } },
  ],
  ["a default that is fine", "ARG V=latest\nARG W\nFROM scratch${W}\nFROM scra${V:+tch}\n", ""],
  [
    "copies of what is ignored",
    "FROM scratch\nCOPY Dockerfile .\nADD Dockerfile /w\nCOPY . /\nCOPY x/y z /\n",
    "2 CopyIgnoredFile, 3 CopyIgnoredFile, 5 CopyIgnoredFile",
    { ignore: "Dockerfile\nx\n" },
  ],
  [
    "copies of all that is ignored",
    "FROM scratch\nCOPY . /\nCOPY ./ /\nCOPY / /\n",
    "2 CopyIgnoredFile, 3 CopyIgnoredFile, 4 CopyIgnoredFile",
    { ignore: "*\n" },
  ],
  ["copies with exceptions", "FROM scratch\nCOPY Dockerfile .\n", "", { ignore: "**\n!a\n" }],
  [
    "copies from stages and addresses",
    "FROM scratch AS a\nFROM scratch\nCOPY --from=a Dockerfile .\nADD https://example.test/Dockerfile /\nCOPY *file ./D* /\n",
    "5 CopyIgnoredFile",
    { ignore: "Dockerfile\n*file\n" },
  ],
  [
    "ports",
    "FROM scratch\nEXPOSE 80/TcP 53/udp 8080/TCP\nEXPOSE 127.0.0.1:80:80\nEXPOSE 8080:80\nEXPOSE 5000-5005/UDP\n",
    "2 ExposeProtoCasing, 2 ExposeProtoCasing, 3 ExposeInvalidFormat, 4 ExposeInvalidFormat, 5 ExposeProtoCasing",
  ],
  [
    "descriptions are off",
    "# foo this is the bar\nARG foo=bar\n# BasE is it\nFROM scratch AS base\n# bad\nARG version\n",
    "",
  ],
  [
    "descriptions",
    "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n# BasE this is the BasE image\nFROM scratch AS base\n# definitely a bad comment\nARG version=latest\n# definitely a bad comment\nARG foo=baz bar=qux baz=quux\n# foo is fine\nARG foo\n\n# blank below\n\nARG x\n# a\n# x b\nARG x y\n",
    "3 InvalidDefinitionDescription, 5 InvalidDefinitionDescription, 7 InvalidDefinitionDescription, 9 InvalidDefinitionDescription, 15 InvalidDefinitionDescription",
  ],
  [
    "all experimental ones",
    "# check=experimental=all\n# no\nFROM scratch AS base\n",
    "3 InvalidDefinitionDescription",
  ],
  ["skip one", "# check=skip=StageNameCasing\nFROM scratch as Base\n", "2 FromAsCasing"],
  ["skip several", "# check=skip=StageNameCasing, FromAsCasing\nFROM scratch as Base\n", "2 FromAsCasing"],
  ["skip several without a blank", "# check=skip=StageNameCasing,FromAsCasing\nFROM scratch as Base\n", ""],
  ["skip all", "# check=skip=all\nFROM scratch as Base\nMAINTAINER x\ncopy \\\n\na /a\n", ""],
  ["skip in another case", "# check=skip=stagenamecasing\nFROM scratch AS Base\n", "2 StageNameCasing"],
  [
    "skip above an instruction",
    "FROM scratch\n# check=skip=SecretsUsedInArgOrEnv // allowed\nENV password=bar\nENV password=bar\n# check=skip=all\nMAINTAINER x\n# check=skip=JSONArgsRecommended\nCMD x\n# check=skip=FromAsCasing\nFROM scratch as b\n",
    "4 SecretsUsedInArgOrEnv",
  ],
  [
    "skip that has no meaning above an instruction",
    '# x\n# check=skip=FromAsCasing,StageNameCasing,DuplicateStageName,ReservedStageName,ConsistentInstructionCasing\nfrom scratch AS Scratch\n# check=skip=ConsistentInstructionCasing\ncopy a /a\nCOPY b /b\nCOPY b /b\nCOPY b /b\n# check=skip=MultipleInstructionsDisallowed\nCMD ["a"]\nCMD ["b"]\n# check=skip=NoEmptyContinuation\nCOPY \\\n\n a /b\n',
    "3 ConsistentInstructionCasing, 3 ReservedStageName, 5 ConsistentInstructionCasing, 10 MultipleInstructionsDisallowed, 15 NoEmptyContinuation",
  ],
  ["errors", "# check=error=true\nFROM scratch\nMAINTAINER x\n", "3 MaintainerDeprecated"],
  [
    "stages that nothing needs",
    "FROM scratch AS a\nENV k v\nCOPY $x /\nFROM scratch\n",
    "2 LegacyKeyValueFormat, 3 UndefinedVar",
  ],
  [
    "triggers of a stage",
    "FROM scratch AS a\nONBUILD ENV k v\nONBUILD CMD x\nFROM a\n",
    "4 JSONArgsRecommended, 4 LegacyKeyValueFormat",
  ],
  [
    "a byte order mark, carriage returns",
    "﻿FROM scratch AS Base\r\nMAINTAINER x\r\n",
    "1 StageNameCasing, 2 MaintainerDeprecated",
  ],
  [
    "an escape character",
    "# escape=`\nFROM scratch\nCOPY `\n\n  a /a\nENV A=`$x B=$y\n",
    "5 NoEmptyContinuation, 6 UndefinedVar",
  ],
  [
    "continued lines",
    "FROM scratch\nENV A=1 \\\n  # comment\n  password=2 \\\n  B=$x\nENTRYPOINT \\\n  x\n",
    "2 SecretsUsedInArgOrEnv, 2 UndefinedVar, 6 JSONArgsRecommended",
  ],
];

test.each(cases.map(([name, ...rest]) => ({ name, rest })))("$name", ({ rest: [text, told, more = {}] }) => {
  const { buildArgs = {}, ignore = "" } = more;
  const { diagnostics, value: ast } = parseDockerfile(text, "Dockerfile");
  if (ast === undefined) throw new Error("it is no Dockerfile");
  const context = {
    buildArgs: new Map(Object.entries(buildArgs)),
    ignorePatterns: parseIgnoreFile(ignore),
  };
  /** The first line of the instruction that a line is of. */
  const instructionAt = (line: number): number =>
    ast.instructions.find(({ span }) => span.line <= line && line <= span.endLine)?.span.line ?? line;
  const found = lintDockerfile(ast, context, diagnostics).flatMap(({ rule, span }) => {
    const { name, origin }: LintRule = lintRules[rule as LintRuleId];
    return origin === "buildkit" ? [`${instructionAt(span?.line ?? 0)} ${name}`] : [];
  });
  const expected =
    told === ""
      ? []
      : told.split(", ").map((one) => {
          const [line, name] = one.split(" ");
          return `${instructionAt(Number(line))} ${name}`;
        });
  // Each blank line has a place of its own here.
  const once = (all: readonly string[]): readonly string[] =>
    all.filter((one, index) => !one.endsWith("NoEmptyContinuation") || all.indexOf(one) === index).toSorted();
  expect(once(found)).toEqual(once(expected));
});
