// What a program gives that its content was recognised as, by fingerprint id (content/fingerprints). From the programs' own
// manuals: what they do for whoever chooses their arguments, not what they are meant for.
import type { Primitive } from "../primitives.ts";
import type { ProgramRow } from "./table.ts";

/** A shell that can reach the network without another program. */
const withNetwork: readonly Primitive[] = ["exec", "shell", "download", "upload", "file-read", "file-write"];
/** Processes, sockets and native code are all in a language's library; a shell is not. */
const languageRuntime: readonly Primitive[] = [
  ...withNetwork.filter((one) => one !== "shell"),
  "library-load",
  "reverse-shell",
  "bind-shell",
];

export const identifiedPrograms: readonly ProgramRow[] = [
  // With sockets of their own: /dev/tcp of bash and ksh93, zsh/net/tcp, socket modules.
  {
    gives: [...withNetwork, "library-load", "reverse-shell"],
    programs: "bash ksh93",
  },
  {
    gives: languageRuntime,
    programs:
      "zsh powershell python perl ruby node deno bun php tcl java julia erlang jshell groovy dotnet guile gdb emacs u-root",
  },
  // Those that are a shell as well: Emacs has one inside.
  {
    gives: ["shell"],
    programs: "zsh powershell emacs u-root",
  },
  {
    gives: ["exec", "shell", "file-read", "file-write"],
    programs:
      "dash ash busybox-ash hush mksh fish tcsh csh yash elvish go-sh gosh posh rc es ion xonsh oksh loksh murex oils",
  },
  {
    gives: withNetwork,
    programs: "nushell",
  },
  // Multi-call: what a usual build has, which is more than some have. BusyBox and toybox hold wget and nc; nc starts programs.
  {
    gives: [...withNetwork, "reverse-shell", "bind-shell", "privilege"],
    programs: "busybox",
  },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "reverse-shell", "bind-shell"],
    programs: "toybox",
  },
  // The single binaries: env, nice, nohup, timeout and xargs are among their commands.
  { gives: ["exec", "file-read", "file-write"], programs: "uutils coreutils-single sbase" },
  // One program each: which of them it is, its name and its imports tell.
  { gives: ["file-read", "file-write"], programs: "coreutils ubase busybox-applet u-root-command" },
  {
    gives: ["exec", "download", "file-read", "file-write", "library-load", "privilege"],
    programs: "apt dpkg rpm",
  },
  {
    gives: ["exec", "download", "file-read", "file-write", "privilege"],
    programs: "apk dnf microdnf zypper pacman yum opkg xbps emerge nix snap flatpak brew",
  },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "library-load"],
    programs: "pip npm gem composer yarn pnpm cargo uv conda cpan luarocks",
  },
  { gives: ["exec", "file-read", "file-write", "library-load"], programs: "lua luajit r octave vim" },
  {
    gives: ["exec", "file-read", "file-write", "download", "upload", "reverse-shell", "library-load"],
    programs: "gawk",
  },
  {
    gives: ["exec", "file-read", "file-write"],
    programs: "mawk original-awk busybox-awk ed make find sed tar m4 zip",
  },
  { gives: ["exec"], programs: "env xargs timeout nice nohup stdbuf chroot setsid strace ltrace" },
  {
    gives: [
      "exec",
      "download",
      "upload",
      "file-read",
      "file-write",
      "reverse-shell",
      "bind-shell",
      "library-load",
    ],
    programs: "openssl socat",
  },
  { gives: ["download", "upload", "file-read", "file-write", "library-load"], programs: "curl" },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write"],
    programs: "wget aria2 lftp ftp rsync git hg svn",
  },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "library-load", "reverse-shell"],
    programs: "ssh scp sftp dropbear-client",
  },
  {
    gives: ["exec", "upload", "download", "file-read", "bind-shell", "library-load", "privilege"],
    programs: "sshd dropbear",
  },
  { gives: ["exec", "download", "upload", "reverse-shell", "bind-shell"], programs: "netcat ncat" },
  { gives: ["exec", "download", "upload", "reverse-shell"], programs: "telnet" },
  { gives: ["download", "file-read", "file-write"], programs: "apt-method" },
  {
    gives: ["download", "upload", "file-read", "file-write"],
    programs: "tftp httpie websocat grpcurl rclone mc-client",
  },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "privilege"],
    programs: "docker podman nerdctl containerd-ctr crictl runc kubectl helm",
  },
  { gives: ["file-read", "file-write", "privilege"], programs: "mount umount" },
  {
    gives: ["exec", "privilege"],
    programs: "sudo su doas pkexec runuser setpriv nsenter unshare bwrap capsh gosu su-exec",
  },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "library-load"],
    programs: "sqlite psql mysql redis-cli mongosh",
  },
  { gives: ["exec", "file-read", "file-write", "library-load"], programs: "gcc tcc clang ld go rustc cc" },
  // What runs any ELF file, executable or not.
  { gives: ["exec", "library-load"], programs: "ld-linux" },
];

/** ATT&CK techniques of one program, beside those of its primitives. */
export const ownTechniques: Readonly<Record<string, readonly string[]>> = {
  bash: ["T1059.004"],
  powershell: ["T1059.001"],
  python: ["T1059.006"],
  node: ["T1059.007"],
  deno: ["T1059.007"],
  bun: ["T1059.007"],
  lua: ["T1059.011"],
  luajit: ["T1059.011"],
  curl: ["T1048.002", "T1071.001"],
  wget: ["T1048.003", "T1071.001"],
  openssl: ["T1048.002", "T1573.002"],
  ssh: ["T1021.004", "T1048.002", "T1572"],
  sshd: ["T1021.004"],
  rsync: ["T1048.002"],
  ftp: ["T1048.003", "T1071.002"],
  telnet: ["T1048.003"],
  netcat: ["T1095"],
  ncat: ["T1095"],
  socat: ["T1095", "T1090"],
  tar: ["T1560.001"],
  zip: ["T1560.001"],
  gdb: ["T1055.008"],
  strace: ["T1055.008"],
  docker: ["T1610", "T1611"],
  "containerd-ctr": ["T1610", "T1611"],
  kubectl: ["T1609"],
  mount: ["T1611"],
  nsenter: ["T1611"],
  sudo: ["T1548.003"],
  apt: ["T1072"],
  dpkg: ["T1072"],
  apk: ["T1072"],
  rpm: ["T1072"],
  "ld-linux": ["T1218", "T1574.006"],
};
