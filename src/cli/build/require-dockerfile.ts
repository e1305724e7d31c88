// Commands that are about Dockerfiles only.
import { InvalidInput } from "../../base/diagnostics.ts";
import type { Context } from "../context.ts";
import { displayName } from "../display-name.ts";
import type { BuildFile } from "./build-file.ts";

/** @throws InvalidInput where the file is a spec */
export function requireDockerfile({ cwd }: Pick<Context, "cwd">, { file, kind }: BuildFile): void {
  if (kind === "dockerfile") return;
  throw new InvalidInput([
    {
      severity: "error",
      rule: "no-dockerfile",
      message: `${displayName(file, cwd)} is no Dockerfile, and this command is about Dockerfiles`,
      hint: "name the Dockerfile with -f",
    },
  ]);
}
