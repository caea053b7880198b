/**
 * A value from outside as it may be shown: in quotes, short, without characters that move the cursor or turn the
 * writing's direction.
 */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(withoutControls(shown));
}

/** The text without control and format characters; a tab stays. */
export function withoutControls(text: string): string {
  return text.replace(/[^\t\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '\ufffd');
}
