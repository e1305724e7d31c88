// Authentication: PAM stacks, SASL mechanisms, Kerberos plug-ins, LDAP.
import type { KnowledgeRule } from "./rule.ts";

export const authenticationRules: readonly KnowledgeRule[] = [
  {
    id: "pam",
    when: { sonames: ["libpam.so.*"] },
    files: [
      { keep: "/etc/pam.conf", because: "libpam reads its stacks there" },
      { keep: "/etc/pam.d/other", because: "the stack of every service that has none of its own" },
      { keep: "/etc/pam.d/common-*", because: "Debian's stacks include them" },
      { keep: "/etc/security/*.conf", because: "PAM modules read their settings there" },
      { keep: "/etc/security/*.d/**", because: "PAM modules read their settings there" },
      { keep: "/etc/environment", because: "pam_env reads it" },
      { keep: "/usr/lib/*/security/pam_*.so", because: "the stacks of /etc/pam.d name modules" },
      { keep: "/lib/*/security/pam_*.so", because: "the stacks of /etc/pam.d name modules" },
    ],
  },
  {
    id: "sasl",
    when: { sonames: ["libsasl2.so.*"] },
    files: [
      { keep: "/usr/lib/*/sasl2/*", because: "libsasl2 loads every mechanism that it finds" },
      { keep: "/usr/lib/sasl2/*", because: "libsasl2 loads every mechanism that it finds" },
      { keep: "/etc/sasl2/*", because: "libsasl2 reads its configuration there" },
    ],
  },
  {
    id: "kerberos",
    when: { sonames: ["libkrb5.so.3"] },
    files: [
      { keep: "/etc/krb5.conf", because: "libkrb5 reads it" },
      { keep: "/etc/krb5.conf.d/*", because: "krb5.conf includes it" },
      { keep: "/usr/lib/*/krb5/plugins/**", because: "libkrb5 loads every plug-in that it finds" },
      { keep: "/usr/lib/krb5/plugins/**", because: "libkrb5 loads every plug-in that it finds" },
    ],
  },
  {
    id: "gssapi-mechanisms",
    when: { sonames: ["libgssapi_krb5.so.2"] },
    files: [
      { keep: "/etc/gss/mech", because: "mechanisms are listed there" },
      { keep: "/etc/gss/mech.d/*.conf", because: "mechanisms are listed there" },
      { keep: "/usr/lib/*/gss/*.so", because: "mech.d names mechanisms there" },
    ],
  },
  {
    id: "ldap",
    when: { sonames: ["libldap-2.*", "libldap.so.*"] },
    files: [{ keep: "/etc/ldap/ldap.conf", because: "libldap reads its defaults there" }],
  },
];
