/** Go's words for where a text stops being JSON. Upstream: encoding/json/scanner.go */

type State = "value" | "firstValue" | "firstKey" | "key" | "colon" | "afterMember" | "afterItem" | "end";

const literals: readonly string[] = ["true", "false", "null"];
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** For a text that JSON.parse refused. */
export function jsonSyntaxError(text: string): string {
  return new Reader(text).run() ?? "unexpected end of JSON input";
}

const quoted = (character: string): string => {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
};
const invalid = (character: string, where: string): string => `invalid character ${quoted(character)} ${where}`;

class Reader {
  private readonly text: string;
  private at = 0;
  private state: State = "value";
  private readonly open: ("{" | "[")[] = [];
  constructor(text: string) {
    this.text = text;
  }

  /** The first error; undefined when the text ends too early. */
  run(): string | undefined {
    for (;;) {
      while (/[ \t\r\n]/.test(this.text.charAt(this.at))) this.at += 1;
      if (this.at >= this.text.length) return undefined;
      const error = this.step(this.text.charAt(this.at));
      if (error !== undefined) return error;
    }
  }

  private step(c: string): string | undefined {
    switch (this.state) {
      case "end":
        return invalid(c, "after top-level value");
      case "colon":
        return c === ":" ? this.go("value") : invalid(c, "after object key");
      case "firstKey":
        if (c === "}") return this.close();
        return c === '"' ? this.string("colon") : invalid(c, "looking for beginning of object key string");
      case "key":
        return c === '"' ? this.string("colon") : invalid(c, "looking for beginning of object key string");
      case "afterMember":
        if (c === ",") return this.go("key");
        return c === "}" ? this.close() : invalid(c, "after object key:value pair");
      case "afterItem":
        if (c === ",") return this.go("value");
        return c === "]" ? this.close() : invalid(c, "after array element");
      default:
        return this.value(c);
    }
  }

  private value(c: string): string | undefined {
    if (c === "]" && this.state === "firstValue") return this.close();
    if (c === "{" || c === "[") {
      this.open.push(c);
      return this.go(c === "{" ? "firstKey" : "firstValue");
    }
    if (c === '"') return this.string(this.after());
    if (c === "-" || /\d/.test(c)) return this.number();
    const literal = literals.find((l) => l.startsWith(c));
    if (literal === undefined) return invalid(c, "looking for beginning of value");
    for (const expected of literal) {
      const found = this.text.charAt(this.at);
      if (found === "") return undefined;
      if (found !== expected) return invalid(found, `in literal ${literal} (expecting ${quoted(expected)})`);
      this.at += 1;
    }
    this.state = this.after();
    return undefined;
  }

  private number(): string | undefined {
    numberForm.lastIndex = this.at;
    const match = numberForm.exec(this.text);
    this.at += match?.[0].length ?? 1;
    this.state = this.after();
    const next = this.text.charAt(this.at);
    return match === null && next !== "" ? invalid(next, "in numeric literal") : undefined;
  }

  private string(after: State): string | undefined {
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const c = this.text.charAt(this.at);
      if (c === '"') return this.go(after);
      if (c < " ") return invalid(c, "in string literal");
      if (c !== "\\") continue;
      this.at += 1;
      const escaped = this.text.charAt(this.at);
      if (escaped !== "" && !'"\\/bfnrtu'.includes(escaped)) return invalid(escaped, "in string escape code");
    }
    return undefined;
  }

  private close(): undefined {
    this.open.pop();
    return this.go(this.after());
  }
  private go(state: State): undefined {
    this.at += 1;
    this.state = state;
    return undefined;
  }
  private after(): State {
    const inside = this.open.at(-1);
    return inside === undefined ? "end" : inside === "{" ? "afterMember" : "afterItem";
  }
}
