// Dockerfiles lowered without a world around them, and graphs as text that tests compare.
import { InvalidInput, requireValue } from "../src/base/diagnostics.ts";
import { type Digest, digestOf } from "../src/base/digest.ts";
import { ToolError } from "../src/base/errors.ts";
import { lowerDockerfile } from "../src/frontends/dockerfile/lower/lower.ts";
import type { Lowered, LowerOptions } from "../src/frontends/dockerfile/lower/options.ts";
import { parseDockerfile } from "../src/frontends/dockerfile/parse.ts";
import type { CopyAction, ExecMount, FileAction, Operation, Owner } from "../src/graph/operation.ts";
import { type BuildTarget, type Vertex, verticesOf } from "../src/graph/vertex.ts";
import type { ImageConfig } from "../src/oci/model.ts";

/** Configs of images by their full names; every other name is an image with a PATH alone, but "docker.io/library/absent". */
export type Images = Readonly<Record<string, Partial<ImageConfig>>>;

export interface Given extends Partial<LowerOptions> {
  readonly images?: Images;
}

/** @throws InvalidInput */
export async function lowerText(text: string, { images = {}, ...given }: Given = {}): Promise<Lowered> {
  const dockerfile = requireValue(parseDockerfile(text, "Dockerfile"));
  return await lowerDockerfile(dockerfile, {
    platforms: ["linux/amd64"],
    buildPlatform: "linux/amd64",
    buildArgs: new Map(),
    labels: new Map(),
    contexts: new Map(),
    ignoreCache: new Set(),
    resolveImage: (reference, platform) => resolve(images, reference, platform),
    ignorePatterns: () => Promise.resolve([]),
    created: "2020-01-01T00:00:00Z",
    ...given,
  });
}

/** The first target. @throws InvalidInput */
export async function lowered(text: string, given: Given = {}): Promise<BuildTarget> {
  const [target] = (await lowerText(text, given)).targets;
  if (target === undefined) throw new Error("there is no target");
  return target;
}

/** What is wrong with it: "2:5 rule: message (hint)". */
export async function loweringMistakes(text: string, given: Given = {}): Promise<readonly string[]> {
  try {
    await lowerText(text, given);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof InvalidInput)) throw thrown;
    return thrown.diagnostics.map(({ rule, span, message, hint }) => {
      const place = span === undefined ? "" : `${span.line}:${span.column} `;
      return `${place}${rule}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
    });
  }
}

function resolve(
  images: Images,
  reference: string,
  platform: string,
): Promise<{ digest: Digest; config: ImageConfig }> {
  if (reference.startsWith("docker.io/library/absent")) {
    return Promise.reject(
      new ToolError("not-found", { what: `finding ${reference}`, why: "it is not there" }),
    );
  }
  const [os = "", architecture = "", variant] = platform.split("/");
  const config: ImageConfig = {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    config: { Env: ["PATH=/bin"] },
    rootfs: { type: "layers", diff_ids: [digestOf(reference)] },
    ...images[reference],
  };
  return Promise.resolve({ digest: digestOf(`${reference} ${platform}`), config });
}

/** One line for each vertex, numbered: what it does, with the numbers of its inputs, and what people see of it. */
export function shownGraph({ vertex }: BuildTarget): string {
  const vertices = verticesOf(vertex);
  const numbers = new Map(vertices.map((one, index) => [one.digest, index]));
  const line = (one: Vertex, index: number): string => {
    const inputs = one.inputs.map((input) => numbers.get(input.digest)).join(" ");
    const name =
      one.operation.kind === "scratch" ? "" : ` | ${one.meta.name.replace(/@sha256:[0-9a-f]+/g, "")}`;
    const { head, tail } = shownOperation(one.operation);
    return `${index} ${head}${inputs === "" ? "" : ` ${inputs}`}${tail}${name}`;
  };
  return ["", ...vertices.map(line), ""].join("\n");
}

function shownOperation(operation: Operation): { head: string; tail: string } {
  const { kind } = operation;
  switch (kind) {
    case "image":
      return { head: `image ${operation.reference} ${operation.platform}`, tail: "" };
    case "local": {
      const { name, exclude, follow } = operation;
      const lists = [...follow.map((one) => ` ${one}`), ...exclude.map((one) => ` !${one}`)];
      return { head: `local ${name}${lists.join("")}`, tail: "" };
    }
    case "git": {
      const { remote, ref, subdirectory, checksum, keepGitFolder } = operation;
      const more = [
        ref && `#${ref}`,
        subdirectory && `:${subdirectory}`,
        checksum && `=${checksum}`,
        keepGitFolder && " keep",
      ];
      return { head: `git ${remote}${more.filter(Boolean).join("")}`, tail: "" };
    }
    case "http": {
      const { url, name, mode, checksum } = operation;
      return {
        head: `http ${url} as ${name} ${mode.toString(8)}${checksum === undefined ? "" : ` =${checksum}`}`,
        tail: "",
      };
    }
    case "file":
      return { head: kind, tail: `: ${operation.actions.map(shownAction).join("; ")}` };
    case "exec": {
      const { argv, workingDir, user, network, platform, mounts, hostname } = operation;
      const parts = [
        argv.map((one) => JSON.stringify(one)).join(" "),
        `in ${workingDir}`,
        ...(user === "" ? [] : [`as ${user}`]),
        ...(network === "default" ? [] : [`network ${network}`]),
        ...(hostname === undefined ? [] : [`on ${hostname}`]),
        ...(platform === "linux/amd64" ? [] : [platform]),
        ...mounts.map((mount) => `[${shownMount(mount)}]`),
      ];
      return { head: kind, tail: `: ${parts.join(" ")}` };
    }
    default:
      return { head: kind, tail: "" };
  }
}

function shownAction(action: FileAction): string {
  switch (action.kind) {
    case "copy":
      return shownCopy(action);
    case "mkdir":
      return `mkdir ${action.path} ${action.mode.toString(8)}${shownOwner(action.owner)}`;
    case "mkfile":
      return `mkfile ${action.path} ${action.mode.toString(8)} ${JSON.stringify(Buffer.from(action.data, "base64").toString())}`;
    case "rm":
      return `rm ${action.path}`;
    case "symlink":
      return `symlink ${action.path} ${action.target}`;
  }
}

/** What COPY of a local path does goes without saying. */
function shownCopy(action: CopyAction): string {
  const { input, source, target, owner, mode, exclude } = action;
  const plain = action.allowWildcard && action.contentsOnly && action.followLinks;
  const more = [
    ...(plain ? [] : ["exactly"]),
    ...(action.unpack ? ["unpack"] : []),
    ...(action.parents ? ["parents"] : []),
    ...(mode === undefined ? [] : [`mode ${mode}`]),
    ...exclude.map((one) => `!${one}`),
  ];
  return `copy ${input}:${source} -> ${target}${more.map((one) => ` ${one}`).join("")}${shownOwner(owner)}`;
}

function shownOwner(owner: Owner | undefined): string {
  if (owner === undefined) return "";
  return ` owner ${JSON.stringify(owner.user)}${owner.group === undefined ? "" : `:${JSON.stringify(owner.group)}`}`;
}

function shownMount(mount: ExecMount): string {
  const { kind, target } = mount;
  switch (mount.kind) {
    case "bind":
      return `${kind} ${mount.input}:${mount.source} -> ${target}${mount.writable ? " rw" : ""}`;
    case "cache": {
      const from = mount.input === undefined ? "" : ` from ${mount.input}:${mount.source}`;
      const owner = `${mount.mode.toString(8)} ${mount.uid}:${mount.gid}`;
      return `${kind} ${mount.id} ${mount.sharing}${from} -> ${target} ${owner}${mount.readOnly ? " ro" : ""}`;
    }
    case "tmpfs":
      return `${kind} ${target}${mount.sizeBytes === undefined ? "" : ` ${mount.sizeBytes}`}`;
    case "secret": {
      const variable = mount.variable === undefined ? "" : ` $${mount.variable}`;
      const file =
        target === undefined ? "" : ` -> ${target} ${mount.mode.toString(8)} ${mount.uid}:${mount.gid}`;
      return `${kind} ${mount.id}${file}${variable}${mount.required ? " required" : ""}`;
    }
    case "ssh":
      return `${kind} ${mount.id} -> ${target} ${mount.mode.toString(8)} ${mount.uid}:${mount.gid}${mount.required ? " required" : ""}`;
  }
}
