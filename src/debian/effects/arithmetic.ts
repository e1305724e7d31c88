// Arithmetic expansion (XCU 2.6.4): integer expressions over known values. Assignments are outside of the subset.

const tokenPattern = /\s*(\d+|0x[0-9a-fA-F]+|[A-Za-z_]\w*|\*\*|<<|>>|[<>=!]=|&&|\|\||[-+*/%<>!~&|^?:()])/y;

const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  "||": (a, b) => Number(a !== 0 || b !== 0),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "&": (a, b) => a & b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  "%": (a, b) => a % b,
};

/** The value of an expression; undefined where it isn't of the subset, or where a variable isn't a known integer. */
export function evaluate(text: string, variable: (name: string) => string | undefined): number | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  const parser = { tokens, at: 0, variable, depth: 0 };
  const value = ternary(parser);
  return parser.at === tokens.length && Number.isSafeInteger(value) ? value : undefined;
}

function tokenize(text: string): string[] | undefined {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (tokenPattern.lastIndex < trimmed.length) {
    const token = tokenPattern.exec(trimmed)?.[1];
    if (token === undefined || tokens.length > 1000) return undefined;
    tokens.push(token);
  }
  return tokens.length === 0 ? undefined : tokens;
}

interface Parser {
  readonly tokens: readonly string[];
  at: number;
  readonly variable: (name: string) => string | undefined;
  depth: number;
}

function ternary(parser: Parser): number {
  if (++parser.depth > 100) return Number.NaN;
  const condition = binary(parser, 0);
  if (!take(parser, "?")) {
    parser.depth--;
    return condition;
  }
  const yes = ternary(parser);
  const no = take(parser, ":") ? ternary(parser) : Number.NaN;
  parser.depth--;
  return Number.isNaN(condition) ? Number.NaN : condition === 0 ? no : yes;
}

function binary(parser: Parser, level: number): number {
  const operators = levels[level];
  if (operators === undefined) return unary(parser);
  let left = binary(parser, level + 1);
  for (;;) {
    const operator = parser.tokens[parser.at];
    const operation =
      operator === undefined || !operators.includes(operator) ? undefined : operations[operator];
    if (operation === undefined) return left;
    parser.at++;
    const right = binary(parser, level + 1);
    left = Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : operation(left, right);
  }
}

function unary(parser: Parser): number {
  if (take(parser, "-")) return -unary(parser);
  if (take(parser, "+")) return unary(parser);
  if (take(parser, "!")) {
    const operand = unary(parser);
    return Number.isNaN(operand) ? operand : Number(operand === 0);
  }
  if (take(parser, "~")) return ~unary(parser);
  if (take(parser, "(")) {
    const inner = ternary(parser);
    return take(parser, ")") ? inner : Number.NaN;
  }
  const token = parser.tokens[parser.at++] ?? "";
  if (/^[A-Za-z_]/.test(token)) return integerOf(parser.variable(token));
  return integerOf(token);
}

function integerOf(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  const trimmed = text.trim();
  if (trimmed === "") return 0;
  if (/^[+-]?0[0-7]+$/.test(trimmed)) return Number.parseInt(trimmed, 8);
  return /^[+-]?(?:\d+|0x[0-9a-fA-F]+)$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function take(parser: Parser, token: string): boolean {
  if (parser.tokens[parser.at] !== token) return false;
  parser.at++;
  return true;
}
