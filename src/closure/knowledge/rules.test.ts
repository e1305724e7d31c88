// Each rule on a small tree: what it is about is kept, with a reason that names the rule; without its trigger nothing is.
import { describe, expect, test } from "vitest";
import { closureOf, elf, keptFiles, library, program, script } from "../../../testing/closures.ts";
import { type KnowledgeCase, knowledgeCases } from "../../../testing/knowledge-cases.ts";
import { treePath } from "../../tree/path.ts";
import { namedServices } from "./name-service.ts";
import { rules } from "./rules.ts";

const multiarch = "/usr/lib/x86_64-linux-gnu";
const loader = elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" });

function closed(one: KnowledgeCase, triggered: boolean): ReturnType<typeof closureOf> {
  const at = triggered && one.program !== undefined ? one.program : "/app/p";
  const needed = triggered && one.needs !== undefined ? [one.needs] : [];
  const libraries = one.needs === undefined ? [] : [library(`${multiarch}/${one.needs}`)];
  const entries = [loader, program(at, { needed }), ...libraries, ...one.entries];
  return closureOf(entries, { launch: { entrypoint: [at] } });
}

describe("knowledge rules", () => {
  test.each(knowledgeCases)("$rule", (one) => {
    const closure = closed(one, true);
    expect(keptFiles(closure)).toEqual(expect.arrayContaining([...one.kept]));
    for (const left of one.left ?? []) expect(keptFiles(closure)).not.toContain(left);
    expect(closure.missing).toEqual([]);
    const first = treePath(one.kept[0] ?? "") ?? "/";
    const evidence = closure.reasons.get(first as never)?.map((reason) => reason.evidence);
    expect(evidence?.some((text) => text.startsWith(`rule ${one.rule}:`))).toBe(true);

    const without = keptFiles(closed(one, false));
    for (const kept of one.kept) expect(without).not.toContain(kept);
  });

  test("every rule has a case, and an id of its own", () => {
    expect(knowledgeCases.map((one) => one.rule).sort()).toEqual(rules.map((rule) => rule.id).sort());
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
  });

  test("nsswitch.conf names services, actions are none", () => {
    const text =
      "# x\npasswd: files systemd\nhosts:  files mdns4_minimal [NOTFOUND=return] dns # sss\nbad line\n";
    expect(namedServices(text)).toEqual(["files", "systemd", "mdns4_minimal", "dns"]);
  });

  test("services named in nsswitch.conf are kept where they are installed", () => {
    const closure = closureOf(
      [
        loader,
        program("/app/p", { needed: ["libc.so.6"] }),
        library(`${multiarch}/libc.so.6`),
        library(`${multiarch}/libnss_sss.so.2`),
        library(`${multiarch}/libnss_ldap.so.2`),
      ],
      {
        launch: { entrypoint: ["/app/p"] },
        settings: { "/etc/nsswitch.conf": "passwd: files sss\n", "/etc/ld.so.conf": "" },
      },
    );
    expect(keptFiles(closure)).toContain(`${multiarch}/libnss_sss.so.2`);
    expect(keptFiles(closure)).not.toContain(`${multiarch}/libnss_ldap.so.2`);
  });

  test("a runtime without a rule is said aloud, with or without a script", () => {
    const closure = closureOf(
      [
        loader,
        script("/app/main.foo", "/usr/bin/foo"),
        program("/usr/bin/foo", { needed: ["liblua5.4.so.0"] }),
        library(`${multiarch}/liblua5.4.so.0`),
      ],
      { launch: { entrypoint: ["/app/main.foo"] } },
    );
    expect(closure.unproven.map((one) => [one.path, one.kind])).toEqual([
      ["/usr/bin/foo", "no-rule"],
      [`${multiarch}/liblua5.4.so.0`, "no-rule"],
    ]);
  });
});
