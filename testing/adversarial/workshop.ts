// What the adversarial images are made with: an application that is sealed without the trick, layers over it, and a place for
// the archives that come of it.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Level } from "../../src/audit/levels.ts";
import type { RuleId } from "../../src/audit/rules.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { ociArchive } from "../../src/oci/archive-writer.ts";
import { makeImageSet } from "../../src/oci/derive.ts";
import type { Image, ImageConfig, Layer, RunConfig } from "../../src/oci/model.ts";
import type { TarEntry } from "../builders.ts";
import { helloProgram } from "../hello-program.ts";
import { type Files, filesAsTar, imageOf, layoutFiles, tarLayer } from "../layouts.ts";
import { type ProgramName, programBytes } from "./programs.ts";

export interface Workshop {
  /** For what a case writes; it is empty when the case begins. */
  readonly folder: string;
  program(name: ProgramName): Promise<Buffer>;
  /** Writes an image; what the command line calls it. */
  image(image: Image): Promise<string>;
  /** The same for the files of an OCI layout, whatever is wrong with them. */
  files(files: Files): Promise<string>;
}

export type Expected =
  | {
      /** Exactly. */
      readonly level: Level;
      /** Where unknown content decides: how good the image may be at best. */
      readonly atBest?: Level;
      /** Among the findings: a rule, and the file that it is told of. */
      readonly findings?: readonly (readonly [rule: RuleId, path?: string])[];
      /** The same of what only lower layers hold. */
      readonly residue?: readonly (readonly [rule: RuleId, path?: string])[];
    }
  | {
      /** One of them: a layer that is known is only compared with its digest. */
      readonly error: ErrorCode | readonly ErrorCode[];
      /** What the message says: which blob, where in it. */
      readonly says: readonly RegExp[];
    };

export interface AdversarialCase {
  readonly name: string;
  /** What is tried, and why the expected answer is right. */
  readonly why: string;
  readonly programs?: readonly ProgramName[];
  /** Makes the image; what the command line calls it. */
  readonly make: (workshop: Workshop) => Promise<string>;
  readonly expected: Expected;
}

/** The application: one static program. */
export const application: TarEntry = { name: "app", mode: 0o755, content: helloProgram() };

/** What the sealed image says of itself. */
export const runConfig: RunConfig = {
  User: "65532:65532",
  Entrypoint: ["/app"],
  Labels: {
    "org.opencontainers.image.source": "https://git.example.test/app",
    "org.opencontainers.image.revision": "1",
    "org.opencontainers.image.licenses": "Apache-2.0",
  },
};

export interface Variant {
  readonly run?: RunConfig;
  readonly config?: Partial<ImageConfig>;
  readonly app?: TarEntry;
}

/** The sealed image with these layers over it, and what is different in its config. */
export function over(layers: readonly Layer[], { app = application, config, run }: Variant = {}): Image {
  return imageOf([tarLayer([app]), ...layers], { config: { ...runConfig, ...run }, ...config });
}

/** The sealed image with one layer of these entries over it. */
export function withLayer(entries: readonly TarEntry[], variant: Variant = {}): Image {
  return over([tarLayer(entries)], variant);
}

/** An executable file. */
export function executable(name: string, content: Buffer): TarEntry {
  return { name, content, mode: 0o755 };
}

/** A workshop that writes OCI archives into a folder, with programs from another one. */
export function openWorkshop(folder: string, programsFolder: string): Workshop {
  const write = async (content: Uint8Array | Bytes): Promise<string> => {
    const file = join(folder, "image.tar");
    await writeFile(file, content);
    return `oci-archive:${file}`;
  };
  return {
    folder,
    program: (name) => programBytes(name, programsFolder),
    image: (image) => write(ociArchive(makeImageSet([image]), "app:1")),
    files: (files) => write(filesAsTar(files)),
  };
}

/** The files of a layout that holds the image, for damage. */
export function filesOf(image: Image): Promise<Files> {
  return layoutFiles(makeImageSet([image]), "app:1");
}
