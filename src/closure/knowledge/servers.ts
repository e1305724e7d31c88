// Servers that load modules by name, and what they expect to find.
import type { KnowledgeRule } from "./rule.ts";

export const serverRules: readonly KnowledgeRule[] = [
  {
    // Extensions are loaded by SQL, so all of the server's own package stay; llvmjit is a compiler for queries: the server finds
    // out that it isn't there and runs them without.
    id: "postgresql",
    when: {
      paths: [
        "/usr/lib/postgresql/*/bin/postgres",
        "/usr/local/bin/postgres",
        "/usr/local/pgsql/bin/postgres",
      ],
    },
    files: [
      {
        leave: "/usr/lib/postgresql/*/lib/llvmjit.so",
        because: "the optional compiler for queries; it needs LLVM, 105 MB, and the server runs without",
      },
      {
        leave: "/usr/lib/postgresql/*/lib/llvmjit_types.bc",
        because: "part of the optional compiler for queries",
      },
      { leave: "/usr/lib/postgresql/*/lib/bitcode/**", because: "part of the optional compiler for queries" },
      {
        leave: "/usr/local/lib/postgresql/llvmjit.so",
        because: "the optional compiler for queries; it needs LLVM, 105 MB, and the server runs without",
      },
      {
        keep: "/usr/lib/postgresql/*/lib/*.so",
        because: "$libdir: CREATE EXTENSION, conversions and replication load from it",
      },
      { keep: "/usr/lib/postgresql/*/lib", because: "the server refuses to start without its $libdir" },
      { keep: "/usr/share/postgresql/*/extension/**", because: "CREATE EXTENSION reads it" },
      {
        keep: "/usr/share/postgresql/*/timezonesets/*",
        because: "timezone_abbreviations names a file there",
      },
      { keep: "/usr/share/postgresql/*/tsearch_data/*", because: "text search reads its dictionaries there" },
      {
        keep: "/usr/local/lib/postgresql/*.so",
        because: "$libdir: CREATE EXTENSION, conversions and replication load from it",
      },
      { keep: "/usr/local/lib/postgresql", because: "the server refuses to start without its $libdir" },
      { keep: "/usr/local/share/postgresql/**", because: "templates, time zones and extensions" },
      { keep: "/usr/share/zoneinfo/**", because: "the server was built with the system's time zones" },
    ],
  },
  {
    id: "postgresql-initdb",
    when: { paths: ["/usr/lib/postgresql/*/bin/initdb", "/usr/local/bin/initdb"] },
    files: [
      { keep: "/usr/lib/postgresql/*/bin/postgres", because: "initdb starts the server" },
      { keep: "/usr/local/bin/postgres", because: "initdb starts the server" },
      { keep: "/usr/share/postgresql/*/**", because: "initdb reads its templates and SQL there" },
    ],
  },
  {
    id: "nginx",
    when: { paths: ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"] },
    files: [
      { keep: "/etc/nginx/**", because: "the server's configuration, with mime.types" },
      { keep: "/usr/lib/nginx/modules/*.so", because: "load_module names files there" },
      { keep: "/usr/share/nginx/**", because: "the default site, and the list of modules" },
      { keep: "/var/lib/nginx/**", because: "temporary bodies are written there" },
      { keep: "/var/cache/nginx/**", because: "temporary bodies are written there" },
      { keep: "/var/log/nginx/**", because: "the built-in error log lies there" },
    ],
  },
  {
    id: "redis",
    when: {
      paths: [
        "/usr/bin/redis-server",
        "/usr/local/bin/redis-server",
        "/usr/bin/redis-check-rdb",
        "/usr/bin/valkey-server",
      ],
    },
    files: [
      { keep: "/etc/redis/**", because: "the server's configuration" },
      { keep: "/var/lib/redis/**", because: "the working folder of Debian's configuration" },
      { keep: "/usr/lib/redis/modules/*.so", because: "loadmodule names files there" },
    ],
  },
  {
    id: "apache",
    when: { paths: ["/usr/sbin/apache2", "/usr/local/apache2/bin/httpd"] },
    files: [
      { keep: "/etc/apache2/**", because: "the server's configuration" },
      { keep: "/usr/lib/apache2/modules/*.so", because: "LoadModule names files there" },
      { keep: "/usr/local/apache2/modules/*.so", because: "LoadModule names files there" },
      { keep: "/usr/local/apache2/conf/**", because: "the server's configuration" },
      { keep: "/var/log/apache2/**", because: "logs are written there" },
    ],
  },
  {
    id: "mysql",
    when: { paths: ["/usr/sbin/mysqld", "/usr/sbin/mariadbd"] },
    files: [
      { keep: "/usr/lib/mysql/plugin/*.so", because: "INSTALL PLUGIN loads from it" },
      { keep: "/usr/share/mysql/**", because: "messages, character sets and SQL of the server" },
      { keep: "/usr/share/mariadb/**", because: "messages, character sets and SQL of the server" },
      { keep: "/etc/mysql/**", because: "the server's configuration" },
    ],
  },
  {
    id: "git",
    when: { paths: ["/usr/bin/git"] },
    content: ["git"],
    files: [
      { keep: "/usr/lib/git-core/git-remote-http", because: "git starts it for http" },
      { keep: "/usr/lib/git-core/git-remote-https", because: "git starts it for https" },
      { keep: "/usr/share/git-core/templates/**", because: "git init copies it" },
    ],
  },
  {
    id: "haproxy",
    when: { paths: ["/usr/sbin/haproxy"] },
    files: [{ keep: "/etc/haproxy/**", because: "the server's configuration" }],
  },
];
