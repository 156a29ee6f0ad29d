/**
 * A field that is a number or a percentage, such as maxSurge, or a port's number or name.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go
 */
export type IntOrString = number | string;

const percentForm = /^[0-9]+%$/;

/** `25%` of 4 is 1; a number is itself. Undefined for a string that is no percentage. */
export function scaledValue(value: IntOrString, total: number, round: "up" | "down"): number | undefined {
  if (typeof value === "number") return value;
  if (!percentForm.test(value)) return undefined;
  const share = (Number(value.slice(0, -1)) * total) / 100;
  return round === "up" ? Math.ceil(share) : Math.floor(share);
}

/** The number in `25%`; undefined for anything else. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === "string" && percentForm.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/** How upstream's messages print one. */
export function intOrStringText(value: IntOrString): string {
  return String(value);
}
