// Ruby's packages: GEMS/specifications/NAME-VERSION.gemspec describes GEMS/gems/NAME-VERSION. A gemspec is a program, and isn't run:
// RubyGems writes the name and version into a comment at its beginning ("# stub: rack 2.2.4 ruby lib"), and plain assignments below.
import type { FileEntry } from "../../tree/entry.ts";
import { baseName, joinPath, parentOf, type TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { malformed, packageRef } from "./claim.ts";
import { readText } from "./image-file.ts";
import { foldersAt, type LanguageReader, type Surroundings } from "./language-file.ts";

export const gemReader: LanguageReader = {
  matches: (path) => /\/specifications\/(?:default\/)?[^/]+\.gemspec$/.test(path),
  read: async (file, around) => {
    const text = await readText(file, "packageMetadataBytesMax");
    const stub = /^# stub: (\S+) (\S+) /m.exec(text);
    const name = stub?.[1] ?? assigned(text, "name");
    const version = stub?.[2] ?? assigned(text, "version");
    if (name === undefined || version === undefined)
      throw malformed(file.path, "neither a stub line nor plain assignments tell name and version");
    const ref = packageRef({ type: "gem", name, version }, file.path);
    const claimed = parentOf(file.path).endsWith("/default")
      ? { paths: defaultPaths(file, text, around), folders: [] }
      : { paths: [file.path], folders: gemFolders(around.tree, file.path) };
    return [{ package: { ...ref, source: file.path, depends: [] }, ...claimed }];
  },
};

/** `s.name = "rack".freeze`, `s.version = Gem::Version.new("1.0")`. */
function assigned(text: string, attribute: "name" | "version"): string | undefined {
  return new RegExp(
    `^[ \\t]*\\w+\\.${attribute}[ \\t]*=[ \\t]*(?:Gem::Version\\.new[ \\t]*\\(?[ \\t]*)?["']([^"'\\n]*)["']`,
    "m",
  ).exec(text)?.[1];
}

/** Its own folder, and those with its compiled extensions: extensions/PLATFORM/ABI/NAME-VERSION. */
function gemFolders(tree: Tree, spec: TreePath): readonly TreePath[] {
  const gems = parentOf(parentOf(spec));
  const fullName = baseName(spec).slice(0, -".gemspec".length);
  const extensions = joinPath(gems, "extensions");
  const compiled = tree
    .children(extensions)
    .flatMap((platform) =>
      tree.children(joinPath(extensions, platform)).map((abi) => joinPath(extensions, `${platform}/${abi}`)),
    )
    .map((folder) => `${folder}/${fullName}`);
  return foldersAt(tree, [`${gems}/gems/${fullName}`, ...compiled]);
}

/** A gem that comes with Ruby has its files among Ruby's own: LIB/ruby/VERSION beside LIB/ruby/gems/VERSION. */
function defaultPaths(file: FileEntry, text: string, { tree, place }: Surroundings): readonly TreePath[] {
  const gems = parentOf(parentOf(parentOf(file.path)));
  const library = `${parentOf(parentOf(gems))}/${baseName(gems)}`;
  const folder = resolve(tree, library as TreePath);
  const start = text.indexOf(".files = [");
  if (start < 0 || folder?.entry.kind !== "directory") return [file.path];
  const list = text.slice(start, text.indexOf("]", start));
  const names = [...list.matchAll(/"([^"\\\n]+)"/g)].map((match) => match[1] ?? "");
  const listed = names.flatMap((name) => place(`${library}/${name.replace(/^lib\//, "")}`) ?? []);
  return [file.path, ...listed];
}
