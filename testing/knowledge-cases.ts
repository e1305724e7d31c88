// One small tree for each knowledge rule: what triggers it, what it keeps there, what it leaves.
import type { Entry } from "../src/tree/entry.ts";
import { library, program, script } from "./closures.ts";
import { file, symlink } from "./trees.ts";

const multiarch = "/usr/lib/x86_64-linux-gnu";

export interface KnowledgeCase {
  readonly rule: string;
  /** What the program loads, or where it lies. */
  readonly needs?: string;
  readonly program?: string;
  readonly entries: readonly Entry[];
  readonly kept: readonly string[];
  readonly left?: readonly string[];
}

export const knowledgeCases: readonly KnowledgeCase[] = [
  {
    rule: "glibc-loader",
    needs: "libc.so.6",
    entries: [file("/etc/ld.so.cache", "c"), library(`${multiarch}/libgcc_s.so.1`)],
    kept: ["/etc/ld.so.cache", `${multiarch}/libgcc_s.so.1`],
  },
  {
    rule: "glibc-name-service",
    needs: "libc.so.6",
    entries: [
      file("/etc/nsswitch.conf", "n"),
      file("/etc/passwd", "p"),
      library(`${multiarch}/libnss_files.so.2`),
    ],
    kept: ["/etc/nsswitch.conf", "/etc/passwd", `${multiarch}/libnss_files.so.2`],
  },
  { rule: "resolver", needs: "libc.so.6", entries: [file("/etc/hosts", "h")], kept: ["/etc/hosts"] },
  {
    rule: "gconv",
    needs: "libc.so.6",
    entries: [
      library(`${multiarch}/gconv/UTF-16.so`),
      library(`${multiarch}/gconv/EUC-JP.so`),
      file(`${multiarch}/gconv/gconv-modules.cache`, "c"),
    ],
    kept: [`${multiarch}/gconv/UTF-16.so`, `${multiarch}/gconv/gconv-modules.cache`],
    left: [`${multiarch}/gconv/EUC-JP.so`],
  },
  {
    rule: "locales",
    needs: "libc.so.6",
    entries: [file("/usr/lib/locale/C.utf8/LC_CTYPE", "l")],
    kept: ["/usr/lib/locale/C.utf8/LC_CTYPE"],
  },
  {
    rule: "time-zones",
    needs: "libc.so.6",
    entries: [
      symlink("/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),
      file("/usr/share/zoneinfo/Etc/UTC", "z"),
    ],
    kept: ["/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"],
  },
  {
    rule: "openssl-config",
    needs: "libcrypto.so.3",
    entries: [symlink("/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf"), file("/etc/ssl/openssl.cnf", "o")],
    kept: ["/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf"],
  },
  {
    rule: "openssl-modules",
    needs: "libcrypto.so.3",
    entries: [library(`${multiarch}/ossl-modules/legacy.so`)],
    kept: [`${multiarch}/ossl-modules/legacy.so`],
  },
  {
    rule: "openssl-engines",
    needs: "libcrypto.so.1.1",
    entries: [library(`${multiarch}/engines-1.1/padlock.so`)],
    kept: [`${multiarch}/engines-1.1/padlock.so`],
  },
  {
    rule: "trusted-certificates",
    needs: "libgnutls.so.30",
    entries: [file("/etc/ssl/certs/ca-certificates.crt", "c")],
    kept: ["/etc/ssl/certs/ca-certificates.crt"],
  },
  {
    rule: "p11-kit",
    needs: "libp11-kit.so.0",
    entries: [
      library(`${multiarch}/pkcs11/p11-kit-trust.so`),
      file("/usr/share/p11-kit/modules/p11-kit-trust.module", "m"),
    ],
    kept: [`${multiarch}/pkcs11/p11-kit-trust.so`, "/usr/share/p11-kit/modules/p11-kit-trust.module"],
  },
  {
    rule: "gnutls-config",
    needs: "libgnutls.so.30",
    entries: [file("/etc/gnutls/config", "g")],
    kept: ["/etc/gnutls/config"],
  },
  {
    rule: "nss-modules",
    needs: "libnss3.so",
    entries: [library(`${multiarch}/nss/libsoftokn3.so`)],
    kept: [`${multiarch}/nss/libsoftokn3.so`],
  },
  {
    rule: "gcrypt-config",
    needs: "libgcrypt.so.20",
    entries: [file("/etc/gcrypt/hwf.deny", "g")],
    kept: ["/etc/gcrypt/hwf.deny"],
  },
  {
    rule: "pam",
    needs: "libpam.so.0",
    entries: [library(`${multiarch}/security/pam_unix.so`), file("/etc/pam.d/common-auth", "p")],
    kept: [`${multiarch}/security/pam_unix.so`, "/etc/pam.d/common-auth"],
  },
  {
    rule: "sasl",
    needs: "libsasl2.so.2",
    entries: [library(`${multiarch}/sasl2/libsasldb.so.2`)],
    kept: [`${multiarch}/sasl2/libsasldb.so.2`],
  },
  {
    rule: "kerberos",
    needs: "libkrb5.so.3",
    entries: [file("/etc/krb5.conf", "k"), library(`${multiarch}/krb5/plugins/preauth/spake.so`)],
    kept: ["/etc/krb5.conf", `${multiarch}/krb5/plugins/preauth/spake.so`],
  },
  {
    rule: "gssapi-mechanisms",
    needs: "libgssapi_krb5.so.2",
    entries: [file("/etc/gss/mech.d/a.conf", "g")],
    kept: ["/etc/gss/mech.d/a.conf"],
  },
  {
    rule: "ldap",
    needs: "libldap-2.5.so.0",
    entries: [file("/etc/ldap/ldap.conf", "l")],
    kept: ["/etc/ldap/ldap.conf"],
  },
  {
    rule: "icu-data",
    needs: "libicuuc.so.72",
    entries: [file("/usr/share/icu/72.1/icudt72l.dat", "i")],
    kept: ["/usr/share/icu/72.1/icudt72l.dat"],
  },
  {
    rule: "libmagic",
    needs: "libmagic.so.1",
    entries: [
      symlink("/usr/share/misc/magic.mgc", "../../lib/file/magic.mgc"),
      file("/usr/lib/file/magic.mgc", "m"),
    ],
    kept: ["/usr/share/misc/magic.mgc", "/usr/lib/file/magic.mgc"],
  },
  {
    rule: "terminfo",
    needs: "libtinfo.so.6",
    entries: [file("/lib/terminfo/x/xterm", "t")],
    kept: ["/lib/terminfo/x/xterm"],
  },
  {
    rule: "readline",
    needs: "libreadline.so.8",
    entries: [file("/etc/inputrc", "i")],
    kept: ["/etc/inputrc"],
  },
  {
    rule: "libxml-catalog",
    needs: "libxml2.so.2",
    entries: [file("/etc/xml/catalog", "x")],
    kept: ["/etc/xml/catalog"],
  },
  {
    rule: "fontconfig",
    needs: "libfontconfig.so.1",
    entries: [file("/etc/fonts/fonts.conf", "f")],
    kept: ["/etc/fonts/fonts.conf"],
  },
  {
    rule: "gio-modules",
    needs: "libgio-2.0.so.0",
    entries: [library(`${multiarch}/gio/modules/libgiognutls.so`)],
    kept: [`${multiarch}/gio/modules/libgiognutls.so`],
  },
  {
    rule: "gdk-pixbuf",
    needs: "libgdk_pixbuf-2.0.so.0",
    entries: [file(`${multiarch}/gdk-pixbuf-2.0/2.10.0/loaders.cache`, "l")],
    kept: [`${multiarch}/gdk-pixbuf-2.0/2.10.0/loaders.cache`],
  },
  {
    rule: "mime-types",
    needs: "libgio-2.0.so.0",
    entries: [file("/usr/share/mime/mime.cache", "m")],
    kept: ["/usr/share/mime/mime.cache"],
  },
  {
    rule: "glvnd",
    needs: "libEGL.so.1",
    entries: [file("/usr/share/glvnd/egl_vendor.d/50_mesa.json", "e")],
    kept: ["/usr/share/glvnd/egl_vendor.d/50_mesa.json"],
  },
  {
    rule: "opencl",
    needs: "libOpenCL.so.1",
    entries: [file("/etc/OpenCL/vendors/pocl.icd", "o")],
    kept: ["/etc/OpenCL/vendors/pocl.icd"],
  },
  {
    rule: "alsa",
    needs: "libasound.so.2",
    entries: [file("/usr/share/alsa/alsa.conf", "a")],
    kept: ["/usr/share/alsa/alsa.conf"],
  },
  {
    rule: "libvips-modules",
    needs: "libvips.so.42",
    entries: [library(`${multiarch}/vips-modules-8.14/vips-heif.so`)],
    kept: [`${multiarch}/vips-modules-8.14/vips-heif.so`],
  },
  {
    rule: "imagemagick",
    needs: "libMagickCore-6.Q16.so.6",
    entries: [file("/etc/ImageMagick-6/policy.xml", "p")],
    kept: ["/etc/ImageMagick-6/policy.xml"],
  },
  {
    rule: "odbc",
    needs: "libodbc.so.2",
    entries: [file("/etc/odbcinst.ini", "o")],
    kept: ["/etc/odbcinst.ini"],
  },
  {
    rule: "python3",
    program: "/usr/bin/python3.11",
    entries: [
      file("/usr/lib/python3.11/os.py", "o"),
      library("/usr/lib/python3.11/lib-dynload/_ssl.so"),
      script("/usr/lib/python3/dist-packages/t.py", "/usr/bin/python3"),
      file("/usr/lib/python3.11/ensurepip/__init__.py", "e"),
    ],
    kept: [
      "/usr/lib/python3.11/os.py",
      "/usr/lib/python3.11/lib-dynload/_ssl.so",
      "/usr/lib/python3/dist-packages/t.py",
    ],
    left: ["/usr/lib/python3.11/ensurepip/__init__.py"],
  },
  {
    rule: "perl",
    program: "/usr/bin/perl",
    entries: [
      file(`${multiarch}/perl-base/strict.pm`, "s"),
      library(`${multiarch}/perl/5.36.0/auto/POSIX/POSIX.so`),
    ],
    kept: [`${multiarch}/perl-base/strict.pm`, `${multiarch}/perl/5.36.0/auto/POSIX/POSIX.so`],
  },
  {
    rule: "ruby",
    needs: "libruby-3.1.so.3.1",
    entries: [file("/usr/lib/ruby/3.1.0/set.rb", "s")],
    kept: ["/usr/lib/ruby/3.1.0/set.rb"],
  },
  {
    rule: "node",
    program: "/usr/bin/node",
    entries: [file("/usr/share/nodejs/undici/index.js", "u"), file("/usr/share/nodejs/npm/index.js", "n")],
    kept: ["/usr/share/nodejs/undici/index.js"],
    left: ["/usr/share/nodejs/npm/index.js"],
  },
  {
    rule: "java",
    program: "/usr/lib/jvm/java-17/bin/java",
    entries: [
      library("/usr/lib/jvm/java-17/lib/server/libjvm.so"),
      library("/usr/lib/jvm/java-17/lib/libnet.so", { needed: ["libjvm.so"] }),
      file("/usr/lib/jvm/java-17/lib/src.zip", "z"),
    ],
    kept: ["/usr/lib/jvm/java-17/lib/server/libjvm.so", "/usr/lib/jvm/java-17/lib/libnet.so"],
    left: ["/usr/lib/jvm/java-17/lib/src.zip"],
  },
  {
    rule: "php",
    program: "/usr/bin/php8.2",
    entries: [library("/usr/lib/php/20220829/curl.so"), file("/etc/php/8.2/cli/php.ini", "p")],
    kept: ["/usr/lib/php/20220829/curl.so", "/etc/php/8.2/cli/php.ini"],
  },
  {
    rule: "postgresql",
    program: "/usr/lib/postgresql/15/bin/postgres",
    entries: [
      library("/usr/lib/postgresql/15/lib/plpgsql.so"),
      library("/usr/lib/postgresql/15/lib/llvmjit.so", { needed: ["libLLVM-14.so.1"] }),
      library(`${multiarch}/libLLVM-14.so.1`),
      file("/usr/share/postgresql/15/extension/plpgsql.control", "c"),
      file("/usr/share/postgresql/15/tsearch_data/english.stop", "s"),
      file("/usr/share/postgresql/15/timezonesets/Default", "t"),
    ],
    kept: [
      "/usr/lib/postgresql/15/lib/plpgsql.so",
      "/usr/share/postgresql/15/extension/plpgsql.control",
      "/usr/share/postgresql/15/tsearch_data/english.stop",
      "/usr/share/postgresql/15/timezonesets/Default",
    ],
    left: ["/usr/lib/postgresql/15/lib/llvmjit.so", `${multiarch}/libLLVM-14.so.1`],
  },
  {
    rule: "postgresql-initdb",
    program: "/usr/lib/postgresql/15/bin/initdb",
    entries: [program("/usr/lib/postgresql/15/bin/postgres")],
    kept: ["/usr/lib/postgresql/15/bin/postgres"],
  },
  {
    rule: "nginx",
    program: "/usr/sbin/nginx",
    entries: [file("/etc/nginx/mime.types", "m"), library("/usr/lib/nginx/modules/ngx_stream_module.so")],
    kept: ["/etc/nginx/mime.types", "/usr/lib/nginx/modules/ngx_stream_module.so"],
  },
  {
    rule: "redis",
    program: "/usr/bin/redis-check-rdb",
    entries: [file("/etc/redis/redis.conf", "r")],
    kept: ["/etc/redis/redis.conf"],
  },
  {
    rule: "apache",
    program: "/usr/sbin/apache2",
    entries: [library("/usr/lib/apache2/modules/mod_ssl.so")],
    kept: ["/usr/lib/apache2/modules/mod_ssl.so"],
  },
  {
    rule: "mysql",
    program: "/usr/sbin/mariadbd",
    entries: [library("/usr/lib/mysql/plugin/auth_socket.so")],
    kept: ["/usr/lib/mysql/plugin/auth_socket.so"],
  },
  {
    rule: "git",
    program: "/usr/bin/git",
    entries: [program("/usr/lib/git-core/git-remote-https")],
    kept: ["/usr/lib/git-core/git-remote-https"],
  },
  {
    rule: "haproxy",
    program: "/usr/sbin/haproxy",
    entries: [file("/etc/haproxy/haproxy.cfg", "h")],
    kept: ["/etc/haproxy/haproxy.cfg"],
  },
];
