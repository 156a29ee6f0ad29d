/**
 * Resource quantities: `100m`, `1.5Gi`, `2e3`. Exact, in billionths; what is finer is rounded up, what is larger than 2^63-1 is capped.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/{quantity,suffix}.go
 */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** A text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const nanosPerUnit = 1_000_000_000n;
const maxBinaryNanos = (2n ** 63n - 1n) * nanosPerUnit;
const formText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const form = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

const decimalSuffixes: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binarySuffixes: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};
const decimalSuffixOf = new Map(Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]));
const binaryOrder = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

export class Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** As the user wrote it, where upstream keeps that. */
  private readonly text: string | undefined;
  private constructor(nanos: bigint, format: QuantityFormat, text?: string) {
    this.nanos = nanos;
    this.format = format;
    this.text = text;
  }
  static ofNanos(nanos: bigint, format: QuantityFormat = "DecimalSI", text?: string): Quantity {
    return new Quantity(nanos, format, text);
  }
  /** Whole units, e.g. bytes. */
  static of(units: number, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(Math.ceil(units)) * nanosPerUnit, format);
  }
  /** Thousandths, e.g. of a CPU. */
  static ofMilli(milli: number, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(Math.ceil(milli)) * 1_000_000n, format);
  }

  /** Whole units, rounded away from zero: bytes of memory, a count. */
  value(): number {
    return Number(roundUp(this.nanos, nanosPerUnit));
  }
  /** Thousandths, rounded away from zero: what CPU is counted in. */
  milliValue(): number {
    return Number(roundUp(this.nanos, 1_000_000n));
  }
  isZero(): boolean {
    return this.nanos === 0n;
  }
  /** Negative, zero or positive, as for sort. */
  compare(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }
  /** Zero takes over the other's format. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero() ? other.format : this.format);
  }
  subtract(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero() ? other.format : this.format);
  }
  /** The canonical text. */
  toString(): string {
    if (this.text !== undefined) return this.text;
    if (this.nanos === 0n) return "0";
    if (this.format === "BinarySI" && this.isWholeBinary()) return binaryText(this.nanos / nanosPerUnit);
    return decimalText(this.nanos, this.format);
  }
  toJSON(): string {
    return this.toString();
  }

  private isWholeBinary(): boolean {
    const small = this.nanos > -1024n * nanosPerUnit && this.nanos < 1024n * nanosPerUnit;
    return !small && this.nanos % nanosPerUnit === 0n;
  }
}

function roundUp(nanos: bigint, unit: bigint): bigint {
  const whole = nanos / unit;
  const rest = nanos % unit;
  return rest > 0n ? whole + 1n : rest < 0n ? whole - 1n : whole;
}

function binaryText(units: bigint): string {
  let amount = units;
  let power = 0;
  while (amount % 1024n === 0n && power < binaryOrder.length - 1) {
    amount /= 1024n;
    power += 1;
  }
  return `${amount}${binaryOrder[power]}`;
}

function decimalText(nanos: bigint, format: QuantityFormat): string {
  let amount = nanos;
  let exponent = -9;
  const largest = format === "DecimalExponent" ? Infinity : 18;
  while (amount % 1000n === 0n && exponent < largest) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return exponent === 0 ? String(amount) : `${amount}e${exponent}`;
  return `${amount}${decimalSuffixOf.get(exponent) ?? ""}`;
}

const cache = new Map<string, Quantity>();
const maxCached = 5000;
const maxTextLength = 128;

/** Throws QuantityError. Equal texts give the same (immutable) object. */
export function parseQuantity(text: string): Quantity {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const quantity = parse(text);
  if (cache.size >= maxCached) cache.clear();
  cache.set(text, quantity);
  return quantity;
}

/** As parseQuantity, with undefined for what is no quantity. */
export function tryParseQuantity(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

function parse(text: string): Quantity {
  const match = text.length <= maxTextLength ? form.exec(text) : null;
  if (match === null || text === "") throw new QuantityError(formText);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  const scale = scaleOf(suffix);
  const amount = scaled(BigInt(whole + fraction), scale, fraction.length);
  const nanos = scale.format === "BinarySI" && amount > maxBinaryNanos ? maxBinaryNanos : amount;
  const belowOne = nanos < nanosPerUnit && nanos > 0n;
  const format = scale.format === "BinarySI" && belowOne ? "DecimalSI" : scale.format;
  return Quantity.ofNanos(sign === "-" ? -nanos : nanos, format, keepsText(whole, fraction, scale) ? text : undefined);
}

/** Whether upstream's fast path remembers the text, so that `1.500` stays `1.500` while `1.5` becomes `1500m`. */
function keepsText(whole: string, fraction: string, scale: Scale): boolean {
  const digits = (whole === "" ? "0" : whole) + fraction;
  if (scale.format === "BinarySI") {
    const spare = 15 - digits.length - Math.trunc(Math.log2(Number(scale.binary)) * 0.3) - 1;
    return fraction === "" && spare >= 0 && Number(digits) % 8 !== 0;
  }
  const exponent = scale.exponent - fraction.length;
  if (digits.length > 18 || exponent < -9 || exponent % 3 !== 0) return false;
  return !digits.endsWith("000") && !digits.startsWith("0");
}

interface Scale {
  readonly format: QuantityFormat;
  /** Units of one: a power of two. */
  readonly binary: bigint;
  readonly exponent: number;
}

function scaleOf(suffix: string): Scale {
  const exponent = decimalSuffixes[suffix];
  if (exponent !== undefined) return { format: "DecimalSI", binary: 1n, exponent };
  const binary = binarySuffixes[suffix];
  if (binary !== undefined) return { format: "BinarySI", binary, exponent: 0 };
  const scientific = /^[eE]([+-]?[0-9]+)$/.exec(suffix);
  if (scientific !== null) return { format: "DecimalExponent", binary: 1n, exponent: Number(scientific[1]) };
  throw new QuantityError("unable to parse quantity's suffix");
}

/** `mantissa / 10^fractionDigits * scale` in billionths, rounded up. Exponents beyond the range are cut before they cost memory. */
function scaled(mantissa: bigint, scale: Scale, fractionDigits: number): bigint {
  const power = Math.max(-2 * maxTextLength, Math.min(2 * maxTextLength, scale.exponent + 9 - fractionDigits));
  const amount = mantissa * scale.binary;
  return power >= 0 ? amount * 10n ** BigInt(power) : roundUp(amount, 10n ** BigInt(-power));
}

/** Sums by name, as resource lists are added. */
export function addQuantities(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): Record<string, string> {
  const sum: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    const have = sum[name];
    sum[name] = have === undefined ? amount : parseQuantity(have).add(parseQuantity(amount)).toString();
  }
  return sum;
}
