// Commands that build something out of everything that is installed. They run once, for the whole image, when it is composed.
import type { Generator } from "../effect.ts";
import { emit, noteInert, writeFile } from "../emit.ts";
import { contentAt } from "../files.ts";
import {
  type Call,
  type Handler,
  literal,
  notUnderstood,
  type Outcome,
  parseOptions,
  pathsOf,
  success,
} from "./call.ts";

const generators: Readonly<Record<string, Generator>> = {
  ldconfig: "ld-cache",
  "update-ca-certificates": "ca-certificates",
  "update-mime-database": "mime-cache",
  "update-mime": "mime-cache",
  "glib-compile-schemas": "glib-schemas",
  "gio-querymodules": "gio-modules",
  "gdk-pixbuf-query-loaders": "gdk-pixbuf-loaders",
  "update-desktop-database": "desktop-database",
  "gtk-update-icon-cache": "icon-cache",
  "update-icon-caches": "icon-cache",
  "gtk-update-icon-cache-3.0": "icon-cache",
  "fc-cache": "font-cache",
  "gtk-query-immodules-2.0": "gtk-input-modules",
  "gtk-query-immodules-3.0": "gtk-input-modules",
  "add-shell": "login-shells",
  "update-shells": "login-shells",
  "pam-auth-update": "pam-configuration",
  "update-xmlcatalog": "xml-catalog",
  "update-catalog": "xml-catalog",
};

function generate(call: Call): Outcome {
  const generator = generators[call.name];
  if (generator === undefined) return notUnderstood(call, "nothing builds this");
  emit(call.state, call.extent, { kind: "generate", generator });
  return success;
}

/** ucf(1): a configuration file that is made from a template where there is none. */
function ucf(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "three-way",
    "debconf-ok",
    "debconf-template:",
    "p=purge",
    "s=src-dir:",
    "sum-file:",
    "state-dir:",
    "d=debug",
    "v=verbose",
    "n=no-action",
  ]);
  if (options.stranger !== undefined)
    return notUnderstood(call, `its option ${options.stranger} is not modelled`);
  if (options.values.has("purge")) return success;
  const [from, to] = pathsOf(call, options.operands);
  if (from === undefined || to === undefined)
    return notUnderstood(call, "it needs a source and a destination");
  writeFile(call.state, call.extent, to, contentAt(call.state, from));
  return success;
}

/** ucf's register of who owns which file. */
function ucfr(call: Call): Outcome {
  noteInert(call.state, call.extent, "ucf's own register is not part of an image");
  return success;
}

export const generatorCommands: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(Object.keys(generators).map((name) => [name, generate])),
  ucf: literal(ucf),
  ucfr,
  ucfq: ucfr,
};
