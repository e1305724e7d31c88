// The syntax tree of a shell script: POSIX.1-2024 XCU 2.10 "Shell Grammar", and bash(1) "SHELL GRAMMAR" for its additions.
// Invariant: every node knows where it stands in the text it was parsed from, also inside back quotes and here-documents.

export type Dialect = "posix" | "bash";

/** Offsets (UTF-16 units) into the script's text; the end is exclusive. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface Script {
  /** "posix" texts were read as dash reads them. */
  readonly dialect: Dialect;
  readonly text: string;
  readonly commands: CommandList;
}

export type CommandList = readonly ListItem[];

/** One and-or list and how it ends: `&` runs it in the background. */
export interface ListItem {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: "&&" | "||"; readonly pipeline: Pipeline }[];
  readonly background: boolean;
  readonly extent: Extent;
}

export interface Pipeline {
  readonly negated: boolean;
  readonly timed: boolean;
  readonly commands: readonly Command[];
  /** At index i: whether command i pipes its standard error too (`|&`). */
  readonly withStderr: readonly boolean[];
  readonly extent: Extent;
}

interface Compound {
  readonly redirects: readonly Redirect[];
  readonly extent: Extent;
}

export interface SimpleCommand extends Compound {
  readonly kind: "simple";
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
}

interface GroupCommand extends Compound {
  readonly kind: "group" | "subshell";
  readonly body: CommandList;
}

export interface IfCommand extends Compound {
  readonly kind: "if";
  /** `if` and every `elif`, in order. */
  readonly branches: readonly { readonly condition: CommandList; readonly body: CommandList }[];
  readonly otherwise: CommandList | undefined;
}

export interface LoopCommand extends Compound {
  readonly kind: "while" | "until";
  readonly condition: CommandList;
  readonly body: CommandList;
}

export interface ForCommand extends Compound {
  readonly kind: "for" | "select";
  readonly variable: string;
  /** Undefined without `in`: the positional parameters. */
  readonly words: readonly Word[] | undefined;
  readonly body: CommandList;
}

/** `for ((start; condition; step))`. */
interface ArithmeticForCommand extends Compound {
  readonly kind: "arithmetic-for";
  readonly header: Word;
  readonly body: CommandList;
}

export interface CaseClause {
  readonly patterns: readonly Word[];
  readonly body: CommandList;
  /** `;;` ends, `;&` falls into the next body, `;;&` tests the next patterns. The last clause may lack it. */
  readonly end: ";;" | ";&" | ";;&";
  readonly extent: Extent;
}

export interface CaseCommand extends Compound {
  readonly kind: "case";
  readonly subject: Word;
  readonly clauses: readonly CaseClause[];
}

interface FunctionDefinition extends Compound {
  readonly kind: "function";
  readonly name: string;
  readonly body: Command;
}

/** `(( expression ))`. */
interface ArithmeticCommand extends Compound {
  readonly kind: "arithmetic";
  readonly expression: Word;
}

/** `[[ expression ]]`. */
interface ConditionalCommand extends Compound {
  readonly kind: "conditional";
  readonly expression: Conditional;
}

interface CoprocessCommand extends Compound {
  readonly kind: "coprocess";
  readonly name: string | undefined;
  readonly body: Command;
}

export type Command =
  | SimpleCommand
  | GroupCommand
  | IfCommand
  | LoopCommand
  | ForCommand
  | ArithmeticForCommand
  | CaseCommand
  | FunctionDefinition
  | ArithmeticCommand
  | ConditionalCommand
  | CoprocessCommand;

export type Conditional =
  | { readonly kind: "and" | "or"; readonly left: Conditional; readonly right: Conditional }
  | { readonly kind: "not"; readonly operand: Conditional }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: Word }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Word; readonly right: Word }
  /** A word by itself: true where it isn't empty. */
  | { readonly kind: "word"; readonly word: Word };

export interface Assignment {
  readonly name: string;
  /** `name[subscript]=`. */
  readonly subscript: Word | undefined;
  readonly append: boolean;
  /** A lone part of kind "array" for `name=(...)`. */
  readonly value: Word;
  readonly extent: Extent;
}

export type RedirectOperator =
  | "<"
  | ">"
  | ">>"
  | ">|"
  | "<>"
  | "<&"
  | ">&"
  | "&>"
  | "&>>"
  | "<<"
  | "<<-"
  | "<<<";

export interface Redirect {
  readonly operator: RedirectOperator;
  /** The number before it, or the variable's name of `{name}>`. */
  readonly descriptor: number | string | undefined;
  /** What follows; for a here-document its delimiter, as written. */
  readonly target: Word;
  /** The body of `<<` and `<<-` with leading tabs already taken off; all literal where the delimiter is quoted. */
  readonly body: Word | undefined;
  readonly extent: Extent;
}

/** What makes up one word, in order and side by side. Nothing is expanded. */
export interface Word {
  readonly parts: readonly WordPart[];
  readonly extent: Extent;
}

export type WordPart =
  /** Unquoted text: pattern characters, a leading tilde and braces are active in it. */
  | { readonly kind: "literal"; readonly text: string; readonly extent: Extent }
  /** Text whose every character stands for itself: '...', $'...' (decoded), or one character after a backslash. */
  | {
      readonly kind: "quoted";
      readonly quote: "single" | "dollar-single" | "backslash";
      readonly text: string;
      readonly extent: Extent;
    }
  /** "...", or $"..." (translated by the locale). */
  | {
      readonly kind: "double-quoted";
      readonly parts: readonly WordPart[];
      readonly translated: boolean;
      readonly extent: Extent;
    }
  | ParameterPart
  | {
      readonly kind: "command";
      readonly style: "parentheses" | "back-quotes";
      readonly body: CommandList;
      readonly extent: Extent;
    }
  /** $((...)): its text is expanded like a double-quoted one, then evaluated. */
  | { readonly kind: "arithmetic"; readonly expression: Word; readonly extent: Extent }
  /** <(...) or >(...). */
  | {
      readonly kind: "process";
      readonly direction: "<" | ">";
      readonly body: CommandList;
      readonly extent: Extent;
    }
  /** The parenthesised value of an array assignment. */
  | { readonly kind: "array"; readonly elements: readonly ArrayElement[]; readonly extent: Extent };

export interface ArrayElement {
  readonly subscript: Word | undefined;
  readonly value: Word;
}

export interface ParameterPart {
  readonly kind: "parameter";
  /** A variable's name, digits, or one of `@ * # ? - $ !`. */
  readonly name: string;
  readonly subscript: Word | undefined;
  /** "length": `${#x}`; "indirect": `${!x}`; "names": `${!prefix*}` or the keys of `${!x[@]}`. */
  readonly form: "value" | "length" | "indirect" | "names";
  readonly operation: ParameterOperation | undefined;
  readonly extent: Extent;
}

export interface ParameterOperation {
  /** `- = ? +` (each also with a colon), `# ## % %%`, and of bash `/ // /# /% ^ ^^ , ,, @ :`. */
  readonly operator: string;
  readonly word: Word;
  /** The replacement of `/`, the length of `:offset:length`. */
  readonly second: Word | undefined;
}
