// Modes of COPY --chmod: octal digits, or symbols as chmod(1) of BSD has them (which is what BuildKit parses with): clauses of
// who (`ugoa`), operators (`+-=`) and permissions (`rwxXst`, or `ugo` to copy a class). No umask applies.

/** A mode that replaces others, or a change of them. */
export type ModeChange =
  | { readonly kind: "octal"; readonly mode: number }
  | { readonly kind: "symbolic"; readonly apply: (mode: number, isFolder: boolean) => number };

interface Step {
  readonly kind: "set" | "clear" | "set-where-executable" | "copy";
  /** The bits that change; for a copy, those that may. */
  readonly bits: number;
  /** For a copy: which class from, what to do with the bits. */
  readonly from?: number;
  readonly operator?: string;
}

const setIds = 0o6000;
const sticky = 0o1000;
/** What `a`, and nobody named, stands for: all but the sticky bit. */
const everybody = setIds | 0o777;
const classes: Readonly<Record<string, { readonly bits: number; readonly shift: number }>> = {
  u: { bits: 0o4700, shift: 6 },
  g: { bits: 0o2070, shift: 3 },
  o: { bits: 0o0007, shift: 0 },
};
const permissions: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };

/** The mode; undefined where the text is none. */
export function parseMode(text: string): ModeChange | undefined {
  if (/^[0-9]/.test(text)) {
    return /^0*[0-7]{1,4}$/.test(text) ? { kind: "octal", mode: Number.parseInt(text, 8) } : undefined;
  }
  const steps: Step[] = [];
  for (const clause of text.split(",")) {
    if (!addClause(steps, clause)) return undefined;
  }
  return { kind: "symbolic", apply: (mode, isFolder) => applySteps(steps, mode, isFolder) };
}

/** Whether the clause is one. */
function addClause(steps: Step[], clause: string): boolean {
  const [, who = "", actions] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause) ?? [];
  if (actions === undefined) return false;
  let named = 0;
  for (const one of who) named |= classes[one]?.bits ?? everybody;
  for (const [, operator = "", letters = ""] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
    addAction(steps, named, operator, letters);
  }
  return true;
}

function addAction(steps: Step[], named: number, operator: string, letters: string): void {
  let who = named;
  let bits = 0;
  let executable = 0;
  let cleared = false;
  const flush = (): void => {
    if (bits !== 0 || (operator === "=" && !cleared)) addBits(steps, who, operator, bits);
    cleared = true;
    if (executable !== 0) steps.push({ kind: "set-where-executable", bits: chosen(who, executable) });
    bits = 0;
    executable = 0;
  };
  for (const letter of letters) {
    const permission = permissions[letter];
    if (permission !== undefined) bits |= permission;
    else if (letter === "X" && operator !== "-") executable = 0o111;
    else if (letter === "X") bits |= 0o111;
    else if (letter === "s" || letter === "t") {
      // Others have no such bits.
      if (who !== 0 && (who & ~0o7) === 0) continue;
      if (letter === "t") who |= sticky;
      bits |= letter === "s" ? setIds : sticky;
    } else {
      // What came before a copied class counts before it; the copy itself clears what it sets.
      cleared ||= operator === "=" && bits === 0;
      if (bits !== 0 || executable !== 0) flush();
      const from = classes[letter]?.shift ?? 0;
      steps.push({ kind: "copy", bits: who === 0 ? 0o777 : who & 0o777, from, operator });
    }
  }
  flush();
}

function addBits(steps: Step[], who: number, operator: string, bits: number): void {
  if (operator === "=") steps.push({ kind: "clear", bits: who === 0 ? everybody : who });
  steps.push({ kind: operator === "-" ? "clear" : "set", bits: chosen(who, bits) });
}

function chosen(who: number, bits: number): number {
  return who === 0 ? bits : who & bits;
}

function applySteps(steps: readonly Step[], before: number, isFolder: boolean): number {
  let mode = before;
  for (const { bits, from, kind, operator } of steps) {
    if (kind === "set" || (kind === "set-where-executable" && (isFolder || (before & 0o111) !== 0)))
      mode |= bits;
    else if (kind === "clear") mode &= ~bits;
    else if (kind === "copy") {
      const value = (mode >> (from ?? 0)) & 0o7;
      const copies = (value * 0o111) & bits;
      if (operator === "=") mode = (mode & ~bits) | copies;
      else if (operator === "+") mode |= copies;
      else mode &= ~copies;
    }
  }
  return mode & 0o7777;
}
