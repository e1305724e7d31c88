// What the C library itself opens by name: name service, resolver, converters, locales, time zones.
import type { KnowledgeRule } from "./rule.ts";

export const libcRules: readonly KnowledgeRule[] = [
  {
    id: "glibc-name-service",
    when: { sonames: ["libc.so.6"] },
    keep: [
      { glob: "/etc/nsswitch.conf", because: "glibc reads which name services to ask" },
      { glob: "/etc/passwd", because: "getpwuid(3) reads it" },
      { glob: "/etc/group", because: "getgrgid(3) reads it" },
      { glob: "/etc/hosts", because: "getaddrinfo(3) reads it" },
    ],
    sonames: [
      { soname: "libnss_files.so.2", because: "glibc before 2.34 loads the `files` service by name" },
      { soname: "libnss_dns.so.2", because: "glibc before 2.34 loads the `dns` service by name" },
    ],
  },
];
