// RUN as a step: the command, with what the stage has for it and the mounts that a step may have.
import type { Json } from "../../base/canonical-json.ts";
import type { Instruction } from "../dockerfile/ast.ts";
import { Mistake } from "../dockerfile/lower/mistake.ts";
import { type Mount, readMount } from "../dockerfile/lower/mounts.ts";
import { type Item, map, plain } from "./draft.ts";
import { type Conversion, fill, type StageState, stepSettings } from "./stage-state.ts";
import { fits, unsaid } from "./texts.ts";

export function runItem(conversion: Conversion, state: StageState, instruction: Instruction): Item {
  const command = commandOf(state, instruction);
  if (command === undefined) return { comments: [unsaid(instruction, "it has no command")] };
  const { cache, comments, network, secrets } = flagsOf(conversion, state, instruction);
  return map(
    {
      run: plain(command),
      ...stepSettings(state),
      ...(cache.length === 0 ? {} : { cache: plain(cache) }),
      ...(secrets.length === 0 ? {} : { secrets: plain(secrets) }),
      ...(network === undefined ? {} : { network: plain(network) }),
    },
    ...comments,
  );
}

/** A text for /bin/sh, or a list. */
function commandOf(state: StageState, { arguments: given, heredocs }: Instruction): Json | undefined {
  if (given.kind === "json") {
    const words = given.values.map(({ text }) => text);
    return words.length === 0 ? undefined : words;
  }
  if (given.kind !== "text") return undefined;
  const text = scriptOf(given.value.text, heredocs);
  if (!fits("script", text)) return undefined;
  return state.shell === undefined ? text : [...state.shell, text];
}

/** A here-document alone is the script; others belong to the command, as a shell has them. */
function scriptOf(text: string, heredocs: Instruction["heredocs"]): string {
  const [only, second] = heredocs;
  const content = (one: Instruction["heredocs"][number]): string =>
    one.chomp ? one.content.replace(/^\t+/gm, "") : one.content;
  if (only !== undefined && second === undefined && /^<<-?["']?\w+["']?$/.test(text.trim())) {
    const script = content(only);
    // A script with an interpreter of its own is a file; a shell would take its first line for a comment.
    const interpreter = /^#!\s*(\S+)(?: (\S+))?\n/.exec(script);
    if (interpreter === null) return script;
    const words = [interpreter[1], interpreter[2], "-"].filter((word) => word !== undefined);
    return `${words.join(" ")} <<'${only.name}'\n${script}${only.name}\n`;
  }
  return [text, ...heredocs.map((one) => `${content(one)}${one.name}`)].join("\n");
}

interface Flags {
  readonly comments: string[];
  readonly cache: string[];
  readonly secrets: Json[];
  network: string | undefined;
}

function flagsOf(conversion: Conversion, state: StageState, instruction: Instruction): Flags {
  const flags: Flags = { comments: [], cache: [], secrets: [], network: undefined };
  for (const { name, span, value = "" } of instruction.flags) {
    if (name === "network") {
      if (value === "none") flags.network = value;
      else if (value !== "default")
        flags.comments.push(`--network=${value}: a step has a network of its own, or none`);
      continue;
    }
    if (name !== "mount") {
      flags.comments.push(`--${name}=${value}: a step has no equivalent`);
      continue;
    }
    try {
      const mount = readMount(value, span, (text) => fill(conversion, state.variables, text).value);
      addMount(mount, value, flags);
    } catch (thrown) {
      if (!(thrown instanceof Mistake)) throw thrown;
      flags.comments.push(`--mount=${value}: ${thrown.message}`);
    }
  }
  return flags;
}

function addMount(mount: Mount, written: string, flags: Flags): void {
  const { kind, target } = mount;
  if (kind === "cache" && fits("absolute path", target)) {
    if (!flags.cache.includes(target)) flags.cache.push(target);
    const rest = written
      .replace(/\b(?:type=cache|(?:target|dst|destination)=[^,]*),?/g, "")
      .replace(/,$/, "");
    if (rest !== "")
      flags.comments.push(`--mount=${written}: a cache of a spec has a folder only, and not ${rest}`);
    return;
  }
  if (kind === "secret") {
    const id = mount.id === "" ? (target.split("/").at(-1) ?? "") : mount.id;
    const { variable } = mount;
    if (fits("secret", id) && (target === "" || fits("absolute path", target))) {
      const env = variable === "" ? id : variable;
      flags.secrets.push({
        id,
        ...(target === "" ? {} : { target }),
        ...(env === undefined || !fits("variable name", env) ? {} : { env }),
      });
      return;
    }
  }
  const why =
    kind === "bind"
      ? "copy what the command needs, and remove it in the same command"
      : kind === "tmpfs"
        ? "what the command writes there stays: remove it in the same command"
        : "a step has no equivalent";
  flags.comments.push(`--mount=${written}: ${why}`);
}
