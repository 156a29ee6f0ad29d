/**
 * A description's lines joined and broken anew; lists, code and paragraphs keep theirs.
 * Upstream: kubectl/pkg/explain/formatter.go (wrapString)
 */
export function foldedLines(text: string, width: number): string[] {
  const folding = new Folding(width);
  for (const line of text.split("\n")) folding.add(line);
  return folding.finish();
}

const code = "    ";
const listItem = /^(\d+\.?|-|\*)\s/;

class Folding {
  private readonly width: number;
  private readonly done: string[] = [];
  private words: string[] = [];

  constructor(width: number) {
    this.width = width;
  }

  add(line: string): void {
    const bare = line.trim();
    if (line.startsWith(code)) this.keep(line);
    else if (bare === "" && this.done.length > 0) this.keep("");
    else {
      if (bare === "" || listItem.test(bare) || this.words.at(-1)?.endsWith(":") === true) this.flush();
      for (const word of bare.split(/\s+/)) if (word !== "") this.addWord(word);
    }
  }

  finish(): string[] {
    this.flush();
    return this.done;
  }

  private keep(line: string): void {
    this.flush();
    this.done.push(line);
  }

  private addWord(word: string): void {
    const bytes = new TextEncoder().encode([...this.words, word].join(" ")).length;
    if (bytes > this.width && this.words.length > 0) this.flush();
    this.words.push(word);
  }

  private flush(): void {
    if (this.words.length === 0) return;
    this.done.push(this.words.join(" "));
    this.words = [];
  }
}
