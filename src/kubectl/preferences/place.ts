/** Where the user's kuberc is. Upstream: kubectl/pkg/kuberc/kuberc.go (LoadKuberc, getExplicitKuberc) */
import { KubectlError } from "../errors.ts";

export interface KubercPlace {
  readonly path: string;
  /** By --kuberc or $KUBERC: then it must be there. */
  readonly explicit: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The whole feature can be turned off. */
export function hasKuberc(env: Env): boolean {
  return env["KUBECTL_KUBERC"]?.toLowerCase() !== "false";
}

/** undefined: $KUBERC says that there is none. `given`: by --kuberc. */
export function kubercPlace(given: string, env: Env, home: string): KubercPlace | undefined {
  const variable = env["KUBERC"] ?? "";
  if (variable === "off") {
    if (given !== "") throw new KubectlError("kuberc error disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive");
    return undefined;
  }
  if (given !== "") return { path: given, explicit: true };
  return variable === "" ? { path: `${home}/.kube/kuberc`, explicit: false } : { path: variable, explicit: true };
}

/** --kuberc, before it is known whose flags the words are. */
export function givenKuberc(words: readonly string[]): string {
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const at = before.findIndex((word) => word === "--kuberc" || word.includes("--kuberc="));
  if (at < 0) return "";
  const [word = "", next = ""] = words.slice(at);
  const path = word === "--kuberc" ? next : (word.split("=")[1] ?? "");
  if (path === "" && (word !== "--kuberc" || at + 1 >= words.length)) throw new KubectlError("kuberc file is not found");
  return path;
}
