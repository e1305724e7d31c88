// Primitives: what an attacker who can start a program of the image gets from it ("living off the land"), with the techniques
// of MITRE ATT&CK (enterprise) that they serve.

export const primitives = [
  "exec",
  "shell",
  "download",
  "upload",
  "file-read",
  "file-write",
  "library-load",
  "reverse-shell",
  "bind-shell",
  "privilege",
] as const;

export type Primitive = (typeof primitives)[number];

export interface PrimitiveMeaning {
  /** One line for people. */
  readonly what: string;
  /** ATT&CK technique ids. */
  readonly techniques: readonly string[];
}

export const primitiveMeanings: Readonly<Record<Primitive, PrimitiveMeaning>> = {
  exec: { what: "starts other programs", techniques: ["T1059"] },
  shell: { what: "gives an interactive or scripted command interpreter", techniques: ["T1059.004"] },
  download: { what: "brings files in from the network", techniques: ["T1105"] },
  upload: { what: "sends files out over the network", techniques: ["T1041", "T1048"] },
  "file-read": { what: "reads files of its caller's choice", techniques: ["T1005"] },
  "file-write": { what: "writes files of its caller's choice", techniques: ["T1565"] },
  "library-load": { what: "loads code of its caller's choice into itself", techniques: ["T1129"] },
  "reverse-shell": {
    what: "connects out and hands over a command interpreter",
    techniques: ["T1059", "T1071"],
  },
  "bind-shell": { what: "listens and hands over a command interpreter", techniques: ["T1059", "T1205"] },
  privilege: { what: "gains or changes privileges", techniques: ["T1548"] },
};
