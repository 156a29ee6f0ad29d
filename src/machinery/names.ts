/**
 * Checks of names, labels and other small texts. Each gives the problems it found, worded as upstream's; none is good.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 */
const utf8 = new TextEncoder();
/** Most texts are ASCII, and encoding costs more than looking. */
const byteLength = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : utf8.encode(text).length);

const tooLongText = (max: number, unit: string): string => `must be no more than ${max} ${unit}`;
const rangeText = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
const emptyText = "must be non-empty";

interface Form {
  readonly pattern: string;
  readonly regex: RegExp;
  readonly says: string;
  readonly examples: readonly string[];
}
function form(pattern: string, says: string, ...examples: string[]): Form {
  return { pattern, regex: new RegExp(`^${pattern}$`), says, examples };
}
function problem(expected: Form): string {
  const examples = expected.examples.map((example) => `'${example}', `).join(" or ");
  return `${expected.says} (${examples === "" ? "" : `e.g. ${examples}`}regex used for validation is '${expected.pattern}')`;
}
/** Upstream counts bytes everywhere, and says so only where labels are meant. */
function check(value: string, expected: Form, max = Infinity, unit = "characters"): string[] {
  const problems = byteLength(value) > max ? [tooLongText(max, unit)] : [];
  return expected.regex.test(value) ? problems : [...problems, problem(expected)];
}

const labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const keyPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const dnsLabel = form(
  labelPattern,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "my-name",
  "123-abc",
);
const subdomain = form(
  subdomainPattern,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);
const dns1035 = form(
  "[a-z]([-a-z0-9]*[a-z0-9])?",
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "my-name",
  "abc-123",
);
const wildcard = form(
  `\\*\\.${subdomainPattern}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  "*.example.com",
);
const keyName = form(
  keyPattern,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyName",
  "my.name",
  "123-abc",
);
const labelText = form(
  `(${keyPattern})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyValue",
  "my_value",
  "12345",
);
const configKey = form(
  "[-._a-zA-Z0-9]+",
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);
const headerName = form("[-A-Za-z0-9]+", "a valid HTTP header must consist of alphanumeric characters or '-'", "X-Header-Name");
const percent = form("[0-9]+%", "a valid percent string must be a numeric string followed by an ending '%'", "1%", "93%");
const cIdentifier = form(
  "[A-Za-z_][A-Za-z0-9_]*",
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  "my_name",
  "MY_NAME",
  "MyName",
);

/** Names of namespaces, containers, ports and most that become one DNS label. */
export function dnsLabelProblems(value: string): string[] {
  const problems = byteLength(value) > 63 ? [tooLongText(63, "characters")] : [];
  if (dnsLabel.regex.test(value)) return problems;
  return [...problems, subdomain.regex.test(value) ? "must not contain dots" : problem(dnsLabel)];
}
/** Names of most objects. */
export function dnsSubdomainProblems(value: string): string[] {
  return check(value, subdomain, 253);
}
/** A DNS label that starts with a letter (RFC 1035). */
export function dns1035LabelProblems(value: string): string[] {
  return check(value, dns1035, 63);
}
export function wildcardSubdomainProblems(value: string): string[] {
  return check(value, wildcard, 253);
}
/** Label values. */
export function labelValueProblems(value: string): string[] {
  return check(value, labelText, 63, "bytes");
}
/** Keys of ConfigMaps and Secrets. */
export function configKeyProblems(value: string): string[] {
  return [...check(value, configKey, 253), ...dotDotProblems(value)];
}
export function headerNameProblems(value: string): string[] {
  return check(value, headerName);
}
export function percentProblems(value: string): string[] {
  return check(value, percent);
}
export function cIdentifierProblems(value: string): string[] {
  return check(value, cIdentifier);
}

function dotDotProblems(value: string): string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** Keys of labels, and of annotations in lower case: `name` or `prefix.example.com/name`. Upstream: api/validate/content/kube.go */
export function labelKeyProblems(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [`a valid label key ${problem(keyName)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const problems: string[] = [];
  if (prefix === "") problems.push(`prefix part ${emptyText}`);
  else if (prefix !== undefined) problems.push(...check(prefix, subdomain, 253, "bytes").map((text) => `prefix part ${text}`));
  if (name === "") problems.push(`name part ${emptyText}`);
  return [...problems, ...check(name, keyName, 63, "bytes").map((text) => `name part ${text}`)];
}

/** Environment variable names, as relaxed since Kubernetes 1.30. */
export function envNameProblems(value: string): string[] {
  if (value === "") return [`environment variable name ${emptyText}`];
  return /^[\x20-\x3c\x3e-\x7e]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Names of ports: IANA service names. */
export function portNameProblems(value: string): string[] {
  const problems = byteLength(value) > 15 ? [tooLongText(15, "characters")] : [];
  if (!/^[-a-z0-9]+$/.test(value)) problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) problems.push("must contain at least one letter (a-z)");
  if (value.includes("--")) problems.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
}

export function inRangeProblems(value: number, low: number, high: number): string[] {
  return Number.isInteger(value) && value >= low && value <= high ? [] : [rangeText(low, high)];
}
export function portNumberProblems(value: number): string[] {
  return inRangeProblems(value, 1, 65535);
}
/** User and group ids. */
export function unixIdProblems(value: number): string[] {
  return inRangeProblems(value, 0, 2147483647);
}

/** A generateName may end in a dash, since letters follow. */
export function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}
