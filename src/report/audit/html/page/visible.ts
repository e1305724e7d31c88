// Text of an image for HTML, whether this program writes it or the page's script.
import { spelt, unseen } from "../../../unseen.ts";

/** The text with every character spelt out that has no glyph of its own: line feeds and tabs too, and bytes that are no UTF-8. */
export function visible(text: string): string {
  return text.replace(unseen, spelt);
}
