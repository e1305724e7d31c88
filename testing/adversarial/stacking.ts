// What layers make of each other: files deleted, replaced, linked, named twice; where a careless reader sees another tree than
// the container does.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bytesOf } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import { tarEnd } from "../../src/formats/tar-writer.ts";
import { type Layer, mediaTypes } from "../../src/oci/model.ts";
import { type TarEntry, tarOf } from "../builders.ts";
import { tarLayer } from "../layouts.ts";
import { type AdversarialCase, type Expected, executable, over } from "./workshop.ts";

const place = "opt/helper";
const shown = { level: "in-name-only", findings: [["multi-call", "/opt/helper"]] } as const;
/** The container doesn't have it; the image ships it all the same, which keeps it from being sealed. */
const shipped = {
  level: "truly-distroless",
  findings: [["lower-layers"]],
  residue: [["multi-call", "/opt/helper"]],
} as const;

/** Layers over the sealed image, each a list of entries; `busybox` is the file /opt/helper. */
function stacked(
  name: string,
  why: string,
  layers: (
    busybox: TarEntry,
    link: (target: string, name?: string) => TarEntry,
  ) => readonly (readonly TarEntry[])[],
  expected: Expected,
): AdversarialCase {
  const link = (target: string, path = place): TarEntry => ({ name: path, kind: "hardlink", target });
  return {
    name,
    why,
    programs: ["busybox"],
    make: async (workshop) => {
      const busybox = executable(place, await workshop.program("busybox"));
      return workshop.image(over(layers(busybox, link).map((entries) => tarLayer(entries))));
    },
    expected,
  };
}

/** One layer over the sealed image, stored in a way of its own. */
function stored(
  name: string,
  why: string,
  store: (tar: Buffer) => Layer,
  expected: Expected = shown,
): AdversarialCase {
  return {
    name,
    why,
    programs: ["busybox"],
    make: async (workshop) => {
      const tar = tarOf([executable(place, await workshop.program("busybox"))]);
      return workshop.image(over([store(tar)]));
    },
    expected,
  };
}

const text: TarEntry = { name: place, content: "replaced\n" };

export const stacking: readonly AdversarialCase[] = [
  stacked(
    "BusyBox deleted above",
    "a whiteout hides it",
    (busybox) => [[busybox], [{ name: "opt/.wh.helper" }]],
    shipped,
  ),
  stacked("BusyBox replaced above", "another file has its name", (busybox) => [[busybox], [text]], shipped),
  stacked(
    "BusyBox under an opaque folder",
    "an opaque folder hides what is below",
    (busybox) => [[busybox], [{ name: "opt/.wh..wh..opq" }]],
    shipped,
  ),
  stacked(
    "BusyBox in a folder that was deleted",
    "a whiteout of a folder hides all in it",
    (busybox) => [[busybox], [{ name: ".wh.opt" }]],
    shipped,
  ),
  stacked(
    "BusyBox in a folder that became a file",
    "and back: nothing of the first folder is left",
    (busybox) => [[busybox], [{ name: "opt", content: "a file\n" }], [{ name: "opt/" }]],
    shipped,
  ),
  stacked(
    "BusyBox in what was a file",
    "a file becomes a folder",
    (busybox) => [[{ name: "opt", content: "a file\n" }], [{ name: "opt/" }, busybox]],
    shown,
  ),
  stacked(
    "BusyBox and its own whiteout",
    "a whiteout hides what lower layers hold, never what its own does",
    (busybox) => [[busybox, { name: "opt/.wh.helper" }]],
    shown,
  ),
  stacked(
    "BusyBox in its own opaque folder",
    "the mark hides what lower layers hold, wherever in the layer it stands",
    (busybox) => [[busybox, { name: "opt/.wh..wh..opq" }]],
    shown,
  ),
  stacked(
    "BusyBox above its whiteout",
    "a later layer brings it back",
    (busybox) => [[busybox], [{ name: "opt/.wh.helper" }], [busybox]],
    shown,
  ),
  stacked(
    "BusyBox in a name that is nearly a whiteout",
    ".wh. is a prefix of the last component, and no other",
    (busybox) => [
      [
        { ...busybox, name: "opt/x.wh.helper" },
        { ...busybox, name: "opt/.whelper" },
      ],
    ],
    {
      level: "in-name-only",
      findings: [
        ["multi-call", "/opt/x.wh.helper"],
        ["multi-call", "/opt/.whelper"],
      ],
    },
  ),
  stacked(
    "BusyBox in a hard link to AUFS's folder",
    "engines link what is in it; they differ in whether they unpack its own name, so that it is told by both",
    (busybox, link) => [[{ ...busybox, name: ".wh..wh.plnk/1.2" }, link(".wh..wh.plnk/1.2")]],
    { level: "in-name-only", findings: [["multi-call", "/.wh..wh.plnk/1.2"]] },
  ),
  stacked(
    "BusyBox named twice, text first",
    "the last one of a layer counts",
    (busybox) => [[text, busybox]],
    shown,
  ),
  stacked(
    "BusyBox named twice, text last",
    "the last one of a layer counts; the other one ships",
    (busybox) => [[busybox, text]],
    shipped,
  ),
  stacked(
    "a hard link to what is replaced in the same layer",
    "a link is of the file that was there then",
    (busybox, link) => [
      [{ ...busybox, name: "opt/first" }, link("opt/first"), { name: "opt/first", content: "text\n" }],
    ],
    shown,
  ),
  stacked(
    "a hard link to what is deleted above",
    "the file lives on under its other name",
    (busybox, link) => [[{ ...busybox, name: "opt/first" }, link("opt/first")], [{ name: "opt/.wh.first" }]],
    shown,
  ),
  stacked(
    "a hard link into a lower layer",
    "it brings the file of the lower layer back",
    (busybox, link) => [[{ ...busybox, name: "srv/x" }], [link("srv/x")], [{ name: ".wh.srv" }]],
    shown,
  ),
  stacked(
    "BusyBox through a link among the folders",
    "the layer's name isn't where it lies",
    (busybox) => [[{ name: "data/" }, { name: "opt", target: "data" }], [busybox]],
    { level: "in-name-only", findings: [["multi-call", "/data/helper"]] },
  ),
  stacked(
    "BusyBox through a link that leads out",
    "links are followed inside the image",
    (busybox) => [[{ name: "opt", target: "../../../../srv" }, { name: "srv/" }], [busybox]],
    { level: "in-name-only", findings: [["multi-call", "/srv/helper"]] },
  ),
  stacked(
    "BusyBox by an absolute name",
    "it is a name inside the image",
    (busybox) => [[{ ...busybox, name: "/opt/helper" }]],
    shown,
  ),
  stacked(
    "BusyBox by a name with dots and slashes",
    "./opt//./helper is /opt/helper",
    (busybox) => [[{ ...busybox, name: "./opt//./helper" }]],
    shown,
  ),
  {
    name: "BusyBox in the hundredth of 200 layers",
    why: "every layer is read",
    programs: ["busybox"],
    make: async (workshop) => {
      const busybox = executable(place, await workshop.program("busybox"));
      const layers = Array.from({ length: 199 }, (_, index) =>
        tarLayer([index === 99 ? busybox : { name: `srv/${index}`, content: `${index}\n` }]),
      );
      return workshop.image(over(layers));
    },
    expected: shown,
  },
  stored("BusyBox in a zstd layer", "a reader of gzip alone sees nothing of it", (tar) =>
    layerOf(tar, zstdCompressSync(tar), mediaTypes.layerZstd),
  ),
  stored(
    "BusyBox in the second of a layer's zstd frames",
    "zstd:chunked layers have one for each file, and frames to skip",
    (tar) =>
      layerOf(
        tar,
        Buffer.concat([
          zstdCompressSync(tar.subarray(0, 512)),
          skippable("first"),
          zstdCompressSync(tar.subarray(512)),
          skippable("table of contents"),
        ]),
        mediaTypes.layerZstd,
      ),
  ),
  stored(
    "BusyBox in the second member of a layer's gzip",
    "a reader that stops after the first sees an empty layer",
    (tar) =>
      layerOf(
        tar,
        Buffer.concat([gzipSync(tar.subarray(0, 512)), gzipSync(tar.subarray(512))]),
        mediaTypes.layerGzip,
      ),
  ),
  stored("BusyBox in a plain layer", "not compressed at all", (tar) =>
    layerOf(tar, tar, mediaTypes.layerTar),
  ),
  stored(
    "BusyBox after the end of a layer's tar",
    "engines stop there and so doesn't the container have it; the layer ships it",
    (tar) => {
      const whole = Buffer.concat([tarOf([{ name: "srv/x", content: "x\n" }]), tarEnd, tar]);
      return layerOf(whole, gzipSync(whole), mediaTypes.layerGzip);
    },
    { level: "sealed" },
  ),
];

function layerOf(tar: Buffer, blob: Buffer, mediaType: string): Layer {
  return {
    descriptor: { mediaType, digest: digestOf(blob), size: blob.length },
    diffId: digestOf(tar),
    open: () => bytesOf(blob),
  };
}

/** A frame that decompressors pass over (RFC 8878, 3.1.2). */
function skippable(content: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}
