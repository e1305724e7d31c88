// Resource limits of a step, as `--ulimit` writes them (docs.docker.com/reference/cli/docker/container/run, "ulimit").
import { InvalidInput, type Span } from "../../../../base/diagnostics.ts";
import { nearestName } from "../../../../base/nearest.ts";

export interface StepLimit {
  readonly name: string;
  /** -1 is without a limit. */
  readonly soft: number;
  readonly hard: number;
}

/** setrlimit(2), in small letters and without RLIMIT_. */
const names = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

/** "nofile=1024:2048", "nofile=1024". @throws InvalidInput "invalid-ulimit" at `span` */
export function stepLimits(texts: readonly string[], span: Span | undefined): readonly StepLimit[] {
  return texts.map((text) => {
    const match = /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text);
    const [, name = "", softText = "", hardText = softText] = match ?? [];
    const [soft, hard] = [Number(softText), Number(hardText)];
    const ordered = hard === -1 || (soft !== -1 && soft <= hard);
    if (match !== null && names.includes(name) && ordered) return { name, soft, hard };
    const near = nearestName(text.split("=")[0] ?? "", names);
    throw new InvalidInput([
      {
        severity: "error",
        rule: "invalid-ulimit",
        message: `${JSON.stringify(text)} is no resource limit`,
        hint:
          near === undefined || near === name
            ? "write it as NAME=SOFT:HARD, the soft one not above the hard one: nofile=1024:2048"
            : `did you mean ${JSON.stringify(near)}?`,
        ...(span === undefined ? {} : { span }),
      },
    ]);
  });
}
