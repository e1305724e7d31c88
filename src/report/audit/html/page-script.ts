// The page's script and style: the modules of page/, and what they import of src/report, as one inline module, without a build
// step. Types are stripped as Node.js strips those of every other source (docs/decisions/0001), so that the script is checked,
// linted and tested like the rest.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { lazy } from "../../../base/lazy.ts";

export interface PageAsset {
  readonly text: string;
  /** As a Content-Security-Policy names it: "'sha256-...'". */
  readonly hash: string;
}

const home = import.meta.url;

export const pageScript: () => PageAsset = lazy(() => asset(bundle(new URL("./page/main.ts", home))));

export const pageStyle: () => PageAsset = lazy(() =>
  asset(withoutComments(readFileSync(new URL("./page/style.css", home), "utf8"))),
);

function asset(text: string): PageAsset {
  // What ends the element would end the script with it, whatever the script means by it.
  if (/<\/(?:script|style)|<!--/i.test(text))
    throw new Error("internal error: the page's assets end their element");
  return { text, hash: `'sha256-${createHash("sha256").update(text).digest("base64")}'` };
}

const importStatement = /^import (type )?[^;]*? from "(\.{1,2}\/[^"]+)";$/gm;

/** A module after all that it imports, as one text. Modules of the page share one scope: their top-level names differ. */
function bundle(entry: URL): string {
  const texts = new Map<string, string>();
  const visit = (url: URL): void => {
    if (texts.has(url.href)) return;
    texts.set(url.href, "");
    const source = readFileSync(url, "utf8");
    for (const [, isType, target = ""] of source.matchAll(importStatement)) {
      if (isType === undefined) visit(new URL(target, url));
    }
    // Set again, so that it stands after what it imports.
    texts.delete(url.href);
    texts.set(url.href, withoutTypes(source));
  };
  visit(entry);
  return [...texts.values()].join("");
}

function withoutTypes(source: string): string {
  const script = stripTypeScriptTypes(source)
    .replaceAll(importStatement, "")
    .replaceAll(/^export /gm, "");
  return withoutComments(script.replaceAll(/^\s*\/\/.*$/gm, ""));
}

/**
 * Without comments of whole lines, blank lines and indentation. The modules have no text over several lines, nor one with two
 * spaces in a row (page-script.test.ts).
 */
function withoutComments(text: string): string {
  return text
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, "")
    .replaceAll(/^\s+|[ \t]+$/gm, "")
    .replaceAll(/ {2,}/g, " ")
    .replace(/\n*$/, "\n");
}
