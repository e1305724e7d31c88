// Commands that leave no trace in an image, as data: what, and why. A row here is a claim; the conformance test checks it
// against real installations.
import { path } from "../../../tree/path.ts";
import type { State } from "../state.ts";
import type { Field } from "../value.ts";

interface InertRule {
  readonly names: string;
  readonly why: string;
  /** Only where the arguments, joined by spaces, match. */
  readonly only?: RegExp;
  /** Only where no package of the image ships a file in these folders. */
  readonly unlessFilesIn?: readonly string[];
  /** What it answers while an image is composed; 0 where not given. */
  readonly status?: number;
}

const service = "services are not started while an image is composed";
const byteCode = "byte code is not shipped, and is made by the program that reads it";
const documentation = "documentation is left out of images";
const moment = "it acts on the running machine only";
const kernel = "the kernel and its security modules are the host's";
const packageManager = "the package manager's own data is not part of an image";

const rules: readonly InertRule[] = [
  { names: "systemctl", only: /\bis-(?:active|enabled|failed)\b/, why: service, status: 1 },
  {
    names:
      "deb-systemd-helper deb-systemd-invoke invoke-rc.d update-rc.d service systemctl telinit rc-update init initctl start-stop-daemon",
    why: service,
  },
  { names: "systemd-tmpfiles", why: "every tmpfiles.d file of the image is applied when it is composed" },
  { names: "systemd-sysusers", why: "every sysusers.d file of the image is applied when it is composed" },
  { names: "systemd-hwdb journalctl udevadm loginctl", why: moment },
  {
    names: "dbus-uuidgen systemd-machine-id-setup",
    why: "an image has no machine id: it would be the same for everybody who runs it",
  },
  {
    names: "make-ssl-cert ssh-keygen rndc-confgen",
    why: "a private key in an image would be known to everybody who has it: it is made in the init phase",
  },
  {
    names:
      "py3compile py3clean pycompile pyclean pypy3compile pypy3clean pypycompile pypyclean dh_python3 dh_pypy",
    why: byteCode,
  },
  { names: "python3 python3.9 python3.11 python3.13", only: /py_compile|compileall/, why: byteCode },
  { names: "dpkg-maintscript-helper", why: "it changes what an older version left, and there is none" },
  { names: "dpkg-trigger", why: "what triggers make is made for the whole image at its end" },
  { names: "update-menus update-menu", why: "menus of window managers are left out of images" },
  { names: "install-docs install-info update-info-dir mandb catman helpztags", why: documentation },
  { names: "setpriv", only: /\/mandb\b/, why: documentation },
  { names: "update-binfmts", why: kernel },
  {
    names: "apparmor_parser aa-remove-unknown setsebool semodule restorecon setupcon",
    why: kernel,
  },
  { names: "aa-enabled aa-status selinuxenabled sestatus", why: kernel, status: 1 },
  { names: "setcap", why: "programs of an image have capabilities only where the spec says so" },
  { names: "update-initramfs depmod modprobe sysctl update-grub kernel-install dracut", why: moment },
  { names: "kill killall pkill sleep wait sync mount umount swapoff ischroot", why: moment },
  { names: "mountpoint", only: /\/(?:proc|sys|dev|run)$/, why: "scripts run with these mounted" },
  { names: "pidof pgrep mountpoint runlevel", why: "no process runs and nothing is mounted", status: 1 },
  { names: "nscd unscd dbus-send gdbus busctl", why: moment },
  {
    names: "hash ulimit clear stty tput logger wall alias jobs times",
    why: "it changes nothing outside of the script",
  },
  { names: "shadowconfig", why: "the composer writes shadow passwords itself" },
  { names: "pg_checksystem", why: "it only warns about the kernel's settings" },
  {
    names: "pg_createcluster pg_ctlcluster pg_upgradecluster",
    why: "a database is made in the init phase, not in an image",
  },
  {
    names: "pg_updatedicts",
    unlessFilesIn: ["/usr/share/hunspell", "/usr/share/myspell/dicts"],
    why: "it converts spelling dictionaries, and the image has none",
  },
  {
    names: "locale-gen",
    why: "C.UTF-8 comes with the C library; other locales are made where the spec asks for them",
  },
  {
    names:
      "pg_updateaptconfig appstreamcli update-apt-xapian-index apt-config apt-get apt-cache apt-mark apt-key",
    why: packageManager,
  },
];

const byName: ReadonlyMap<string, readonly InertRule[]> = groupByName();

function groupByName(): Map<string, InertRule[]> {
  const grouped = new Map<string, InertRule[]>();
  for (const rule of rules) {
    for (const name of rule.names.split(" ")) grouped.set(name, [...(grouped.get(name) ?? []), rule]);
  }
  return grouped;
}

/** Hooks that python3 and its runtimes run after an installation. */
const byteCodeHook = /^\/usr\/share\/python3?\/runtime\.d\/[^/]+\.(?:rtupdate|rtinstall|rtremove)$/;

export interface Inert {
  readonly why: string;
  readonly status: number;
}

/** Why the command has no effect on an image; undefined where that isn't known. */
export function inertCommand(state: State, name: string, fields: readonly Field[]): Inert | undefined {
  if (byteCodeHook.test(name)) return { why: byteCode, status: 0 };
  if (name.startsWith("/etc/init.d/")) return { why: service, status: 0 };
  const base = name.slice(name.lastIndexOf("/") + 1);
  const text = fields.map(({ value }) => (value.known ? value.text : "?")).join(" ");
  const rule = byName.get(base)?.find((one) => applies(state, one, text));
  return rule === undefined ? undefined : { why: rule.why, status: rule.status ?? 0 };
}

function applies(state: State, rule: InertRule, text: string): boolean {
  if (rule.only?.test(text) === false) return false;
  return (
    rule.unlessFilesIn?.every((folder) => state.world.context.filesIn(path(folder)).length === 0) ?? true
  );
}
