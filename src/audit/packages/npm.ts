// Packages below node_modules: each in a folder of its own with a package.json, packages that only it needs in a node_modules inside.
import { parentOf } from "../../tree/path.ts";
import { packageRef } from "./claim.ts";
import { readText } from "./image-file.ts";
import { type LanguageReader, parseJson, textMember } from "./language-file.ts";

export const npmReader: LanguageReader = {
  // Names begin with neither a dot nor, but for a scope, an at sign.
  matches: (path) => /\/node_modules\/(?:@[^/]+\/)?[^/.@][^/]*\/package\.json$/.test(path),
  read: async (file) => {
    const json = parseJson(await readText(file, "packageMetadataBytesMax"), file.path);
    const name = textMember(json, "name");
    // A package.json without a name only sets the module type.
    if (name === undefined) return [];
    const ref = packageRef({ type: "npm", name, version: textMember(json, "version") ?? "" }, file.path);
    return [
      { package: { ...ref, source: file.path, depends: [] }, paths: [], folders: [parentOf(file.path)] },
    ];
  },
};
