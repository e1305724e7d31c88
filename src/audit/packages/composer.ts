// PHP's packages: Composer writes vendor/composer/installed.json, a list (version 1) or an object with the list in `packages`.

import { limits } from "../../base/limits.ts";
import { parentOf } from "../../tree/path.ts";
import { malformed, overLimit, packageRef } from "./claim.ts";
import { readText } from "./image-file.ts";
import { foldersAt, type LanguageReader, memberOf, parseJson, textMember } from "./language-file.ts";

export const composerReader: LanguageReader = {
  matches: (path) => path.endsWith("/composer/installed.json"),
  read: async (file, { tree }) => {
    const json = parseJson(await readText(file, "packageListBytesMax"), file.path);
    const list = Array.isArray(json) ? (json as unknown[]) : memberOf(json, "packages");
    if (!Array.isArray(list)) throw malformed(file.path, "it has no list of packages");
    if (list.length > limits.packagesInImageMax) throw overLimit(file.path, "packagesInImageMax");
    const folder = parentOf(file.path);
    return list.map((one: unknown, index) => {
      const name = textMember(one, "name");
      if (name === undefined) throw malformed(file.path, `package ${index + 1} has no name`);
      const ref = packageRef({ type: "php", name, version: textMember(one, "version") ?? "" }, file.path);
      // From Composer 2 on, relative to the file's folder; a metapackage has null.
      const path =
        memberOf(one, "install-path") === undefined ? `../${name}` : textMember(one, "install-path");
      const folders = path === undefined ? [] : foldersAt(tree, [`${folder}/${path}`]);
      return { package: { ...ref, source: file.path, depends: [] }, paths: [], folders };
    });
  },
};
