// What the command line says of caches, secrets and agents.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Parsed } from "../../../base/diagnostics.ts";
import { parseCacheOption } from "./cache-options.ts";
import { optionFields } from "./option-fields.ts";
import { parseSecretOption, parseSshOption } from "./secret-options.ts";

/** The value, or the mistake with its hint. */
function outcome<T>({ diagnostics, value }: Parsed<T>): T | string {
  if (value !== undefined) return value;
  return diagnostics
    .map(({ hint, message }) => (hint === undefined ? message : `${message} (${hint})`))
    .join("; ");
}

describe("--cache-to and --cache-from", () => {
  const registry = { type: "registry", reference: "r.test/app:cache", mode: "min" };
  test.each<["cache-to" | "cache-from", string, unknown]>([
    ["cache-from", "r.test/app:cache", registry],
    ["cache-to", "r.test/app:cache", registry],
    ["cache-to", "type=registry,ref=r.test/app:cache,mode=max", { ...registry, mode: "max" }],
    ["cache-to", "type=local,dest=out", { type: "local", path: "out", mode: "min" }],
    ["cache-from", "type=local,src=in", { type: "local", path: "in", mode: "min" }],
    ["cache-from", '"type=local","src=a,b"', { type: "local", path: "a,b", mode: "min" }],
    ["cache-to", "type=inline", { type: "inline", mode: "min" }],
    [
      "cache-to",
      "type=inline,mode=max",
      "--cache-to type=inline,mode=max: an image holds no results but its own: mode=max can't be inline",
    ],
    [
      "cache-from",
      "type=inline",
      '--cache-from type=inline: there is no type "inline" (it takes local, registry)',
    ],
    [
      "cache-to",
      "type=locl,dest=x",
      '--cache-to type=locl,dest=x: there is no type "locl" (did you mean "local"?)',
    ],
    ["cache-to", "type=local", "--cache-to type=local: type=local needs dest=FOLDER"],
    ["cache-to", "type=local,dest=", "--cache-to type=local,dest=: type=local needs dest=FOLDER"],
    [
      "cache-to",
      "type=local,src=x",
      '--cache-to type=local,src=x: there is no field "src" (it takes type, dest, mode)',
    ],
    ["cache-to", "dest=x", "--cache-to dest=x: it has no type (it takes local, registry, inline)"],
    [
      "cache-to",
      "type=local,dest=x,mode=mux",
      '--cache-to type=local,dest=x,mode=mux: there is no mode "mux" (did you mean "max"?)',
    ],
    [
      "cache-to",
      "type=local,type=local",
      "--cache-to type=local,type=local: its fields are no KEY=VALUE, or one comes twice",
    ],
    ["cache-to", "", "--cache-to : its fields are no KEY=VALUE, or one comes twice"],
  ])("%s %s", (option, text, expected) => {
    expect(outcome(parseCacheOption(text, option))).toEqual(expected);
  });
});

describe("--secret", () => {
  const file = (id: string, path: string): unknown => ({ id, source: { kind: "file", path } });
  test.each<[string, unknown]>([
    ["id=a,src=f", file("a", "f")],
    ["id=a,source=f", file("a", "f")],
    ["src=dir/f", file("f", "dir/f")],
    ["id=a,env=A", { id: "a", source: { kind: "variable", name: "A" } }],
    ["id=a", { id: "a", source: { kind: "either", name: "a" } }],
    ["id=a,type=env", { id: "a", source: { kind: "variable", name: "a" } }],
    ["id=a,type=env,src=A", { id: "a", source: { kind: "variable", name: "A" } }],
    ["id=a,type=file", file("a", "a")],
    ["env=A", { id: "A", source: { kind: "variable", name: "A" } }],
    ["id=a,type=vault", '--secret: there is no type "vault" (it is file or env)'],
    ["id=a,srk=f", '--secret has no field "srk" (did you mean "src"?)'],
    ["id=a,src=f,env=A", "--secret id=a has both a file and a variable"],
    ["id=", "--secret: id has no value"],
    ["type=file", "--secret has no id (write --secret id=ID,src=FILE)"],
  ])("%s", (text, expected) => {
    expect(outcome(parseSecretOption(text))).toEqual(expected);
  });

  test("a secret in the place of its name is not repeated", () => {
    const [diagnostic] = parseSecretOption("id=a,id=ghp_0123456789abcdef0123456789").diagnostics;
    expect(diagnostic?.message).not.toContain("0123456789");
  });
});

test.each<[string, unknown]>([
  ["default", { id: "default" }],
  ["github=/run/agent", { id: "github", socket: "/run/agent" }],
  ["a b", '--ssh a b: "a b" can\'t name an agent (write --ssh default, or --ssh ID=SOCKET)'],
  ["a=", "--ssh a: one socket of an agent is needed (start ssh-agent, and add keys to it with ssh-add)"],
  ["a=x,y", "--ssh a: one socket of an agent is needed (start ssh-agent, and add keys to it with ssh-add)"],
])("--ssh %s", (text, expected) => {
  expect(outcome(parseSshOption(text))).toEqual(expected);
});

test("fields are those that were written, quoted or not", () => {
  const key = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(key, fc.string()), { minLength: 1, selector: ([name]) => name }),
      (pairs) => {
        const text = pairs.map(([name, value]) => `"${`${name}=${value}`.replaceAll('"', '""')}"`).join(",");
        expect([...(optionFields(text) ?? [])]).toEqual(pairs);
      },
    ),
  );
  for (const wrong of ["a=1,", ",a=1", '"a=1', 'a"=1', "=1", "a=1,,b=2"])
    expect(optionFields(wrong)).toBeUndefined();
});
