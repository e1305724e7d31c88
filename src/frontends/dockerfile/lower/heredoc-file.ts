// The file that a here-document becomes.
import type { Heredoc } from "../ast.ts";
import { Mistake } from "./mistake.ts";

/** Its name, which is one part of a path. @throws Mistake "wrong-source" */
export function heredocFile({ name, span }: Heredoc): string {
  if (!name.includes("/") && !name.includes("\0") && name !== "." && name !== "..") return name;
  throw new Mistake(
    "wrong-source",
    span,
    `a here-document can't be the file ${name}`,
    "its name is that of a file, without folders",
  );
}
