// A build's graph for people, one vertex a line, what it needs above it:
//
//    1  9c2f07e1  image  docker.io/library/golang:1.21.5-alpine
//    2  41d0be22  local  [internal] load build context
//    3  e07a9b35  file   [build 2/3] COPY . /src                          <- 1 2
//
//   linux/amd64  3  sha256:e07a9b35...
import type { Digest } from "../../base/digest.ts";
import { hexOf } from "../../base/digest.ts";
import { type BuildTarget, type Vertex, verticesOf } from "../../graph/vertex.ts";
import { displayWidth, printableLine, shorten } from "../text.ts";

const digestColumns = 8;
const nameColumnsMin = 24;

/**
 * Numbers stand for the vertices that one is made of. Names are shortened to fit `columns`; of a vertex with very many inputs the
 * line is longer, since none of them is left out. Ends with a line feed where there is a target.
 */
export function graphText(targets: readonly BuildTarget[], columns = 80): string {
  const vertices = verticesOf(...targets.map((target) => target.vertex));
  const numbers = new Map(vertices.map(({ digest }, index) => [digest, index + 1]));
  const widths = {
    number: String(vertices.length).length,
    kind: Math.max(0, ...vertices.map(({ operation }) => operation.kind.length)),
  };
  const lines = vertices.map((vertex) => vertexLine(vertex, numbers, widths, columns));
  return [...lines, ...(targets.length === 0 ? [] : ["", ...targetLines(targets, numbers)])]
    .map((line) => `${line}\n`)
    .join("");
}

function vertexLine(
  { digest, inputs, meta, operation }: Vertex,
  numbers: ReadonlyMap<Digest, number>,
  widths: { readonly number: number; readonly kind: number },
  columns: number,
): string {
  const number = String(numbers.get(digest)).padStart(widths.number + 2);
  const head = `${number}  ${hexOf(digest).slice(0, digestColumns)}  ${operation.kind.padEnd(widths.kind)}  `;
  const needs = inputs.map((input) => numbers.get(input.digest)).join(" ");
  const mark = meta.ignoreCache === true ? "  (anew)" : "";
  const tail = `${mark}${needs === "" ? "" : `  <- ${needs}`}`;
  const room = Math.max(columns - head.length - tail.length, nameColumnsMin);
  const name = shorten(printableLine(meta.name), room);
  const gap = tail === "" ? "" : " ".repeat(Math.max(room - displayWidth(name), 0));
  return `${head}${name}${gap}${tail}`;
}

function targetLines(
  targets: readonly BuildTarget[],
  numbers: ReadonlyMap<Digest, number>,
): readonly string[] {
  const width = Math.max(...targets.map(({ platform }) => displayWidth(printableLine(platform))));
  return targets.map(({ platform, vertex }) => {
    const shown = printableLine(platform);
    const padding = " ".repeat(width - displayWidth(shown));
    return `${shown}${padding}  ${numbers.get(vertex.digest)}  ${vertex.digest}`;
  });
}
