// Owners and modes as instructions write them: USER, --chown, --chmod.
import type { Owner } from "../../../graph/operation.ts";
import type { Flag } from "../ast.ts";
import { Mistake } from "./mistake.ts";

/** "app", "app:staff", "1000:1000". */
export function ownerOf(text: string): Owner {
  const colon = text.indexOf(":");
  const user = colon < 0 ? text : text.slice(0, colon);
  const group = colon < 0 ? undefined : text.slice(colon + 1);
  return {
    user: user === "" ? 0 : numberOr(user),
    ...(group === undefined || group === "" ? {} : { group: numberOr(group) }),
  };
}

function numberOr(text: string): string | number {
  return /^\d{1,10}$/.test(text) ? Number(text) : text;
}

/** `--chmod`: octal digits, or symbols as chmod(1) takes them. @throws Mistake "wrong-mode" */
export function checkedMode(value: string, flag: Flag): string {
  const octal = /^[0-7]+$/.test(value) && Number.parseInt(value, 8) <= 0o7777;
  const clause = "[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+";
  if (octal || new RegExp(`^${clause}(?:,${clause})*$`).test(value)) return value;
  throw new Mistake(
    "wrong-mode",
    flag.span,
    `--chmod can't be "${value}"`,
    "it is octal digits up to 7777, or symbols like u=rwX,go=rX",
  );
}
