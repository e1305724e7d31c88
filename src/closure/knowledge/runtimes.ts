// Language runtimes: the standard library and the modules that a program imports by name. What an application imports is not
// decided here: whatever the runtime may be asked for stays.
import type { KnowledgeRule } from "./rule.ts";

export const runtimeRules: readonly KnowledgeRule[] = [
  {
    id: "python3",
    when: {
      sonames: ["libpython3.*"],
      paths: ["/usr/bin/python3.*", "/usr/local/bin/python3.*"],
    },
    content: ["python"],
    files: [
      { leave: "/usr/lib/python3.*/test/**", because: "tests of the standard library" },
      { leave: "/usr/local/lib/python3.*/test/**", because: "tests of the standard library" },
      { leave: "/usr/lib/python3.*/idlelib/**", because: "a desktop editor" },
      { leave: "/usr/local/lib/python3.*/idlelib/**", because: "a desktop editor" },
      { leave: "/usr/lib/python3.*/config-3.*/**", because: "what extension modules are built with" },
      { leave: "/usr/local/lib/python3.*/config-3.*/**", because: "what extension modules are built with" },
      { leave: "/usr/lib/python3.*/ensurepip/**", because: "it installs a package manager" },
      { leave: "/usr/local/lib/python3.*/ensurepip/**", because: "it installs a package manager" },
      {
        keep: "/usr/lib/python3.*/**",
        because: "the standard library, with its compiled modules in lib-dynload",
      },
      { keep: "/usr/lib/python3/dist-packages/**", because: "modules of Debian packages" },
      { keep: "/usr/local/lib/python3.*/**", because: "the standard library, or modules installed by pip" },
      { keep: "/etc/python3.*/**", because: "sitecustomize is imported at each start" },
      { keep: "/usr/share/python3/*.py", because: "debpython's default versions" },
    ],
  },
  {
    id: "perl",
    when: {
      sonames: ["libperl.so.5.*"],
      paths: ["/usr/bin/perl", "/usr/bin/perl5.*", "/usr/local/bin/perl*"],
    },
    content: ["perl"],
    files: [
      { keep: "/usr/lib/*/perl-base/**", because: "the base of the standard library" },
      { keep: "/usr/lib/*/perl/**", because: "the standard library, with its compiled modules" },
      { keep: "/usr/share/perl/**", because: "the standard library" },
      { keep: "/usr/lib/*/perl5/**", because: "modules of Debian packages" },
      { keep: "/usr/share/perl5/**", because: "modules of Debian packages" },
      { keep: "/etc/perl/**", because: "sitecustomize and local modules" },
      { keep: "/usr/local/lib/*/perl/**", because: "local modules" },
      { keep: "/usr/local/share/perl/**", because: "local modules" },
      { keep: "/usr/local/lib/perl5/**", because: "the standard library of a perl built from source" },
    ],
  },
  {
    id: "ruby",
    when: { sonames: ["libruby-*", "libruby.so.*"] },
    content: ["ruby"],
    files: [
      { keep: "/usr/lib/ruby/**", because: "the standard library" },
      { keep: "/usr/lib/*/ruby/**", because: "compiled modules of the standard library" },
      { keep: "/usr/share/rubygems-integration/**", because: "gems of Debian packages" },
      { keep: "/var/lib/gems/**", because: "installed gems" },
      { keep: "/usr/local/lib/ruby/**", because: "the standard library, and installed gems" },
      { keep: "/usr/local/bundle/**", because: "installed gems" },
    ],
  },
  {
    id: "node",
    when: { sonames: ["libnode.so.*"], paths: ["/usr/bin/node", "/usr/bin/nodejs", "/usr/local/bin/node"] },
    content: ["node"],
    files: [
      { leave: "/usr/share/nodejs/npm/**", because: "a package manager" },
      { leave: "/usr/share/nodejs/corepack/**", because: "a package manager" },
      { keep: "/usr/share/nodejs/**", because: "modules of Debian packages" },
      { keep: "/usr/lib/nodejs/**", because: "modules of Debian packages" },
      { keep: "/usr/lib/*/nodejs/**", because: "compiled modules of Debian packages" },
    ],
  },
  {
    // The launcher reads jvm.cfg, loads libjvm and the rest of the home's lib by name, through the class library.
    id: "java",
    when: { sonames: ["libjli.so", "libjvm.so"], paths: ["/usr/lib/jvm/*/bin/java", "/opt/java/*/bin/java"] },
    content: ["java"],
    files: [
      { leave: "/usr/lib/jvm/*/lib/src.zip", because: "sources" },
      { leave: "/usr/lib/jvm/*/lib/ct.sym", because: "what the compiler needs" },
      { leave: "/usr/lib/jvm/*/lib/jexec", because: "a launcher for executable archives" },
      { leave: "/usr/lib/jvm/*/lib/libawt_xawt.so", because: "a window system's client, for desktops" },
      { leave: "/usr/lib/jvm/*/lib/libsplashscreen.so", because: "a window system's client, for desktops" },
      { leave: "/usr/lib/jvm/*/lib/libjawt.so", because: "a window system's client, for desktops" },
      { keep: "/usr/lib/jvm/*/lib/jspawnhelper", because: "the virtual machine starts programs through it" },
      {
        keep: "/usr/lib/jvm/*/lib/**",
        because: "the virtual machine, its class library and what that loads by name",
      },
      { keep: "/usr/lib/jvm/*/conf/**", because: "the runtime's settings" },
      { keep: "/usr/lib/jvm/*/release", because: "the runtime's version" },
      { keep: "/opt/java/*/lib/jspawnhelper", because: "the virtual machine starts programs through it" },
      {
        keep: "/opt/java/*/lib/**",
        because: "the virtual machine, its class library and what that loads by name",
      },
      { keep: "/opt/java/*/conf/**", because: "the runtime's settings" },
      { keep: "/etc/java-*/**", because: "the links of the runtime's conf lead there" },
      { keep: "/etc/ssl/certs/java/cacerts", because: "the trusted certificates of the runtime" },
    ],
  },
  {
    id: "php",
    when: {
      sonames: ["libphp*"],
      paths: ["/usr/bin/php*", "/usr/sbin/php-fpm*", "/usr/local/bin/php", "/usr/local/sbin/php-fpm"],
    },
    content: ["php"],
    files: [
      { keep: "/usr/lib/php/20*/**", because: "extensions that the ini files name" },
      { keep: "/usr/local/lib/php/extensions/**", because: "extensions that the ini files name" },
      { keep: "/etc/php/**", because: "the runtime's settings" },
      { keep: "/usr/local/etc/php/**", because: "the runtime's settings" },
      { keep: "/usr/share/php/**", because: "libraries of Debian packages" },
    ],
  },
];
