// The vocabulary in which a YAML file that users write is described as data. From one description (a spec's is
// frontends/spec/fields.ts) come the validation (validate.ts), the JSON Schema (json-schema.ts) and the field reference.
import type { FormatName } from "./text-formats.ts";

export type Shape =
  | TextShape
  | IntegerShape
  | BooleanShape
  | ChoiceShape
  | ListShape
  | MapShape
  | ObjectShape
  | EitherShape;

/** A text, in a format where one is named. */
export interface TextShape {
  readonly kind: "text";
  readonly format: FormatName;
  /**
   * Whole numbers may stand without quotes (5432). "canonical": only where every YAML reader sees the same digits;
   * "as-written": the digits as they are in the file (0644).
   */
  readonly integers?: "canonical" | "as-written";
}

export interface IntegerShape {
  readonly kind: "integer";
  readonly min: number;
  readonly max: number;
}

interface BooleanShape {
  readonly kind: "boolean";
}

/** One of a closed list of texts. */
export interface ChoiceShape {
  readonly kind: "choice";
  readonly what: string;
  readonly values: readonly string[];
  /** The value that was meant, where that is not a matter of spelling ("linux/x86_64"). */
  readonly nearest?: (text: string) => string | undefined;
}

export interface ListShape {
  readonly kind: "list";
  readonly item: Shape;
  readonly min?: number;
  /** No item twice. */
  readonly unique?: boolean;
}

/** A map whose keys are names that the user chooses. */
export interface MapShape {
  readonly kind: "map";
  readonly key: FormatName;
  readonly value: Shape;
}

/** A map with known fields. */
export interface ObjectShape {
  readonly kind: "object";
  /** What it is called in messages and as a heading: "run", "build stage". */
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Exactly one of these fields is there. */
  readonly oneOf?: readonly string[];
  /** Names that people bring from elsewhere, to the field that they mean. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** A field that makes sense only beside another: field to the field that it needs. */
  readonly needs?: Readonly<Record<string, string>>;
}

/** What is expected depends on how it is written: a single value, a list, or a map. */
export interface EitherShape {
  readonly kind: "either";
  readonly scalar?: TextShape;
  readonly list?: ListShape;
  readonly map?: ObjectShape;
  /** Said where none fits. */
  readonly hint?: string;
}

export interface Field {
  readonly shape: Shape;
  readonly description: string;
  /** As YAML, one line (flow style). It is parsed by a test. */
  readonly example: string;
  readonly required?: boolean;
  /** What holds where the field is absent, in words or as YAML. */
  readonly default?: string;
}
