// Colour, where it is wanted: ECMA-48 SGR sequences, or nothing.

type Tone = "bold" | "dim" | "red" | "yellow" | "green" | "cyan";

export type Style = (tone: Tone, text: string) => string;

const codes: Readonly<Record<Tone, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  cyan: [36, 39],
};

/** Marks text, or leaves it as it is. */
export function styleFor(colour: boolean): Style {
  if (!colour) return (_tone, text) => text;
  return (tone, text) => `\u001b[${codes[tone][0]}m${text}\u001b[${codes[tone][1]}m`;
}

/**
 * Whether a stream gets colour: NO_COLOR (no-color.org) and TERM=dumb say no, FORCE_COLOR says yes (0: no), else
 * terminals do.
 */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  return isTerminal && env["TERM"] !== "dumb";
}
