// Commands that leave no trace in an image, as data: what, and why. A row here is a claim; the conformance test checks it
// against real installations.
import type { Field } from "../value.ts";

interface InertRule {
  readonly names: string;
  readonly why: string;
  /** Only where the arguments, joined by spaces, match. */
  readonly only?: RegExp;
}

const service = "services are not started while an image is composed";
const byteCode = "byte code is not shipped, and is made by the program that reads it";
const documentation = "documentation is left out of images";
const moment = "it acts on the running machine only";

const rules: readonly InertRule[] = [
  {
    names:
      "deb-systemd-helper deb-systemd-invoke invoke-rc.d update-rc.d service systemctl telinit rc-update init initctl start-stop-daemon",
    why: service,
  },
  { names: "systemd-tmpfiles", why: "every tmpfiles.d file of the image is applied when it is composed" },
  { names: "systemd-sysusers", why: "every sysusers.d file of the image is applied when it is composed" },
  { names: "systemd-hwdb journalctl udevadm systemd-machine-id-setup loginctl", why: moment },
  {
    names:
      "py3compile py3clean pycompile pyclean pypy3compile pypy3clean pypycompile pypyclean dh_python3 dh_pypy",
    why: byteCode,
  },
  { names: "python3 python3.9 python3.11 python3.13", only: /py_compile|compileall/, why: byteCode },
  { names: "dpkg-maintscript-helper", why: "it changes what an older version left, and there is none" },
  { names: "dpkg-trigger", why: "what triggers make is made for the whole image at its end" },
  { names: "update-menus update-menu install-docs", why: "menus of window managers are left out of images" },
  { names: "install-info update-info-dir mandb catman install-sgmlcatalog", why: documentation },
  {
    names: "update-binfmts binfmt-support",
    why: "the kernel's table of interpreters is not part of an image",
  },
  {
    names: "apparmor_parser aa-enabled aa-status setsebool semodule restorecon selinuxenabled setupcon",
    why: "the kernel's security modules are the host's",
  },
  { names: "update-initramfs depmod modprobe sysctl update-grub kernel-install dracut", why: moment },
  { names: "kill killall pkill pidof sleep wait sync mountpoint mount umount swapoff ischroot", why: moment },
  { names: "nscd unscd ldconfig.real", why: moment },
  { names: "dbus-send gdbus busctl", why: moment },
  {
    names: "hash ulimit getopts clear stty tput logger wall alias jobs times",
    why: "it changes nothing outside of the script",
  },
  { names: "pg_checksystem", why: "it only warns about the kernel's settings" },
  {
    names: "pg_createcluster pg_ctlcluster pg_upgradecluster",
    why: "a database is made in the init phase, not in an image",
  },
  {
    names: "deb-gview appstreamcli update-apt-xapian-index apt-config apt-get apt-cache",
    why: "the package manager's own data",
  },
];

const byName: ReadonlyMap<string, InertRule> = new Map(
  rules.flatMap((rule) => rule.names.split(" ").map((name) => [name, rule] as const)),
);

/** Hooks that python3 and its runtimes run after an installation. */
const byteCodeHook = /^\/usr\/share\/python3?\/runtime\.d\/[^/]+\.(?:rtupdate|rtinstall|rtremove)$/;

/** Why the command has no effect on an image; undefined where that isn't known. */
export function inertReason(name: string, fields: readonly Field[]): string | undefined {
  if (byteCodeHook.test(name)) return byteCode;
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (name.startsWith("/etc/init.d/")) return service;
  const text = fields.map(({ value }) => (value.known ? value.text : "?")).join(" ");
  const rule = byName.get(base);
  return rule === undefined || !(rule.only?.test(text) ?? true) ? undefined : rule.why;
}
