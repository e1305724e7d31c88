import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { baseName, parentOf, path, type TreePath } from "../../tree/path.ts";
import type { PackageControl } from "../package.ts";
import { applicableEffects, type EffectsContext, type ScriptVerdict } from "./effect.ts";
import { effectsOf, effectsOfAll } from "./effects-of.ts";

interface Given {
  readonly postinst?: string;
  readonly preinst?: string;
  readonly config?: string;
  readonly templates?: string;
  readonly triggers?: readonly string[];
  readonly paths?: readonly string[];
  readonly name?: string;
}

function controlOf(given: Given): PackageControl {
  const { postinst, preinst, config } = given;
  const script = (text: string): string => `#!/bin/sh\nset -e\n${text}\n`;
  return {
    id: `${given.name ?? "sample"}:amd64`,
    digest: digestOf(""),
    fields: new Map([["Version", "1.0-1"]]),
    paths: (given.paths ?? []).map(path),
    conffiles: [],
    sonames: [],
    scripts: {
      ...(postinst === undefined ? {} : { postinst: script(postinst) }),
      ...(preinst === undefined ? {} : { preinst: script(preinst) }),
      ...(config === undefined ? {} : { config: script(config) }),
    },
    triggers: given.triggers ?? [],
    md5sums: new Map(),
    ...(given.templates === undefined ? {} : { templates: given.templates }),
  };
}

function contextOf(
  files: Readonly<Record<string, string>>,
  ignored: Readonly<Record<string, string>> = {},
): EffectsContext {
  const names = Object.keys(files).map(path);
  const isFolder = (of: TreePath): boolean => names.some((name) => name.startsWith(`${of}/`));
  return {
    architecture: "amd64",
    shipped: (of) => (names.includes(of) ? "file" : isFolder(of) ? "directory" : undefined),
    filesIn: (of) => names.filter((name) => parentOf(name) === of).map(baseName),
    read: (of) => files[of],
    version: (name) => (name === "installed" ? "2.0" : undefined),
    ignored: new Map(Object.entries(ignored)),
  };
}

const shipped = {
  "/usr/share/sample/template": "mode = off\n# end\n",
  "/usr/share/sample/functions": "greet() { mkdir -p /var/lib/$1; }\n",
  "/usr/share/sample/list/b": "",
  "/usr/share/sample/list/a": "",
  "/etc/init.d/sample": "",
};

function verdictOf(given: Given, files: Readonly<Record<string, string>> = shipped): ScriptVerdict {
  return effectsOf(controlOf(given), contextOf(files));
}

/** Effects in short: "mkdir? /x" where a question was asked. */
function shortOf(verdict: ScriptVerdict): string[] {
  return verdict.effects.map(({ action, when }) => {
    const { kind, ...rest } = action;
    const asked = when.map(({ path: of, test: what, holds }) => `${holds ? "" : "!"}${what} ${of}`);
    return `${kind} ${JSON.stringify(rest)}${asked.length > 0 ? ` when ${asked.join(", ")}` : ""}`;
  });
}

describe("inert", () => {
  test.each([
    ["nothing", ":"],
    [
      "services",
      "deb-systemd-helper enable sample.service >/dev/null || true\ninvoke-rc.d sample start || exit 1",
    ],
    ["an upgrade's work", 'if [ -n "$2" ]; then rm -rf /var/lib/sample; fi'],
    ["an older version's", 'if dpkg --compare-versions "$2" lt-nl 1.0; then rm -f /etc/old; fi'],
    ["another action's", 'case "$1" in configure) ;; abort-upgrade) rm -rf /x ;; *) exit 1 ;; esac'],
    ["a running system's", "[ -d /run/systemd/system ] && touch /etc/sample || :"],
    ["a tool that isn't there", 'if [ -x "$(command -v update-nothing)" ]; then update-nothing; fi'],
    ["temporary files", 'x=$(mktemp)\necho a > "$x"\nrm -f "$x"'],
    ["questions", "if grep -q x /etc/hostname; then echo yes; else echo no; fi"],
    ["leftovers", "[ ! -f /etc/sample.dpkg-bak ] || mv /etc/sample.dpkg-bak /etc/sample"],
    ["a failure", 'if [ "$(id -u root)" -ne 0 ]; then exit 1; fi'],
    [
      "documentation",
      "update-alternatives --install /usr/share/man/man1/x.1.gz x.1.gz /usr/share/man/man1/y.1.gz 5",
    ],
  ])("%s", (_, postinst) => {
    const verdict = verdictOf({ postinst });
    expect(verdict.unknown).toEqual([]);
    expect(shortOf(verdict)).toEqual([]);
    expect(verdict.verdict).toBe("inert");
  });

  test("a path that a package owns by its other name", () => {
    const postinst =
      "for dir in /lib64 /lib32; do [ -e $dir ] || continue; dpkg-query -S $dir >/dev/null || rm $dir; done";
    const verdict = verdictOf({ postinst }, { "/usr/lib64/ld-linux-x86-64.so.2": "" });
    expect(verdict).toMatchObject({ verdict: "inert", unknown: [] });
  });

  test("no script at all", () => {
    expect(verdictOf({}).verdict).toBe("none");
  });
});

describe("modelled", () => {
  test.each<[string, string, string[]]>([
    [
      "alternatives with slaves and variables",
      "p=50\nfor i in a b; do update-alternatives --install /usr/bin/$i $i /usr/lib/$i $p --slave /usr/bin/s$i s$i /usr/lib/s$i; done",
      ["a", "b"].map(
        (i) =>
          `alternative {"link":"/usr/bin/${i}","name":"${i}","path":"/usr/lib/${i}","priority":50,"slaves":[{"link":"/usr/bin/s${i}","name":"s${i}","path":"/usr/lib/s${i}"}]}`,
      ),
    ],
    [
      "a user, once",
      "if ! getent passwd sam >/dev/null; then adduser --system --group --quiet --home /var/lib/sam --no-create-home sam; fi\nadduser --system --group sam",
      [
        'user {"name":"sam","defaultGroup":"same-name","home":"/var/lib/sam","shell":"/usr/sbin/nologin","gecos":"","range":"adduser-system","createHome":false}',
      ],
    ],
    [
      "membership",
      "id -Gn www-data | grep -qw adm || adduser www-data adm",
      ['membership {"user":"www-data","group":"adm"}'],
    ],
    [
      "a folder with owner and mode",
      "install -d -o root -g adm -m 2750 /var/log/sample",
      ['directory {"path":"/var/log/sample","mode":"2750","user":"root","group":"adm","adjust":true}'],
    ],
    [
      "a question that the tree answers",
      "[ -e /etc/sample.d ] || mkdir /etc/sample.d",
      ['directory {"path":"/etc/sample.d","mode":"0755","adjust":false} when !exists /etc/sample.d'],
    ],
    [
      "different values on two ways",
      "if [ -e /etc/flag ]; then m=0700; else m=0755; fi\nchmod $m /opt",
      [
        'attributes {"path":"/opt","mode":"0700","recursive":false} when exists /etc/flag',
        'attributes {"path":"/opt","mode":"0755","recursive":false} when !exists /etc/flag',
      ],
    ],
    [
      "an owner that another user asks for",
      'mkdir -p /var/lib/x\nsu -s /bin/sh www-data -c "test -O /var/lib/x" || chown www-data /var/lib/x',
      [
        'directory {"path":"/var/lib/x","mode":"0755","adjust":false}',
        'attributes {"path":"/var/lib/x","user":"www-data","recursive":false} when !owned-by-user /var/lib/x',
      ],
    ],
    [
      "the same on both ways asks nothing",
      "if [ -e /etc/flag ]; then chmod 0700 /opt; else chmod 0700 /opt; fi",
      ['attributes {"path":"/opt","mode":"0700","recursive":false}'],
    ],
    [
      "a text through sed",
      's=on\nsed -e "s/^mode =.*/mode = $s/" -e /^#/d /usr/share/sample/template > /etc/sample.conf',
      [
        'file {"path":"/etc/sample.conf","content":{"kind":"text","text":"mode = on\\n"},"append":false,"preserve":false,"mode":"0644"}',
      ],
    ],
    [
      "a here-document in a function under a umask",
      "umask 077\nw() { cat > /etc/$1 <<E\n$1\nE\n}\nw x",
      [
        'file {"path":"/etc/x","content":{"kind":"text","text":"x\\n"},"append":false,"preserve":false,"mode":"0600"}',
      ],
    ],
    [
      "a sourced file",
      ". /usr/share/sample/functions\ngreet you",
      ['directory {"path":"/var/lib/you","mode":"0755","adjust":false}'],
    ],
    [
      "a pattern over shipped files",
      "for f in /usr/share/sample/list/*; do ln -s $f /etc/$(basename $f); done",
      ["a", "b"].map(
        (i) => `symlink {"path":"/etc/${i}","target":"/usr/share/sample/list/${i}","replace":false}`,
      ),
    ],
    [
      "lines of a here-document",
      "while read a b; do chown $b /var/$a; done <<E\nx root\ny root:adm\nE",
      [
        'attributes {"path":"/var/x","user":"root","recursive":false}',
        'attributes {"path":"/var/y","user":"root","group":"adm","recursive":false}',
      ],
    ],
    [
      "a diversion",
      "dpkg-divert --package sample --rename --divert /usr/bin/x.real --add /usr/bin/x",
      ['diversion {"path":"/usr/bin/x","to":"/usr/bin/x.real","owner":"sample","rename":true}'],
    ],
    [
      "an override",
      "dpkg-statoverride --list /etc/s >/dev/null || dpkg-statoverride --update --add root adm 640 /etc/s",
      ['stat-override {"path":"/etc/s","user":"root","group":"adm","mode":"640"}'],
    ],
    ["a generator", "update-ca-certificates --fresh", ['generate {"generator":"ca-certificates"}']],
    [
      "a versioned question",
      "if dpkg-query -W -f='${Version}' installed | grep -q ^2; then touch /etc/two; fi",
      ['touch {"path":"/etc/two"}'],
    ],
  ])("%s", (_, postinst, expected) => {
    const verdict = verdictOf({ postinst });
    expect(verdict.unknown).toEqual([]);
    expect(shortOf(verdict)).toEqual(expected);
  });

  test("debconf: the template's default, unless the config script sets another", () => {
    const templates = "Template: sample/mode\nType: select\nDefault: plain\n";
    const postinst = '. /usr/share/debconf/confmodule\ndb_get sample/mode\ntouch "/etc/$RET"';
    expect(shortOf(verdictOf({ postinst, templates }))).toEqual(['touch {"path":"/etc/plain"}']);
    const config =
      ". /usr/share/debconf/confmodule\ndb_set sample/mode fancy\ndb_input low sample/mode || true";
    expect(shortOf(verdictOf({ postinst, templates, config }))).toEqual(['touch {"path":"/etc/fancy"}']);
  });

  test("a package's own files aren't there before it is unpacked", () => {
    const given = {
      preinst: "[ ! -f /usr/share/sample/template ] || touch /etc/early",
      paths: Object.keys(shipped),
    };
    expect(shortOf(verdictOf(given))).toEqual([]);
  });

  test("accounts of a package are there for the next one", () => {
    const [, second] = effectsOfAll(
      [
        controlOf({ name: "first", postinst: "addgroup --system shared" }),
        controlOf({
          name: "second",
          postinst: "if getent group shared >/dev/null; then touch /etc/shared; fi",
        }),
      ],
      contextOf({}),
    );
    expect(second === undefined ? [] : shortOf(second)).toEqual(['touch {"path":"/etc/shared"}']);
  });

  test("triggers build what they name once", () => {
    const verdict = verdictOf({ triggers: ["activate-noawait ldconfig", "interest-noawait /usr/share/man"] });
    expect(shortOf(verdict)).toEqual(['generate {"generator":"ld-cache"}']);
  });

  test("questions are asked before anything is changed", () => {
    const { effects } = verdictOf({
      postinst: "if [ ! -e /var/log/x ]; then touch /var/log/x; chmod 640 /var/log/x; fi",
    });
    expect(applicableEffects(effects, () => true).map(({ action }) => action.kind)).toEqual([
      "touch",
      "attributes",
    ]);
    expect(applicableEffects(effects, () => false)).toEqual([]);
  });
});

describe("unknown", () => {
  test.each([
    ["a program", "/usr/lib/sample/setup --now", "is not modelled"],
    ["a name that isn't known", "$(hostname)", "which command this is"],
    ["an effect that hangs on a program", "if fancy-check; then touch /etc/x; fi", "is not modelled"],
    [
      "an effect that hangs on a text",
      "if grep -q x /etc/hostname; then touch /etc/x; fi",
      "depends on this",
    ],
    ["what is written", "date > /etc/installed", "what it writes is not known"],
    [
      "a file that isn't known",
      "[ ! -e /etc/default/sample ] || . /usr/share/sample/list/../list/missing\nchmod $x /opt",
      "is not understood",
    ],
    ["an endless loop", "while true; do touch /etc/x; done", "does not end within"],
    ["a decided failure", "false", "the script would fail"],
    ["a syntax mistake", "if", "expected a command"],
  ])("%s", (_, postinst, why) => {
    const verdict = verdictOf({ postinst });
    expect(verdict.verdict).toBe("unknown");
    expect(verdict.unknown.map((one) => one.why).join("; ")).toContain(why);
    expect(verdict.unknown[0]?.hint).toContain("effects: {sample: {ignore:");
  });

  test("the place is the line of the script", () => {
    expect(verdictOf({ postinst: ":\n/usr/lib/sample/setup" }).unknown[0]?.source).toMatchObject({
      script: "postinst",
      line: 4,
    });
  });

  test("declared: it does not stop a build", () => {
    const verdict = effectsOf(
      controlOf({ postinst: "setup-sample" }),
      contextOf({}, { sample: "not needed" }),
    );
    expect(verdict).toMatchObject({ verdict: "declared", unknown: [] });
  });

  test("whatever the script, it is judged", () => {
    const token = fc.constantFrom(
      ...'; | && || ( ) { } \n "$x" $x $(y) ${x#[z-a]} ${x%%*} > < >> /etc/a /tmp/b <<E\nE\n'.split(" "),
      ..."if then else fi while read do done case x in *) esac for f() f return exit break set -e -- shift local x=1 x=$x$x eval".split(
        " ",
      ),
      ..."[ -e ] = ! -f -d /x echo printf cat sed s/a/b/ -i grep -q cp mv rm -rf ln -s mkdir -p chown root:adm chmod 0755 touch".split(
        " ",
      ),
      ..."adduser --system sam getent passwd id -u dpkg-divert --add update-alternatives --install . su -c find -delete tr cut -d".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const verdict = verdictOf({ postinst: tokens.join(" ").replaceAll(" \n ", "\n") });
        return (verdict.verdict === "unknown") === verdict.unknown.length > 0;
      }),
      { numRuns: 1500 },
    );
  });

  test("what a pattern of bash replaces is known, or said not to be", () => {
    const control = (text: string): PackageControl => ({
      ...controlOf({}),
      scripts: { postinst: `#!/bin/bash\n${text}\n` },
    });
    const known = effectsOf(control("n=my-pkg-x; mkdir /var/lib/${n//-/_}"), contextOf({}));
    expect(known.effects.map(({ action }) => action)).toMatchObject([
      { kind: "directory", path: "/var/lib/my_pkg_x" },
    ]);
    const unknown = effectsOf(control("n=my-pkg-x; mkdir /var/lib/${n//[z-a]/_}"), contextOf({}));
    expect(unknown).toMatchObject({ verdict: "unknown", effects: [] });
  });

  test("expressions of a script are matched in bounded time, or said not to be", () => {
    const ask = (command: string): ScriptVerdict =>
      verdictOf({ postinst: `if ${command}; then mkdir /var/lib/x; fi` });
    const text = "a".repeat(40);
    expect(ask(`echo ${text}! | grep -qE '^(a+)+$'`)).toMatchObject({ verdict: "inert", effects: [] });
    expect(ask(`echo ${text} | grep -qE '^(a+)+$'`).effects).toHaveLength(1);
    expect(ask(`[ -n "$(echo ${text} | sed -E '/^((a*)*)*b/d')" ]`).effects).toHaveLength(1);
    expect(ask("echo aa | grep -q '\\(a\\)\\1'").unknown[0]?.why).toContain("not modelled");
  });

  test("texts that grow are bounded", () => {
    const { unknown } = verdictOf({ postinst: "x=aaaaaaaa\nwhile [ 1 ]; do x=$x$x; done" });
    expect(unknown[0]?.why).toContain("shellRoundsMax");
  });

  test("a script of another language", () => {
    const control = { ...controlOf({}), scripts: { postinst: "#!/usr/bin/perl\n" } };
    expect(effectsOf(control, contextOf({})).unknown[0]?.why).toBe("it is not a shell script");
  });
});
