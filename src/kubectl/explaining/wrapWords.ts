/** Lines broken between words. Behaves as upstream's: github.com/mitchellh/go-wordwrap (WrapString) */

/** Lines of at most `limit` characters, but for words that are longer. Spaces where a line is broken go. */
export function wrapWords(text: string, limit: number): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, limit))
    .join("\n");
}

function wrapLine(line: string, limit: number): string {
  let out = "";
  let width = 0;
  for (const [, space = "", word = ""] of line.matchAll(/([^\S\u00a0]*)((?:\S|\u00a0)*)/g)) {
    const [spaces, letters] = [Array.from(space).length, Array.from(word).length];
    if (word === "") {
      if (width + spaces <= limit) out += space;
      continue;
    }
    // A word as long as a line is broken off where it begins only once part of it is seen not to fit.
    if (width + spaces + Math.min(letters, limit - 1) > limit) {
      out += `\n${word}`;
      width = letters;
    } else {
      out += space + word;
      width += spaces + letters;
    }
  }
  return out;
}
