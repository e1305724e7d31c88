// What a fingerprint is: data that tells a program by what its bytes hold, whatever its name, mode or place.
import type { ProgramKind } from "../identity.ts";

/** One thing that bytes hold or don't hold. */
export type Signal =
  /** Bytes of data that is mapped, as Latin-1 text. `show` is the printable part of it that evidence names, if not all of it is. */
  | { readonly kind: "string"; readonly text: string; readonly show?: string }
  /**
   * The same in UTF-32 of either byte order, as wchar_t literals are on Linux. Searched for only where the alternative's earlier
   * signals are there: what is mostly zeros is slow to search for.
   */
  | { readonly kind: "wide-string"; readonly text: string }
  /** A name in the dynamic symbols, imported or exported. */
  | { readonly kind: "symbol"; readonly name: string }
  /** DT_NEEDED. */
  | { readonly kind: "needed"; readonly pattern: RegExp }
  /** DT_SONAME. */
  | { readonly kind: "soname"; readonly pattern: RegExp }
  /** A sorted table of applet names, so many of which BusyBox is known to have. */
  | { readonly kind: "applets"; readonly least: number }
  /** The import path of a Go program's main package. */
  | { readonly kind: "go-main"; readonly pattern: RegExp };

export interface Fingerprint {
  /** Stable, kebab-case: the audit's rules and policies name it. */
  readonly id: string;
  readonly kind: ProgramKind;
  /** For people: "GNU bash". */
  readonly name: string;
  /** Alternatives; all signals of one must be there. Each signal that is there is evidence, two of them confirm. */
  readonly signs: readonly (readonly Signal[])[];
  /** The version follows one of these texts: the pattern's first group, or all of it. */
  readonly version?: { readonly after: readonly string[]; readonly pattern: RegExp };
  /**
   * What a file must be. `program` (the default): it has an entry point of its own. `engine`: a program, or a library with the
   * engine in it, which is told as embedded. `any`: whatever it claims to be; shells are told even where no loader is named.
   */
  readonly scope?: "program" | "engine" | "any";
  /** Programs with one of these ids hold the same signals, and are told by it alone. */
  readonly unless?: readonly string[];
}

export function text(content: string, show?: string): Signal {
  return show === undefined ? { kind: "string", text: content } : { kind: "string", text: content, show };
}

export function wide(content: string): Signal {
  return { kind: "wide-string", text: content };
}

export function symbol(name: string): Signal {
  return { kind: "symbol", name };
}

export function needs(pattern: RegExp): Signal {
  return { kind: "needed", pattern };
}

export function isNamed(pattern: RegExp): Signal {
  return { kind: "soname", pattern };
}

export function goMain(pattern: RegExp): Signal {
  return { kind: "go-main", pattern };
}
