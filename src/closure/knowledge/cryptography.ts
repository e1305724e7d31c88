// TLS and cryptography: configuration, providers and trust that libraries open by name.
import type { KnowledgeRule } from "./rule.ts";

const trust = [
  { keep: "/etc/ssl/certs/**", because: "the default store of trusted certificates" },
  { keep: "/usr/share/ca-certificates/**", because: "the links of /etc/ssl/certs lead there" },
  { keep: "/usr/local/share/ca-certificates/**", because: "the links of /etc/ssl/certs lead there" },
  { keep: "/etc/pki/tls/certs/**", because: "the default store of trusted certificates" },
  { keep: "/etc/pki/ca-trust/extracted/**", because: "the links of /etc/pki lead there" },
];

export const cryptographyRules: readonly KnowledgeRule[] = [
  {
    id: "openssl-config",
    when: { sonames: ["libcrypto.so.*"] },
    files: [
      { keep: "/etc/ssl/openssl.cnf", because: "libcrypto reads it when it starts" },
      { keep: "/usr/lib/ssl/openssl.cnf", because: "libcrypto's own name for its configuration" },
      { keep: "/usr/lib/ssl/certs", because: "libcrypto's own name for the trusted certificates" },
      { keep: "/usr/lib/ssl/cert.pem", because: "libcrypto's own name for the trusted certificates" },
      { keep: "/etc/ssl1.1/openssl.cnf", because: "libcrypto reads it when it starts" },
    ],
  },
  {
    id: "openssl-modules",
    when: { sonames: ["libcrypto.so.3"] },
    files: [
      { keep: "/usr/lib/*/ossl-modules/*.so", because: "OpenSSL 3 loads providers by name" },
      { keep: "/usr/lib/ossl-modules/*.so", because: "OpenSSL 3 loads providers by name" },
    ],
  },
  {
    id: "openssl-engines",
    when: { sonames: ["libcrypto.so.*"] },
    files: [
      { keep: "/usr/lib/*/engines-*/*.so", because: "OpenSSL loads engines by name" },
      { keep: "/usr/lib/engines-*/*.so", because: "OpenSSL loads engines by name" },
    ],
  },
  {
    id: "trusted-certificates",
    when: { sonames: ["libssl.so.*", "libgnutls.so.*", "libnss3.so", "libmbedtls.so.*", "libwolfssl.so.*"] },
    files: trust,
  },
  {
    id: "p11-kit",
    when: { sonames: ["libp11-kit.so.*"] },
    files: [
      { keep: "/usr/share/p11-kit/modules/*.module", because: "p11-kit lists its modules there" },
      { keep: "/etc/pkcs11/**", because: "p11-kit reads its configuration there" },
      { keep: "/usr/lib/*/pkcs11/p11-kit-trust.so", because: "GnuTLS reads trusted certificates through it" },
      { keep: "/usr/lib/pkcs11/p11-kit-trust.so", because: "GnuTLS reads trusted certificates through it" },
    ],
  },
  {
    id: "gnutls-config",
    when: { sonames: ["libgnutls.so.*"] },
    files: [{ keep: "/etc/gnutls/**", because: "GnuTLS reads its system-wide priorities there" }],
  },
  {
    id: "nss-modules",
    when: { sonames: ["libnss3.so"] },
    files: [
      { keep: "/usr/lib/*/nss/*", because: "NSS loads its tokens by name, with their check sums" },
      { keep: "/usr/lib/*/libsoftokn3.*", because: "NSS loads its tokens by name" },
      { keep: "/usr/lib/*/libfreebl*", because: "NSS loads its tokens by name" },
      { keep: "/usr/lib/*/libnssckbi.so", because: "NSS loads its trusted certificates by name" },
    ],
  },
  {
    id: "gcrypt-config",
    when: { sonames: ["libgcrypt.so.*"] },
    files: [{ keep: "/etc/gcrypt/**", because: "libgcrypt reads its configuration there" }],
  },
];
