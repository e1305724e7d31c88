// What programs give that only their names tell: a suspicion, which a rename takes away and anybody can make. Facts about
// programs, from their manuals; where a fingerprint knows the content, that decides (identified.ts).
import { shellNames } from "../../content/shell-names.ts";
import type { ProgramRow } from "./table.ts";

/** By base name, without a version at its end (python3.11, gcc-12, lua5.4). */
export const namedPrograms: readonly ProgramRow[] = [
  // Shells and what is used as one.
  {
    gives: ["exec", "shell", "file-read", "file-write"],
    programs: `${[...shellNames].join(" ")} ion bosh psh rush tclsh wish expect slsh powershell busybox toybox oil scsh bsh mrsh gash`,
  },
  {
    gives: ["download", "upload", "reverse-shell"],
    programs: "bash ksh ksh93 zsh pwsh powershell nu busybox xonsh tclsh expect",
  },
  { gives: ["bind-shell"], programs: "zsh busybox tclsh pwsh powershell" },
  // Interpreters.
  {
    gives: [
      "exec",
      "download",
      "upload",
      "file-read",
      "file-write",
      "library-load",
      "reverse-shell",
      "bind-shell",
    ],
    programs: `python pypy ipython perl ruby irb jruby node nodejs deno bun php php-cgi php-fpm java jshell jjs jrunscript groovy scala kotlin
      clojure erl elixir iex escript julia dotnet mono csi fsi swift racket guile csc sbcl clisp ecl ghci stack runghc ocaml raku R
      Rscript octave go crystal nim gjs qjs d8 rhino gdb emacs ts-node tsx zx pry rake rails irb cpan awx`,
  },
  {
    gives: ["exec", "file-read", "file-write", "library-load"],
    programs: "lua luajit luac texlua lualatex luatex moon janet gforth",
  },
  {
    gives: ["exec", "file-read", "file-write"],
    programs: "awk mawk nawk original-awk busybox-awk jimsh bc dc m4 sed gsed ed red ex rscript",
  },
  {
    gives: ["exec", "file-read", "file-write", "download", "upload", "reverse-shell", "library-load"],
    programs: "gawk",
  },
  { gives: ["bind-shell"], programs: "gawk" },
  // Editors and pagers: they start a command when asked to.
  {
    gives: ["exec", "shell", "file-read", "file-write"],
    programs: `vi vim nvim vimdiff view rvim rview gvim vigr vipw emacsclient nano rnano pico joe jed jove mcedit micro helix hx kak ne mg tilde
      less more most pg man info ranger nnn mc vifm lf ncdu dialog screen tmux tmate byobu dtach abduco script scriptreplay`,
  },
  { gives: ["library-load"], programs: "vim nvim gvim vimdiff rvim rview view" },
  // Programs that start the one they are told to.
  {
    gives: ["exec"],
    programs: `env xargs nice ionice nohup timeout time stdbuf setsid setarch linux32 linux64 i386 x86_64 uname26 taskset chrt choom prlimit
      flock setlock softlimit chpst envdir envuidgid watch entr parallel run-parts run-mailcap start-stop-daemon run-one at batch crontab
      cron anacron service invoke-rc.d systemctl systemd-run loginctl machinectl busctl timedatectl hostnamectl journalctl supervisorctl
      supervisord s6-svscan runit runsv runsvdir tini dumb-init catatonit pexec multitime hyperfine rlwrap unbuffer faketime fakeroot proot
      firejail cgexec aa-exec torify torsocks proxychains proxychains4 tsocks logsave xvfb-run dbus-run-session dbus-launch uftrace valgrind
      perf perf_5 bpftrace trace-cmd ltrace strace sysdig stress-ng pidstat dstat facter bundle bundler byebug genie gtester jtag xdotool
      xdg-user-dir xdg-open ssh-agent gpg-agent ssh-add tasksh task whiptail zenity cowsay cowthink fzf sk gum ispell aspell hunspell
      msgfilter nroff groff troff pic eqn tbl man2html ginsh gnuplot maxima crash scanmem gcore plymouth ksshell
      latex pdflatex tex pdftex xelatex xetex dvips ghostscript gs c89 c99 cobc nasm yasm cmake ninja meson scons gradle mvn ant sbt bazel
      buck gmake make bmake colormake checkmk distcc ccache split csvtool find fd fdfind locate updatedb
      mutt neomutt mail mailx sendmail exim exim4 procmail maildrop postfix zathura mpv mplayer vlc rofi dmenu`,
  },
  {
    gives: ["file-read"],
    programs:
      "find fd gs ghostscript nroff groff troff eqn tbl pic less more nasm aspell ispell dialog whiptail",
  },
  { gives: ["file-write"], programs: "find logsave gcore script split gs ghostscript make gmake" },
  { gives: ["shell"], programs: "capsh cpulimit cabal ghci" },
  // Compilers and linkers: they make a program out of text, and read any file.
  {
    gives: ["exec", "file-read", "file-write", "library-load"],
    programs: `gcc g++ cc c++ cpp clang clang++ tcc ld ld.bfd ld.gold ld.lld lld as rustc cargo gdc ldc2 gfortran gnat valac javac kotlinc
      scalac ghc cabal fpc zig nvcc`,
  },
  { gives: ["download"], programs: "cargo go cabal stack mvn gradle sbt zig" },
  // Clients and servers of networks.
  {
    gives: ["download", "upload", "file-read", "file-write"],
    programs: `curl wget2 aria2c axel httpie http https xh curlie lynx links elinks w3m
      tftp ftp lftp ncftp ncftpget ncftpput yafc atftp smbclient smbget rclone s3cmd s5cmd aws gsutil gcloud az azcopy minio mcli restic
      borg duplicity unison syncthing croc magic-wormhole wormhole grpcurl websocat webdav cadaver davfs2 finger whois lwp-download
      lwp-request GET POST HEAD fetch dpkg-source bitsadmin mosquitto_pub mosquitto_sub kafkacat kcat nats swaks msmtp`,
  },
  { gives: ["exec"], programs: "wget aria2c lftp ncftp ftp smbclient lynx links elinks w3m borg duplicity" },
  { gives: ["library-load"], programs: "curl" },
  { gives: ["download", "upload", "file-read", "file-write"], programs: "wget" },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write"],
    programs:
      "git git-shell hg svn svnsync bzr cvs fossil darcs rsync scp sftp psftp pscp ssh plink dbclient slogin mosh sshpass autossh",
  },
  { gives: ["reverse-shell", "library-load"], programs: "ssh slogin plink dbclient autossh" },
  {
    gives: ["exec", "upload", "download"],
    programs: "rlogin rsh rexec telnet cu minicom picocom tip ascii-xfr sz rz lrzsz kermit",
  },
  { gives: ["reverse-shell"], programs: "rlogin telnet rsh" },
  {
    gives: ["exec", "bind-shell", "privilege"],
    programs: "sshd dropbear telnetd in.telnetd rshd rlogind xinetd inetd tcpserver tcpsvd udpsvd",
  },
  {
    gives: ["exec", "download", "upload", "reverse-shell", "bind-shell"],
    programs:
      "nc netcat nc.openbsd nc.traditional ncat socat socat1 cryptcat pwncat rustcat sbd dbd pnetcat gs-netcat gsocket chisel",
  },
  { gives: ["file-read", "file-write"], programs: "socat socat1" },
  {
    gives: [
      "exec",
      "download",
      "upload",
      "file-read",
      "file-write",
      "library-load",
      "reverse-shell",
      "bind-shell",
    ],
    programs: "openssl nmap",
  },
  {
    gives: ["download", "upload"],
    programs: "ngrok cloudflared frpc frps iodine dnscat stunnel stunnel4 ss-local wstunnel gost bore tor",
  },
  {
    gives: ["exec", "privilege"],
    programs:
      "openvpn wg-quick pppd dhclient dhcpcd ip ifup ifdown iptables nft tcpdump tshark dumpcap ettercap",
  },
  { gives: ["file-read"], programs: "ip arp bridge ss mtr dig nft date ssh-keyscan host nslookup tcpdump" },
  { gives: ["file-write"], programs: "tcpdump tshark dumpcap" },
  { gives: ["upload"], programs: "whois finger ping dig host nslookup" },
  { gives: ["file-read", "file-write", "library-load"], programs: "ssh-keygen" },
  // Databases' clients: files, and commands from their prompts.
  {
    gives: ["exec", "file-read", "file-write"],
    programs:
      "psql mysql mariadb sqlite3 sqlite mongosh mongo tdbtool isql sqlplus sqlcmd duckdb clickhouse clickhouse-client rqlite cqlsh",
  },
  {
    gives: ["download", "upload"],
    programs: "psql mysql mariadb mongosh mongo redis-cli duckdb clickhouse clickhouse-client",
  },
  { gives: ["library-load"], programs: "mysql mariadb sqlite3 sqlite duckdb" },
  { gives: ["file-write"], programs: "redis-cli" },
  // Package managers, of systems and of languages.
  {
    gives: ["exec", "download", "file-read", "file-write", "privilege"],
    programs: `apt apt-get aptitude aptdcon dpkg dpkg-deb dpkg-split apk rpm rpmdb rpmquery rpmverify rpm2cpio rpm2archive dnf dnf4 dnf5 microdnf
      tdnf yum zypper pacman makepkg opkg ipkg xbps-install emerge nix nix-env nix-shell snap flatpak brew swupd guix eopkg urpmi slackpkg
      pkg pkgin tazpkg cards alien`,
  },
  { gives: ["exec", "file-read"], programs: "apt-cache apt-config apt-file apt-mark" },
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "library-load"],
    programs: `pip pipx uv uvx poetry pdm hatch conda mamba micromamba easy_install npm npx yarn yarnpkg pnpm pnpx corepack gem composer pear pecl
      cpanm luarocks hex mix rebar3 nuget paket bower jpm volta nvm asdf mise rustup vcpkg conan`,
  },
  // Containers, virtual machines, clusters, configuration.
  {
    gives: ["exec", "download", "upload", "file-read", "file-write", "privilege"],
    programs: `docker dockerd podman buildah nerdctl ctr crictl containerd containerd-shim runc crun youki kata-runtime lxc lxc-attach lxc-execute
      lxd incus skopeo kubectl k9s helm oc kind minikube k3s kubelet virsh qemu-system-x86_64 vagrant multipass`,
  },
  {
    gives: ["exec", "file-read", "file-write"],
    programs: `ansible ansible-playbook ansible-test puppet chef-client chef-solo knife salt-call salt-minion
      terraform tofu pulumi packer consul vault nomad etcdctl`,
  },
  {
    gives: ["exec", "download", "library-load", "file-read", "file-write"],
    programs: "msfconsole metasploit sqlmap hydra john hashcat impacket responder bettercap crackmapexec",
  },
  // Privileges.
  {
    gives: ["exec", "privilege"],
    programs: `sudo sudoedit su doas pkexec runuser setpriv gosu su-exec setuidgid chroot nsenter unshare bwrap capsh sg newgrp login dzdo calife
      super userdo ptrace_scope switch_root pivot_root chpst s6-setuidgid jexec systemd-nspawn`,
  },
  {
    gives: ["privilege"],
    programs: `mount umount fusermount fusermount3 losetup insmod modprobe kmod rmmod setcap getcap chmod chown chgrp setfacl
      passwd chpasswd useradd usermod groupadd adduser addgroup gpasswd chsh chfn visudo mknod kexec sysctl dmsetup cryptsetup mdadm lvm
      iconfig restorecon setenforce semanage debugfs`,
  },
  { gives: ["file-read", "file-write"], programs: "mount debugfs sudoedit sysctl" },
  { gives: ["file-write"], programs: "chpasswd useradd usermod adduser setfacl chmod chown" },
  { gives: ["exec", "file-read"], programs: "debugfs dmsetup" },
  { gives: ["library-load"], programs: "ldconfig ld.so ldd modprobe insmod kmod" },
  {
    gives: ["exec", "library-load"],
    programs:
      "ld.so ld-linux.so ld-linux-x86-64.so ld-linux-aarch64.so ld-linux-armhf.so ld-musl-x86_64.so ld-musl-aarch64.so",
  },
  // Archivers: read and write any file, and some start programs of the caller's choice.
  {
    gives: ["exec", "file-read", "file-write"],
    programs:
      "tar bsdtar gtar star cpio pax zip 7z 7za 7zr rar unrar dar mt cdrecord genisoimage mkisofs mksquashfs",
  },
  {
    gives: ["file-read", "file-write"],
    programs: `ar gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat lzma zstd unzstd zstdcat lz4 lz4cat brotli
      compress uncompress unzip zipinfo funzip lzop lrzip pigz pbzip2 pixz unsquashfs jar`,
  },
  // Text and binary tools: they read, and some write.
  {
    gives: ["file-read"],
    programs: `cat tac head tail nl od hd hexdump xxd strings grep egrep fgrep zgrep rg ag ack cut paste join comm cmp diff diff3 sdiff colordiff sort
      uniq shuf tsort wc fold fmt pr ptx expand unexpand rev column col colcrt ul look tr base32 base64 basenc base58 basez ascii85 uuencode
      iconv recode jq yq gojq xmllint xsltproc xmlstarlet readelf objdump nm size elfedit ldd file stat exiftool highlight pygmentize
      bat batcat cupsfilter msgattrib msgcat msgconv msgmerge msguniq soelim zsoelim tic infocmp redcarpet pandoc last lastb lastlog who
      whoami w xmodmap xmore atobm dmesg efax espeak bzless bzmore zless zmore xzless md5sum sha1sum sha224sum sha256sum sha384sum
      sha512sum b2sum cksum sum csplit vmstat arj lsof getfattr getfacl systemd-resolve gpg gpg2 age pass
      qpdf pdftotext convert magick ffmpeg sox tesseract wkhtmltopdf antiword`,
  },
  {
    gives: ["file-write"],
    programs: `tee dd cp mv ln install touch truncate mkdir rmdir rm unlink link shred mktemp mkfifo patch rename sponge uudecode xxd objcopy
      strip csplit sort shuf iconv gpg gpg2 age openssl rsyslogd logger pandoc ffmpeg convert magick jq yq xmllint xsltproc wkhtmltopdf
      chattr update-alternatives ldconfig`,
  },
  { gives: ["file-read"], programs: "cp mv ln dd install tee patch update-alternatives" },
  { gives: ["download", "file-read", "file-write"], programs: "pandoc ffmpeg wkhtmltopdf convert magick" },
  { gives: ["exec"], programs: "ffmpeg convert magick gpg patch sort install pandoc" },
  { gives: ["library-load"], programs: "systemd-resolve xmllint" },
];
