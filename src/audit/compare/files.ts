// Files of two images: by path, and, of those that only one has, by content.
import type { FileRow } from "../finding.ts";
import type { FileAspect, FileChange, FileChanges } from "./comparison.ts";

/** Both lists are in path order, and so are the results. */
export function compareFiles(before: readonly FileRow[], after: readonly FileRow[]): FileChanges {
  const left = new Map(before.map((row) => [row.path, row]));
  const added: FileRow[] = [];
  const changed: FileChange[] = [];
  for (const row of after) {
    const other = left.get(row.path);
    if (other === undefined) {
      added.push(row);
      continue;
    }
    left.delete(row.path);
    const aspects = aspectsOf(other, row);
    if (aspects.length > 0) changed.push({ path: row.path, before: other, after: row, aspects });
  }
  const removed = [...left.values()];
  const moved = movedOf(removed, added);
  const gone = new Set(moved.map((one) => one.before));
  const come = new Set(moved.map((one) => one.after));
  return {
    added: added.filter((row) => !come.has(row)),
    removed: removed.filter((row) => !gone.has(row)),
    changed,
    moved,
  };
}

function aspectsOf(before: FileRow, after: FileRow): FileAspect[] {
  const aspects: FileAspect[] = [];
  // Without digests, a size that differs is all that can be told of the content.
  if (before.digest !== undefined && after.digest !== undefined && before.digest !== after.digest)
    aspects.push("content");
  if (before.sizeBytes !== after.sizeBytes) aspects.push("size");
  if (before.kind !== after.kind) aspects.push("kind");
  if (before.role !== after.role) aspects.push("role");
  return aspects;
}

/** Pairs of the same content. Empty files are alike without being the same. */
function movedOf(removed: readonly FileRow[], added: readonly FileRow[]): FileChanges["moved"] {
  const waiting = new Map<string, FileRow[]>();
  for (const row of added.toReversed()) {
    if (row.digest === undefined || row.sizeBytes === 0) continue;
    const rows = waiting.get(row.digest);
    if (rows === undefined) waiting.set(row.digest, [row]);
    else rows.push(row);
  }
  return removed.flatMap((before) => {
    if (before.digest === undefined) return [];
    const after = waiting.get(before.digest)?.pop();
    return after === undefined ? [] : [{ before, after }];
  });
}
