// What modes, owners, attributes and names of entries say: setuid, capabilities, what anybody may write, devices.
import { encodeName } from "../../base/names.ts";
import type { Evidence } from "../../content/identity.ts";
import type { Entry } from "../../tree/entry.ts";
import { root } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

export function attributeFindings(subject: Subject): Finding[] {
  const found: Finding[] = [];
  const top = subject.tree.lookup(root);
  for (const entry of top === undefined ? subject.tree.walk() : [top, ...subject.tree.walk()]) {
    const { mode, path } = entry;
    const add = (rule: Parameters<typeof finding>[1], what: string, evidence: Evidence): void => {
      found.push(finding(subject, rule, { path, what, evidence: [evidence] }));
    };
    if (entry.kind === "file" && (mode & 0o6000) !== 0) {
      const rights = mode & 0o4000 ? `user ${entry.uid}` : `group ${entry.gid}`;
      add("setuid", `whoever starts it gets the rights of ${rights}`, modeEvidence(entry));
    }
    const capability = entry.xattrs?.get("security.capability");
    if (capability !== undefined) add("file-capabilities", ...capabilityTold(capability));
    if (isWorldWritable(entry))
      add("world-writable", `a ${entry.kind} that anybody may write`, modeEvidence(entry));
    if (entry.kind === "character-device" || entry.kind === "block-device") {
      const { deviceMajor, deviceMinor } = entry;
      const numbers = `${deviceMajor}:${deviceMinor}`;
      add("device", `a ${entry.kind} ${numbers}`, { what: `device numbers ${numbers}`, check: "ls -l FILE" });
    }
    if (isDeceptive(path)) {
      const bytes = encodeName(path).subarray(0, 200).toString("hex");
      add("hostile-name", "its name holds what a terminal hides or obeys", {
        what: `the name's bytes begin ${bytes}`,
      });
    }
  }
  return found;
}

function isWorldWritable(entry: Entry): boolean {
  if (entry.kind === "symlink" || (entry.mode & 0o002) === 0) return false;
  // Devices are said already, and their mode is the engine's business.
  if (entry.kind === "character-device" || entry.kind === "block-device") return false;
  return entry.kind !== "directory" || (entry.mode & 0o1000) === 0;
}

function modeEvidence({ gid, mode, uid }: Entry): Evidence {
  return {
    what: `mode ${mode.toString(8).padStart(4, "0")}, owner ${uid}:${gid}`,
    check: "stat -c '%a %u:%g' FILE",
  };
}

/** Names by their bit (linux/capability.h). */
const capabilityNames = (
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast " +
  "net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice " +
  "sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog " +
  "wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
).split(" ");

/** struct vfs_cap_data (linux/capability.h): a magic, then permitted and inheritable as 32-bit words, little-endian. */
function capabilityTold(value: Uint8Array): readonly [string, Evidence] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const evidence: Evidence = {
    what: `security.capability is ${bytes.subarray(0, 24).toString("hex")}`,
    check: "getcap FILE",
  };
  if (bytes.length < 12) return ["capabilities that can't be read", evidence];
  const words = [bytes.readUInt32LE(4), bytes.length >= 20 ? bytes.readUInt32LE(12) : 0];
  const names = capabilityNames.filter((_, bit) => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1);
  return [names.length === 0 ? "capabilities, none of them named" : `cap_${names.join(", cap_")}`, evidence];
}

/** C0 and C1 controls, DEL, what reorders or hides text, and bytes that are no UTF-8 (lone surrogates here, see names.ts). */
const deceptive = /[\p{Cc}\p{Cs}\p{Co}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

function isDeceptive(path: string): boolean {
  return deceptive.test(path);
}
