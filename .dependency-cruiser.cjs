// The boundaries of ARCHITECTURE.md. Each folder of src/ may import only what is listed for it (and itself).
const may = {
  base: [],
  formats: ["base"],
  content: ["base", "formats"],
  tree: ["base", "formats"],
  oci: ["base", "formats", "tree"],
  debian: ["base", "formats", "content", "tree"],
  closure: ["base", "formats", "content", "tree"],
  audit: ["base", "formats", "content", "tree", "oci", "closure"],
  graph: ["base", "formats", "tree", "oci", "debian"],
  frontends: ["base", "formats", "tree", "oci", "debian", "closure", "graph"],
  assemble: ["base", "formats", "tree", "oci", "closure"],
  engines: ["base", "formats", "content", "tree", "oci", "debian", "closure", "audit", "graph", "assemble"],
  report: ["base", "content", "tree", "oci", "closure", "audit", "graph"],
  cli: [
    "base",
    "formats",
    "content",
    "tree",
    "oci",
    "debian",
    "closure",
    "audit",
    "graph",
    "frontends",
    "assemble",
    "engines",
    "report",
  ],
};

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "not-to-tests",
      comment: "Code that ships never imports tests or test helpers.",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { path: "(^testing/|^test/|\\.test\\.ts$)" },
    },
    {
      name: "no-dev-dependency",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    ...Object.entries(may).map(([folder, targets]) => ({
      name: `boundary-${folder}`,
      severity: "error",
      from: { path: `^src/${folder}/`, pathNot: "\\.test\\.ts$" },
      to: { path: "^src/", pathNot: `^src/(${[folder, ...targets].join("|")})/` },
    })),
    {
      name: "frontends-and-engines-meet-at-the-graph",
      severity: "error",
      from: { path: "^src/engines/" },
      to: { path: "^src/frontends/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
