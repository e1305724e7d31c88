// Package managers. The libraries that they need are needed by nothing else: a front end of one is one.
import { type Fingerprint, needs, symbol, text } from "./fingerprint.ts";

export const managers: readonly Fingerprint[] = [
  {
    id: "apt",
    kind: "package-manager",
    name: "APT",
    signs: [
      [needs(/^libapt-private\.so/), needs(/^libapt-pkg\.so/)],
      [needs(/^libapt-pkg\.so/), symbol("_ZN13pkgSourceList12ReadMainListEv")],
      [needs(/^libapt-pkg\.so/), symbol("_ZN13pkgSourceListC2Ev")],
    ],
  },
  {
    id: "apt-method",
    kind: "tool",
    name: "a transport of APT",
    signs: [
      [needs(/^libapt-pkg\.so/), symbol("_ZN12pkgAcqMethodC2EPKcm")],
      [needs(/^libapt-pkg\.so/), symbol("_ZN12pkgAcqMethod6StatusEPKcz")],
    ],
    unless: ["apt"],
  },
  {
    id: "dpkg",
    kind: "package-manager",
    name: "dpkg",
    signs: [
      [text("DPKG_RUNNING_VERSION"), text("DPKG_MAINTSCRIPT")],
      [text("debian-binary"), text("DPKG_DEB_THREADS_MAX")],
      [text("/var/lib/dpkg"), text("DPKG_FRONTEND_LOCKED")],
    ],
  },
  {
    id: "apk",
    kind: "package-manager",
    name: "apk",
    signs: [
      [needs(/^libapk\.so/), symbol("apk_db_open")],
      [text("apk-tools "), text("lib/apk/db/installed")],
      [text("apk-tools "), text("apk/repositories")],
      [text("lib/apk/db/installed"), text("lib/apk/db/scripts")],
    ],
    version: { after: ["apk-tools "], pattern: /\d+(?:\.\d+)+[\w.-]*/ },
  },
  {
    id: "rpm",
    kind: "package-manager",
    name: "rpm",
    signs: [
      [needs(/^librpm\.so/), symbol("rpmcliInit")],
      [needs(/^librpm\.so/), symbol("rpmtsRun")],
    ],
  },
  {
    id: "dnf",
    kind: "package-manager",
    name: "DNF",
    signs: [
      [needs(/^libdnf5\.so/), needs(/^libdnf5-cli\.so/)],
      [needs(/^libdnf\.so/), symbol("dnf_context_setup")],
    ],
  },
  {
    id: "zypper",
    kind: "package-manager",
    name: "zypper",
    signs: [
      [needs(/^libzypp\.so/), text("zypper.conf")],
      [needs(/^libzypp\.so/), symbol("_ZTVN4zypp8RepoInfoE")],
    ],
  },
  {
    id: "pacman",
    kind: "package-manager",
    name: "pacman",
    signs: [[needs(/^libalpm\.so/), symbol("alpm_trans_commit")]],
  },
  {
    id: "opkg",
    kind: "package-manager",
    name: "opkg",
    signs: [
      [text("/etc/opkg"), text("opkg_install_cmd")],
      [needs(/^libopkg\.so/), symbol("opkg_conf_init")],
    ],
  },
];
