// Tools that start programs, move files over the network, or change privileges, for whoever can call them.
import { type Fingerprint, goMain, needs, symbol, text } from "./fingerprint.ts";

const dotted = /\d+(?:\.\d+)+[\w.+~-]*/;

const network: readonly Fingerprint[] = [
  {
    id: "curl",
    kind: "tool",
    name: "curl",
    signs: [
      [text("curl: (%d) "), symbol("curl_easy_perform")],
      [text("curl: (%d) "), text("curl: try ")],
    ],
  },
  {
    id: "wget",
    kind: "tool",
    name: "wget",
    // GNU's, and BusyBox's as a program of its own.
    signs: [
      [text("SYSTEM_WGETRC"), text("GNU Wget %s")],
      [text("not an http or ftp url: %s"), text("transfer encoding '%s' is not supported")],
    ],
    unless: ["busybox"],
  },
  {
    id: "openssl",
    kind: "tool",
    name: "the openssl command",
    signs: [
      [text(`Invalid command '%s'; type "help" for a list.`), text("s_client\0", "s_client")],
      [text("s_client\0", "s_client"), text("s_server\0", "s_server"), text("OPENSSL_CONF")],
    ],
  },
  {
    id: "ssh",
    kind: "tool",
    name: "the ssh client",
    signs: [[text("Pseudo-terminal will not be allocated"), text("OpenSSH_")]],
    version: { after: ["\0OpenSSH_"], pattern: dotted },
  },
  {
    id: "sshd",
    kind: "tool",
    name: "the ssh server",
    // From 9.8 on a session is a program of its own.
    signs: [
      [text("sshd: no hostkeys available"), text("OpenSSH_")],
      [text("SSH_ORIGINAL_COMMAND"), text("OpenSSH_")],
    ],
  },
  {
    id: "dropbear",
    kind: "tool",
    name: "Dropbear (ssh)",
    signs: [[text("dropbear_"), text("authorized_keys"), text("SSH-2.0-dropbear")]],
  },
  {
    id: "scp",
    kind: "tool",
    name: "scp",
    signs: [[text("sftp-server"), text("lost connection"), text("usage: scp ")]],
  },
  {
    id: "sftp",
    kind: "tool",
    name: "sftp",
    signs: [[text("SFTP protocol version %u"), text("[-X sftp_option] destination")]],
  },
  {
    id: "netcat",
    kind: "tool",
    name: "netcat",
    signs: [
      [text("OpenBSD netcat"), text("usage: nc [")],
      [text("all-A-records NIY"), text("gethostpoop fuxored")],
    ],
  },
  {
    id: "ncat",
    kind: "tool",
    name: "Ncat",
    signs: [[text("NCAT_REMOTE_ADDR"), text("NCAT_PROXY_AUTH")]],
  },
  {
    id: "socat",
    kind: "tool",
    name: "socat",
    signs: [[text("socat by Gerhard Rieger"), text("SOCAT_DEFAULT_LISTEN_IP")]],
  },
  {
    id: "rsync",
    kind: "tool",
    name: "rsync",
    signs: [[text("/rsyncd-munged/"), text("rsync error: ")]],
  },
  {
    id: "ftp",
    kind: "tool",
    name: "an FTP client",
    signs: [
      [symbol("_ZTVN4SFtp13Request_CLOSEE"), text("LFTP_HOME")],
      [text("Name (%s:%s): "), text("227 Entering Passive Mode")],
    ],
  },
  {
    id: "aria2",
    kind: "tool",
    name: "aria2",
    signs: [
      [text("aria2.getVersion"), text("aria2.addUri")],
      [needs(/^libaria2\.so/), symbol("_ZN5aria28PlatformC1Ev")],
    ],
  },
  {
    id: "telnet",
    kind: "tool",
    name: "telnet",
    signs: [
      [text("Escape character is '%s'"), text("Send current escape character")],
      [text("Escape character is '%s'"), text("send escape character")],
    ],
  },
  {
    id: "nmap",
    kind: "tool",
    name: "nmap",
    signs: [[text("NMAPDIR\0", "NMAPDIR"), text("nmap-service-probes")]],
  },
  {
    id: "tcpdump",
    kind: "tool",
    name: "tcpdump",
    signs: [
      [text("[ --micro ] [ --nano ]"), needs(/^libpcap/)],
      [symbol("pcap_dump_open"), text("dropped privs to %s")],
    ],
  },
];

const developing: readonly Fingerprint[] = [
  {
    id: "git",
    kind: "tool",
    name: "git",
    signs: [[text("GIT_EXEC_PATH"), text("is not a git command. See 'git --help'")]],
  },
  {
    id: "gdb",
    kind: "tool",
    name: "GNU gdb",
    signs: [[text("_ovly_debug_event"), text("gdbarch_gdb_signal_from_target")]],
  },
  {
    id: "strace",
    kind: "tool",
    name: "strace",
    signs: [[text("The strace developers"), text("https://strace.io")]],
  },
  {
    id: "ltrace",
    kind: "tool",
    name: "ltrace",
    signs: [[text("ltrace version "), text("/etc/ltrace.conf")]],
    version: { after: ["ltrace version "], pattern: /\d+(?:\.\d+)+/ },
  },
  {
    id: "make",
    kind: "tool",
    name: "GNU make",
    signs: [[text("GNUMAKEFLAGS"), text("MAKE_RESTARTS")]],
  },
  {
    id: "gcc",
    kind: "tool",
    name: "GCC",
    signs: [[text("gcc version %s %s"), text("GCC_EXEC_PREFIX")]],
  },
  {
    id: "vim",
    kind: "tool",
    name: "Vim",
    signs: [[text("Greetings, Vim user!"), text("VimLeavePre")]],
  },
  {
    id: "emacs",
    kind: "tool",
    name: "GNU Emacs",
    signs: [[text("EMACSLOADPATH"), text("GNU Emacs")]],
  },
  {
    id: "ed",
    kind: "tool",
    name: "GNU ed",
    signs: [[text("Shell access restricted"), text("Directory access restricted")]],
  },
  {
    id: "nano",
    kind: "tool",
    name: "nano",
    signs: [[text("/.local/share/nano/"), text("Main nano help text")]],
  },
  {
    id: "less",
    kind: "tool",
    name: "less",
    signs: [[text("LESS_IS_MORE"), text("LESSSECURE")]],
  },
  {
    id: "sqlite3",
    kind: "tool",
    name: "the sqlite3 command",
    signs: [[text("sqlite3_limit"), text('Enter ".help" for usage hints.')]],
  },
  {
    id: "screen",
    kind: "tool",
    name: "GNU screen",
    signs: [[text("[screen is terminating]"), text("SYSSCREENRC")]],
  },
  {
    id: "tmux",
    kind: "tool",
    name: "tmux",
    signs: [[text("TMUX_PANE"), text("sessions should be nested with care")]],
  },
];

const system: readonly Fingerprint[] = [
  {
    id: "mount",
    kind: "tool",
    name: "mount (util-linux)",
    signs: [[needs(/^libmount\.so/), symbol("mnt_context_next_mount")]],
  },
  {
    id: "sudo",
    kind: "tool",
    name: "sudo",
    signs: [
      [needs(/^libsudo_util\.so/), text("SUDO_COMMAND=")],
      [needs(/^libsudo_util\.so/), text("sudo_conf_")],
    ],
  },
  {
    id: "doas",
    kind: "tool",
    name: "doas",
    signs: [[text("usage: doas ["), text("doas is not enabled")]],
  },
  {
    id: "su",
    kind: "tool",
    name: "su (util-linux)",
    signs: [[needs(/^libpam\.so/), text("FAIL_DELAY"), text("/etc/default/su")]],
  },
  {
    id: "docker",
    kind: "tool",
    name: "the docker command",
    signs: [[goMain(/^github\.com\/docker\/cli\/cmd\/docker$/), text("github.com/docker/cli/cli/command")]],
  },
  {
    id: "podman",
    kind: "tool",
    name: "podman",
    signs: [
      [goMain(/^github\.com\/containers\/(?:podman|libpod)(?:\/v\d+)?\/cmd\/podman$/), text("/cmd/podman/")],
    ],
  },
  {
    id: "containerd-ctr",
    kind: "tool",
    name: "ctr (containerd)",
    signs: [
      [goMain(/^github\.com\/containerd\/containerd(?:\/v\d+)?\/cmd\/ctr$/), text("/cmd/ctr/commands")],
    ],
  },
  {
    id: "runc",
    kind: "tool",
    name: "runc",
    signs: [[goMain(/^github\.com\/opencontainers\/runc$/), text("opencontainers/runc/libcontainer")]],
  },
  {
    id: "kubectl",
    kind: "tool",
    name: "kubectl",
    signs: [[goMain(/^k8s\.io\/kubernetes\/cmd\/kubectl$/), text("k8s.io/kubectl/pkg/cmd")]],
  },
];

export const tools: readonly Fingerprint[] = [...network, ...developing, ...system];
