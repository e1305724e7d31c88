// The options of every command that reads a spec.
export const projectOptions = {
  file: {
    kind: "text",
    short: "f",
    value: "FILE",
    summary: "the spec (default: distill.yaml in DIR); copies are from DIR, or from the spec's folder",
  },
} as const;
