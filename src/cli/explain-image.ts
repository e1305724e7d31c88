// `distill explain IMAGE [PATH]`: what is known of a file of any image, or of all of them in sums.
import { explainFile } from "../audit/file-explanation.ts";
import { ToolError } from "../base/errors.ts";
import { nearestName } from "../base/nearest.ts";
import { renderFileExplanation, renderImageExplanation } from "../report/explain-image.ts";
import { styleFor } from "../report/style.ts";
import { treePath } from "../tree/path.ts";
import { type Audited, type ImageOptions, withAuditor } from "./auditing.ts";
import type { Context } from "./context.ts";

interface ExplainImage extends ImageOptions {
  readonly image: string;
  readonly path: string | undefined;
  readonly verbose: boolean;
}

/** @throws as auditing does; ToolError "not-found" for a path that no layer has */
export async function explainImage(context: Context, options: ExplainImage): Promise<void> {
  const { colour, columns } = context.stdout;
  const page = { columns: columns ?? 80, style: styleFor(colour), verbose: options.verbose };
  await withAuditor(context, { ...options, several: false }, async (auditor) => {
    const audited = await auditor.audit(options.image);
    const text =
      options.path === undefined
        ? renderImageExplanation(audited.report, page)
        : renderFileExplanation(explained(audited, options.path, options.image), page);
    context.stdout.write(text);
  });
}

function explained(
  { report, subject }: Audited,
  name: string,
  image: string,
): NonNullable<ReturnType<typeof explainFile>> {
  const path = treePath(name);
  const found = path === undefined ? undefined : explainFile(subject, report, path);
  if (found !== undefined) return found;
  // Folders and links have no row in the report, and are asked for too.
  const paths = Array.from(subject.tree.walk(), (one) => one.path);
  const nearest = nearestName(path ?? name, paths);
  throw new ToolError("not-found", {
    what: `explaining ${name}`,
    why: `neither ${image} nor a layer of it has such a path`,
    ...(nearest === undefined ? {} : { hint: `did you mean ${nearest}?` }),
  });
}
