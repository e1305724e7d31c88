// BusyBox's applet table: sorted names, each ended by a NUL, by which it looks up what it was called as. It works without any
// other string, so it is there when "BusyBox" is overwritten. Invariant: work is bounded by the table's own size.

/** Longer than any applet's name. */
const nameBytesMax = 24;
/** Of a file: a table of all applets that there ever were takes 4 KiB. */
const tableBytesMax = 16 * 1024;

/** Names of applets of BusyBox 1.20 to 1.37, that most builds have. Not those that name a system call as well: tables of these are sorted too. */
export const knownApplets: ReadonlySet<string> = new Set(
  (
    "[ [[ acpid adduser addgroup arch arp arping ash awk base64 basename bc beep blkid bunzip2 bzcat bzip2 cal cat chgrp " +
    "clear cmp comm cp cpio crond crontab cut date dd deluser delgroup depmod df diff dirname dmesg dos2unix du echo ed " +
    "egrep env expand expr factor false fdisk fgrep find fold free fsck fuser getopt getty grep groups gunzip gzip halt " +
    "head hexdump hostid hostname httpd hwclock id ifconfig ifdown ifup init insmod install ionice ip ipcrm ipcs killall " +
    "killall5 less ln logger login logread losetup ls lsmod lsof lspci lsusb lzcat lzma lzop md5sum mesg microcom mkfifo " +
    "mkswap mktemp modinfo modprobe more mountpoint mv nameif nc netstat nl nmeter nohup nologin nproc nslookup od " +
    "passwd paste patch pgrep pidof ping ping6 pkill pmap poweroff printenv printf ps pstree pwd pwdx rdate readlink " +
    "realpath renice reset resize rev rm rmmod route run-parts sed seq setsid sh sha1sum sha256sum sha512sum shred shuf " +
    "sleep sort split stat strings stty su sum switch_root sysctl syslogd tac tail tar taskset tee telnet test tftp " +
    "timeout top touch tr traceroute true tty udhcpc unexpand uniq unix2dos unlzma unxz unzip uptime usleep uudecode " +
    "uuencode vi vlock watch watchdog wc wget which who whoami xargs xxd xz xzcat yes zcat"
  ).split(" "),
);

/** Neighbours in the table, whatever applets a build has: by these it is found. All of eight bytes or more. */
export const tableEntries: readonly string[] = [
  "\0chmod\0chown\0",
  "\0mkdir\0mk",
  "\0sleep\0s",
  "\0uname\0un",
  "\0kill\0killall\0",
  "\0false\0f",
  "\0head\0hex",
  "\0basename\0",
  "\0dirname\0d",
  "\0rmdir\0rm",
];

export interface AppletTable {
  /** From the beginning of the bytes. */
  readonly start: number;
  readonly end: number;
  readonly names: number;
  readonly known: number;
}

/** The table around a NUL: as far as names are short, made of printable characters, and in order. */
export function appletTableAt(bytes: Buffer, nul: number): AppletTable {
  const before = namesFrom(bytes, nul, -1);
  const after = namesFrom(bytes, nul, 1);
  return {
    start: before.end + 1,
    end: after.end + 1,
    names: before.names + after.names,
    known: before.known + after.known,
  };
}

/** Counts names from a NUL on, in one direction. */
function namesFrom(
  bytes: Buffer,
  start: number,
  direction: 1 | -1,
): { readonly known: number; readonly names: number; readonly end: number } {
  let known = 0;
  let names = 0;
  let last = "";
  let at = start;
  while (Math.abs(at - start) < tableBytesMax) {
    let next = at + direction;
    const most = at + direction * (nameBytesMax + 1);
    while (next >= 0 && next < bytes.length && next !== most && isNameByte(bytes[next] ?? 0))
      next += direction;
    // The first name may have no NUL before it, where another kind of data ends.
    const isWhole = bytes[next] === 0;
    if (next === most || next === at + direction || !isWhole) break;
    const name = bytes.toString("latin1", Math.min(at, next) + 1, Math.max(at, next));
    if (names > 0 && (direction === 1 ? name <= last : name >= last)) break;
    if (knownApplets.has(name)) known += 1;
    names += 1;
    last = name;
    at = next;
  }
  return { known, names, end: at };
}

function isNameByte(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}
