// glibc's name service switch (nsswitch.conf(5)): each service named there is a library that glibc loads by name.
import type { TreePath } from "../../tree/path.ts";
import { keepLibrary, type LoadedNames } from "../process.ts";
import { nameServiceFile } from "../settings.ts";
import type { Work } from "../work.ts";

/** Keeps the libraries of the services that the tree's nsswitch.conf names, where they are installed. */
export function keepNameServices(work: Work, libc: TreePath, present: LoadedNames): void {
  const text = work.input.settings?.get(nameServiceFile);
  if (text === undefined) return;
  for (const service of namedServices(text)) {
    const soname = `libnss_${service}.so.2`;
    const evidence = `${nameServiceFile} names the service ${service}`;
    keepLibrary(
      work,
      libc,
      soname,
      { from: libc, kind: "knowledge", evidence, confidence: "known" },
      present,
    );
  }
}

/** The services named in an nsswitch.conf, in order, each once; actions in brackets are none. */
export function namedServices(text: string): string[] {
  const services = new Set<string>();
  for (const line of text.split("\n")) {
    const list = /^\s*\w+:([^#]*)/.exec(line)?.[1] ?? "";
    for (const word of list.replace(/\[[^\]]*\]/g, " ").split(/\s+/)) {
      if (/^[\w-]+$/.test(word)) services.add(word);
    }
  }
  return [...services];
}
