// What a build made, for people: one line per image, and where it went. Programs read --metadata instead.
import { type Style, styleFor } from "./style.ts";
import { displayWidth, printable } from "./text.ts";
import { formatSize, formatTime } from "./units.ts";

/** One platform's image. */
interface BuiltImage {
  /** "linux/amd64"; an init image is told apart by its phase. */
  readonly platform: string;
  readonly phase: "run" | "init";
  readonly digest: string;
  /** Of all its layers, as they are stored. */
  readonly sizeBytes: number;
  readonly files: number;
  /** The verdict's level, where one was asked for: "truly-distroless". */
  readonly level?: string;
}

export interface BuildSummary {
  readonly name: string;
  readonly images: readonly BuiltImage[];
  /** The index over the platforms, where there is one. */
  readonly indexDigest?: string;
  /** Where the result went: "oci:out" as the user wrote it, "registry.example/app:1", "app:1 in docker". */
  readonly destinations: readonly string[];
  readonly timeMs: number;
}

/** Ends with a line feed. Digests are whole: they are there to be copied. */
export function renderSummary(summary: BuildSummary, colour: boolean): string {
  const style = styleFor(colour);
  const rows = summary.images.map((image) => [
    image.phase === "init" ? `${image.platform} init` : image.platform,
    formatSize(image.sizeBytes),
    image.files === 1 ? "1 file" : `${image.files} files`,
    image.level ?? "",
    image.digest,
  ]);
  const index = summary.indexDigest === undefined ? [] : [["index", "", "", "", summary.indexDigest]];
  const lines = table([...rows, ...index], style);
  const head = `${style("green", "built")} ${style("bold", printable(summary.name))} in ${formatTime(summary.timeMs)}`;
  const destinations = summary.destinations.map((one) => `  -> ${printable(one)}`);
  return `${[head, ...lines, ...destinations].join("\n")}\n`;
}

/** Columns as wide as their widest cell; columns that are empty everywhere are left out; sizes stand right. */
function table(rows: readonly (readonly string[])[], style: Style): string[] {
  const columns = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))),
  );
  return rows.map((row) => {
    const cells = row.flatMap((text, column) => {
      const width = columns[column] ?? 0;
      if (width === 0) return [];
      const space = " ".repeat(width - displayWidth(text));
      const isSize = column === 1;
      const shown = column === row.length - 1 ? style("dim", text) : text;
      return [isSize ? space + shown : shown + space];
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
}
