/** Text from outside, made safe to read: what could reorder, hide or overwrite other text is shown instead of acted on. */

// C0 except tab and line feed, DEL, C1, bidi controls, line and paragraph separators, byte order mark, lone surrogates
const CONTROLS =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with every control and direction character replaced by a visible stand-in. */
export function visible(text: string): string {
  return text.replace(CONTROLS, standIn);
}

function standIn(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase();
  return `⟨${code.padStart(code.length > 2 ? 4 : 2, '0')}⟩`;
}
