/** Number literals as Go reads them. Upstream: text/template/parse (newNumber) */

export interface GoNumberLiteral {
  readonly value: number;
  readonly isInt: boolean;
}

/** undefined when it is no number. */
export function parseGoNumber(text: string): GoNumberLiteral | undefined {
  const plain = text.replaceAll("_", "");
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/.exec(plain);
  if (match !== null) {
    const [, sign, digits = "0"] = match;
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    return { value: (sign === "-" ? -1 : 1) * Number(octal), isInt: true };
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) {
    const value = Number(plain);
    return { value, isInt: Number.isInteger(value) && !/[.]/.test(plain) };
  }
  return undefined;
}
