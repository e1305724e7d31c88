// What modes, owners, attributes and names of entries say: setuid, capabilities, what anybody may write, devices.
import { bufferOf } from "../../base/bytes.ts";
import { encodeName } from "../../base/names.ts";
import type { Evidence } from "../../content/identity.ts";
import type { Entry } from "../../tree/entry.ts";
import { baseName, root, type TreePath } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import { isNewFile } from "../programs/inodes.ts";
import type { RuleId } from "../rules.ts";
import type { Subject } from "../subject.ts";
import { stickyFault } from "./sticky.ts";

interface Told {
  readonly rule: RuleId;
  readonly subject: string;
  readonly what: string;
  readonly evidence: Evidence;
}

export function* attributeFindings(subject: Subject): Generator<Finding> {
  const seen = new Set<string>();
  const isOpen = openness(subject);
  const top = subject.tree.lookup(root);
  if (top !== undefined) yield* ofEntry(subject, top, isOpen);
  for (const entry of subject.tree.walk()) {
    // Names of one inode have its mode, owner and attributes in common.
    if (entry.kind !== "file" || isNewFile(seen, entry)) yield* ofEntry(subject, entry, isOpen);
    if (isDeceptive(entry.path)) yield made(subject, entry, deceptiveName(entry));
  }
}

function* ofEntry(subject: Subject, entry: Entry, isOpen: Openness): Generator<Finding> {
  for (const told of [...rightsOf(entry), ...isOpen(entry), ...deviceOf(entry)])
    yield made(subject, entry, told);
}

function made(subject: Subject, { path }: Entry, { evidence, rule, ...told }: Told): Finding {
  return finding(subject, rule, { path, ...told, evidence: [evidence] });
}

function rightsOf(entry: Entry): Told[] {
  if (entry.kind !== "file") return [];
  const { gid, mode, uid } = entry;
  const told: Told[] = [];
  const whose = [mode & 0o4000 ? `user ${uid}` : [], mode & 0o2000 ? `group ${gid}` : []]
    .flat()
    .join(" and ");
  if (whose !== "") {
    const what = `whoever starts it gets the rights of ${whose}`;
    told.push({ rule: "setuid", subject: whose, what, evidence: modeEvidence(entry) });
  }
  const capability = entry.xattrs?.get("security.capability");
  if (capability !== undefined) {
    const [what, evidence] = capabilityTold(capability);
    told.push({ rule: "file-capabilities", subject: what, what, evidence });
  }
  return told;
}

type Openness = (entry: Entry) => Told[];

/** Who may write an entry: what anybody may, but for sticky folders where nothing is run from. */
function openness(subject: Subject): Openness {
  const faultOf = stickyFault(subject);
  return (entry) => {
    const { kind, mode } = entry;
    if (kind === "symlink" || (mode & 0o002) === 0) return [];
    // Devices are said already, and their mode is the engine's business.
    if (kind === "character-device" || kind === "block-device") return [];
    const fault = kind === "directory" && (mode & 0o1000) !== 0 ? faultOf(entry) : "";
    if (fault === undefined) return [];
    const what = `a ${kind} that anybody may write${fault === "" ? "" : `, and ${fault}`}`;
    return [{ rule: "world-writable", subject: kind, what, evidence: modeEvidence(entry) }];
  };
}

function deviceOf(entry: Entry): Told[] {
  if (entry.kind !== "character-device" && entry.kind !== "block-device") return [];
  const { deviceMajor, deviceMinor, kind } = entry;
  const numbers = `${deviceMajor}:${deviceMinor}`;
  const evidence = { what: `device numbers ${numbers}`, check: "ls -l FILE" };
  return [{ rule: "device", subject: `${kind} ${numbers}`, what: `a ${kind} ${numbers}`, evidence }];
}

function deceptiveName({ path }: Entry): Told {
  const bytes = encodeName(path).subarray(0, 200).toString("hex");
  const evidence = { what: `the name's bytes begin ${bytes}` };
  const what = "its name holds what a terminal hides or obeys";
  return { rule: "hostile-name", subject: "name", what, evidence };
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
  const bytes = bufferOf(value);
  const evidence: Evidence = {
    what: `security.capability is ${bytes.subarray(0, 24).toString("hex")}`,
    check: "getcap FILE",
  };
  if (bytes.length < 12) return ["capabilities that can't be read", evidence];
  const words = [bytes.readUInt32LE(4), bytes.length >= 20 ? bytes.readUInt32LE(12) : 0];
  const names = capabilityNames.filter((_, bit) => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1);
  return [names.length === 0 ? "capabilities, none of them named" : `cap_${names.join(", cap_")}`, evidence];
}

/**
 * Controls, DEL, what formats, reorders or ends lines, what shows as nothing (fillers, selectors, tags), private characters, and
 * bytes that are no UTF-8 (lone surrogates here, see names.ts).
 */
const deceptive = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** By its own name: what is told of a folder is not told again of everything in it. */
function isDeceptive(path: TreePath): boolean {
  return deceptive.test(baseName(path));
}
