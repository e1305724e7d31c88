// The sed(1) commands that maintainer scripts derive configuration with: `s` and `d`, with a regular expression or `$` as
// address, `;` or newlines between them. Patterns are POSIX basic regular expressions (POSIX XBD 9.3).

interface Command {
  readonly address: ((line: string, isLast: boolean) => boolean) | undefined;
  readonly edit: (line: string) => string | undefined;
}

/** The lines of `text` through a program; undefined where the program has something else in it. */
export function runSed(program: string, text: string): string | undefined {
  const commands = parseProgram(program);
  if (commands === undefined) return undefined;
  const lines = text.split("\n");
  const ended = lines.at(-1) === "";
  if (ended) lines.pop();
  const kept = lines.flatMap((line, index) => {
    let edited: string | undefined = line;
    for (const { address, edit } of commands) {
      if (edited === undefined) break;
      if (address === undefined || address(edited, index === lines.length - 1)) edited = edit(edited);
    }
    return edited === undefined ? [] : [edited];
  });
  return kept.join("\n") + (ended && kept.length > 0 ? "\n" : "");
}

function parseProgram(program: string): Command[] | undefined {
  const commands: Command[] = [];
  let rest = program;
  for (;;) {
    rest = rest.replace(/^[\s;]+/, "");
    if (rest === "") return commands;
    const parsed = parseCommand(rest);
    if (parsed === undefined) return undefined;
    commands.push(parsed.command);
    rest = parsed.rest;
    if (rest !== "" && !/^[\s;]/.test(rest)) return undefined;
  }
}

function parseCommand(text: string): { command: Command; rest: string } | undefined {
  let rest = text;
  let address: Command["address"];
  if (rest.startsWith("$")) {
    address = (_line, isLast): boolean => isLast;
    rest = rest.slice(1);
  } else if (rest.startsWith("/")) {
    const delimited = takeDelimited(rest, "/");
    const pattern = delimited && basicExpression(delimited.text, "");
    if (delimited === undefined || pattern === undefined) return undefined;
    address = (line): boolean => pattern.test(line);
    rest = delimited.rest;
  }
  rest = rest.trimStart();
  if (rest.startsWith("d")) return { command: { address, edit: () => undefined }, rest: rest.slice(1) };
  return rest.startsWith("s") ? parseSubstitution(rest.slice(1), address) : undefined;
}

function parseSubstitution(
  text: string,
  address: Command["address"],
): { command: Command; rest: string } | undefined {
  const delimiter = text[0];
  if (delimiter === undefined || delimiter === "\n" || delimiter === "\\") return undefined;
  const pattern = takeDelimited(text, delimiter);
  const replacement = pattern && takeDelimited(delimiter + pattern.rest, delimiter);
  if (pattern === undefined || replacement === undefined) return undefined;
  const [flags = ""] = /^[gI]*/.exec(replacement.rest) ?? [];
  const expression = basicExpression(pattern.text, flags.replace("I", "i"));
  const build = parseReplacement(replacement.text);
  if (expression === undefined || build === undefined) return undefined;
  return {
    command: { address, edit: (line) => line.replace(expression, (...groups: unknown[]) => build(groups)) },
    rest: replacement.rest.slice(flags.length),
  };
}

/** The text up to an unescaped delimiter; `text` begins with one. An escaped delimiter stands for itself. */
function takeDelimited(text: string, delimiter: string): { text: string; rest: string } | undefined {
  let taken = "";
  for (let at = 1; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === delimiter) return { text: taken, rest: text.slice(at + 1) };
    if (character === "\\") {
      const next = text[at + 1] ?? "";
      taken += next === delimiter ? next : character + next;
      at += 1;
    } else taken += character;
  }
  return undefined;
}

function parseReplacement(text: string): ((groups: readonly unknown[]) => string) | undefined {
  const parts: (string | number)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "&") parts.push(0);
    else if (character !== "\\") parts.push(character);
    else {
      at += 1;
      const next = text[at] ?? "";
      if (/\d/.test(next)) parts.push(Number(next));
      else if (/[a-zA-Z]/.test(next)) return undefined;
      else parts.push(next);
    }
  }
  return (groups) =>
    parts
      .map((part) => {
        const group = typeof part === "number" ? groups[part] : part;
        return typeof group === "string" ? group : "";
      })
      .join("");
}

/** A basic regular expression as JavaScript's: `\(`, `\)`, `\{`, `\}`, `\|`, `\+`, `\?` are operators, the bare ones are not. */
function basicExpression(basic: string, flags: string): RegExp | undefined {
  let source = "";
  for (let at = 0; at < basic.length; at++) {
    const character = basic[at] ?? "";
    if (character === "[") {
      const end = basic.indexOf("]", basic[at + 1] === "^" ? at + 3 : at + 2);
      if (end < 0 || basic.slice(at, end).includes("[.") || basic.slice(at, end).includes("[="))
        return undefined;
      const bracket = bracketSource(basic.slice(at, end + 1), basic, end);
      source += bracket.source;
      at = bracket.end;
    } else if (character === "\\") {
      at += 1;
      const next = basic[at] ?? "";
      if (/[(){}|+?\d]/.test(next)) source += /\d/.test(next) ? `\\${next}` : next;
      else if (/[a-zA-Z]/.test(next)) return undefined;
      else source += `\\${next}`;
    } else if (/[(){}|+?]/.test(character)) source += `\\${character}`;
    else if (character === "*" && (source === "" || source === "^")) source += "\\*";
    else source += character === "/" ? "\\/" : character;
  }
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

const classes: Readonly<Record<string, string>> = {
  space: "\\s",
  blank: " \\t",
  digit: "0-9",
  alpha: "A-Za-z",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
};

/** A bracket expression; named classes end with "]" themselves, so the end is looked for again. */
function bracketSource(text: string, basic: string, end: number): { source: string; end: number } {
  let whole = text;
  let last = end;
  while (/\[:[a-z]*:?\]$/.test(whole) && !/\[:[a-z]+:\]\]$/.test(whole)) {
    const next = basic.indexOf("]", last + 1);
    if (next < 0) break;
    whole += basic.slice(last + 1, next + 1);
    last = next;
  }
  const inner = whole
    .slice(1, -1)
    .replace(/\\/g, "\\\\")
    .replace(/\[:([a-z]+):\]/g, (_match, name: string) => classes[name] ?? "");
  return { source: `[${inner}]`, end: last };
}
