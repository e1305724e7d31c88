// What the C library itself opens by name: name service, resolver, converters, locales, time zones.
import type { KnowledgeRule } from "./rule.ts";

const glibc = { sonames: ["libc.so.6"] };

export const libcRules: readonly KnowledgeRule[] = [
  {
    id: "glibc-loader",
    when: glibc,
    files: [
      { keep: "/etc/ld.so.cache", because: "ld.so finds libraries through it" },
      { keep: "/etc/ld.so.conf", because: "it says what ld.so.cache is made from" },
      { keep: "/etc/ld.so.conf.d/*.conf", because: "it says what ld.so.cache is made from" },
    ],
    sonames: [{ soname: "libgcc_s.so.1", because: "pthread_cancel(3) and pthread_exit(3) load it by name" }],
  },
  {
    id: "glibc-name-service",
    when: glibc,
    files: [
      { keep: "/etc/nsswitch.conf", because: "glibc reads which name services to ask" },
      { keep: "/etc/passwd", because: "getpwuid(3) reads it" },
      { keep: "/etc/group", because: "getgrgid(3) reads it" },
      { keep: "/etc/services", because: "getaddrinfo(3) reads it for named ports" },
      { keep: "/etc/protocols", because: "getprotobyname(3) reads it" },
    ],
    // Since glibc 2.34 both are part of libc.so.6; what is installed then are stubs for old static programs.
    sonames: [
      { soname: "libnss_files.so.2", because: "glibc before 2.34 loads the service files by name" },
      { soname: "libnss_dns.so.2", because: "glibc before 2.34 loads the service dns by name" },
    ],
  },
  {
    id: "resolver",
    when: { sonames: ["libc.so.6", "ld-musl-*", "libc.musl-*"] },
    files: [
      { keep: "/etc/hosts", because: "getaddrinfo(3) reads it" },
      { keep: "/etc/host.conf", because: "glibc's resolver reads it" },
      { keep: "/etc/gai.conf", because: "getaddrinfo(3) sorts addresses by it" },
      { keep: "/etc/resolv.conf", because: "the resolver reads its servers there" },
    ],
  },
  {
    // glibc divides its converters itself: since 2.34 a list of essential ones, and one of extras. A program's data decides
    // which it asks for, so no more can be known; the essential ones stay, as in installations that leave the extras out.
    id: "gconv",
    when: glibc,
    files: [
      { keep: "/usr/lib/*/gconv/gconv-modules*", because: "iconv(3) finds its converters through it" },
      { keep: "/usr/lib/*/gconv/gconv-modules.d/*", because: "iconv(3) finds its converters through it" },
      ...["ANSI_X3.110", "CP1252", "ISO8859-1", "ISO8859-15", "UNICODE", "UTF-16", "UTF-32", "UTF-7"].map(
        (name) => ({
          keep: `/usr/lib/*/gconv/${name}.so`,
          because: "one of the converters that glibc calls essential",
        }),
      ),
      {
        leave: "/usr/lib/*/gconv/*.so",
        because: "a converter beyond glibc's essential ones; `keep` it where data needs it",
      },
    ],
  },
  {
    id: "locales",
    when: glibc,
    files: [
      { keep: "/usr/lib/locale/**", because: "setlocale(3) reads it; C.UTF-8 lies there" },
      { keep: "/etc/locale.alias", because: "setlocale(3) reads it" },
      { keep: "/usr/share/locale/locale.alias", because: "setlocale(3) reads it" },
    ],
  },
  {
    id: "time-zones",
    when: { sonames: ["libc.so.6", "ld-musl-*"] },
    files: [
      { keep: "/etc/localtime", because: "localtime(3) reads it" },
      { keep: "/etc/timezone", because: "programs read the zone's name there" },
    ],
  },
];
