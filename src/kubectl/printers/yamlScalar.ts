/** What a text may look like in YAML 1.1: whether it reads as something else unquoted, and which styles can hold it. */

/** Whether, unquoted, it reads as a string: not as a number, boolean, null, time or merge key. */
export function readsAsString(text: string): boolean {
  if (words.has(text)) return false;
  const first = text[0] ?? "";
  if (/[+\-0-9]/.test(first) && /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)) return false;
  if (first === ".") return !/^\.[0-9]+([eE][-+]?[0-9]+)?$/.test(text);
  if (!/[+\-0-9]/.test(first)) return true;
  if (isTimestamp(text)) return false;
  const plain = text.replaceAll("_", "");
  if (/^[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.test(plain)) return isHugeText(plain);
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) return false;
  return !/^[-+]?0b[-+]?[01]+$/.test(plain);
}

/** Hexadecimal and the like beyond 64 bits are no numbers; decimal ones become floats. */
function isHugeText(plain: string): boolean {
  if (/^[-+]?[0-9]+$/.test(plain)) return false;
  const digits = plain.replace(/^[-+]/, "");
  return BigInt(digits.replace(/^0[oO]?(?=[0-7]+$)/, "0o")) > 0xffff_ffff_ffff_ffffn;
}

const words = new Set(
  [
    "y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF ~ null Null NULL",
    ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF <<",
  ]
    .join(" ")
    .split(" ")
    .concat(""),
);

const timeForms: readonly RegExp[] = [
  /^\d{4}-\d{1,2}-\d{1,2}T\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
  /^\d{4}-\d{1,2}-\d{1,2}t\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
  /^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?$/,
  /^\d{4}-\d{1,2}-\d{1,2}$/,
];

function isTimestamp(text: string): boolean {
  if (!timeForms.some((form) => form.test(text))) return false;
  const [, month = "0", day = "0"] = /^\d{4}-(\d{1,2})-(\d{1,2})/.exec(text) ?? [];
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
}

export interface ScalarFacts {
  readonly multiline: boolean;
  readonly plainAllowed: boolean;
  readonly singleAllowed: boolean;
  readonly blockAllowed: boolean;
}

const breakForm = /[\n\r\u0085\u2028\u2029]/;

/** Which styles can hold the text in block context. */
export function scalarFacts(text: string): ScalarFacts {
  if (text === "") return { multiline: false, plainAllowed: true, singleAllowed: true, blockAllowed: false };
  const special = hasSpecial(text);
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const breakSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const multiline = breakForm.test(text);
  const edge = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  return {
    multiline,
    plainAllowed: !special && !spaceBreak && !breakSpace && !multiline && !edge && !hasIndicators(text),
    singleAllowed: !special && !spaceBreak && !breakSpace,
    blockAllowed: !special && !spaceBreak && !text.endsWith(" "),
  };
}

function hasIndicators(text: string): boolean {
  return (
    /^(---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:-](?=[ \t\n\r]|$)/.test(text) ||
    /:([ \t\n\r]|$)|[ \t\n\r]#/.test(text)
  );
}

/** Characters that only double quotes can hold. */
function hasSpecial(text: string): boolean {
  for (const character of text) if (!isPrintable(character)) return true;
  return false;
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true;
  if (code < 0xa0) return false;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff);
}

const named: Readonly<Record<number, string>> = {
  0x00: "0",
  0x07: "a",
  0x08: "b",
  0x09: "t",
  0x0a: "n",
  0x0b: "v",
  0x0c: "f",
  0x0d: "r",
  0x1b: "e",
  0x22: '"',
  0x5c: "\\",
  0x85: "N",
  0xa0: "_",
  0x2028: "L",
  0x2029: "P",
};

/** A character inside double quotes. */
export function escapeDouble(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (isPrintable(character) && !breakForm.test(character) && character !== '"' && character !== "\\") return character;
  const name = named[code];
  if (name !== undefined) return `\\${name}`;
  const hex = (digits: number): string => code.toString(16).toUpperCase().padStart(digits, "0");
  if (code <= 0xff) return `\\x${hex(2)}`;
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
