/** The flags of debug, what they come to, and what is refused of them. Upstream: kubectl/pkg/cmd/debug/debug.go (Complete, Validate) */
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Call } from "../command.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { parseYaml } from "../../schema/yaml.ts";
import { KubectlError, textOf } from "../errors.ts";
import { array, bool, type Flag, list, text } from "../flags.ts";
import { parseCsvLine } from "../flagText.ts";
import { isImageReference } from "../generators/imageReference.ts";
import type { Session } from "../session.ts";
import type { DebugWish, Names } from "./debugPods.ts";
import { type DebugContainer, profileNamed } from "./profiles.ts";

// A type, not an interface: only those are tables of flags.
export type DebugFlags = {
  readonly "arguments-only": Flag<boolean>;
  readonly attach: Flag<boolean>;
  readonly container: Flag<string>;
  readonly "copy-to": Flag<string>;
  readonly custom: Flag<string>;
  readonly env: Flag<readonly string[]>;
  readonly filename: Flag<readonly string[]>;
  readonly image: Flag<string>;
  readonly "image-pull-policy": Flag<string>;
  readonly "keep-annotations": Flag<boolean>;
  readonly "keep-init-containers": Flag<boolean>;
  readonly "keep-labels": Flag<boolean>;
  readonly "keep-liveness": Flag<boolean>;
  readonly "keep-readiness": Flag<boolean>;
  readonly "keep-startup": Flag<boolean>;
  readonly profile: Flag<string>;
  readonly quiet: Flag<boolean>;
  readonly replace: Flag<boolean>;
  readonly "same-node": Flag<boolean>;
  readonly "set-image": Flag<readonly string[]>;
  readonly "share-processes": Flag<boolean>;
  readonly stdin: Flag<boolean>;
  readonly target: Flag<string>;
  readonly tty: Flag<boolean>;
};

export type DebugCall = Call<DebugFlags>;

/** Repeatable `a=b,c=d`. */
const pairs = (): Flag<readonly string[]> => array({ check: (value) => pairProblem(value) });

export const debugFlags: DebugFlags = {
  "arguments-only": bool(),
  attach: bool(),
  container: text({ short: "c" }),
  "copy-to": text(),
  custom: text(),
  env: pairs(),
  filename: list({ short: "f" }),
  image: text(),
  "image-pull-policy": text(),
  "keep-annotations": bool(),
  "keep-init-containers": bool({ initial: true }),
  "keep-labels": bool(),
  "keep-liveness": bool(),
  "keep-readiness": bool(),
  "keep-startup": bool(),
  profile: text({ initial: "general" }),
  quiet: bool({ short: "q" }),
  replace: bool(),
  "same-node": bool(),
  "set-image": pairs(),
  "share-processes": bool({ initial: true }),
  stdin: bool({ short: "i" }),
  target: text(),
  tty: bool({ short: "t" }),
};

/** One `=`: the whole is one pair; several: pairs apart by commas. */
function fieldsOf(value: string): readonly string[] | undefined {
  if (value.split("=").length === 2) return [value.replaceAll(/^"+|"+$/g, "")];
  const parsed = parseCsvLine(value);
  return "fields" in parsed ? parsed.fields : undefined;
}

function pairProblem(value: string): string | undefined {
  if (!value.includes("=")) return `${value} must be formatted as key=value`;
  const wrong = fieldsOf(value)?.find((field) => !field.includes("="));
  return wrong === undefined ? undefined : `${wrong} must be formatted as key=value`;
}

export function pairsOf(values: readonly string[]): Record<string, string> {
  const fields = values.flatMap((value) => fieldsOf(value) ?? []);
  return Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]));
}

export async function debugWish({ flags, session }: DebugCall, words: readonly string[]): Promise<DebugWish> {
  const profile = profileNamed(flags.profile);
  return {
    words,
    container: flags.container,
    image: flags.image,
    imagePullPolicy: flags["image-pull-policy"],
    env: pairsOf(flags.env),
    argumentsOnly: flags["arguments-only"],
    stdin: flags.stdin,
    tty: flags.tty,
    target: flags.target,
    profile,
    keep: {
      labels: flags["keep-labels"],
      annotations: flags["keep-annotations"],
      liveness: flags["keep-liveness"],
      readiness: flags["keep-readiness"],
      startup: flags["keep-startup"],
      initContainers: flags["keep-init-containers"],
    },
    custom: flags.custom === "" ? undefined : await customContainer(session, flags.custom),
  };
}

async function customContainer({ host }: Session, path: string): Promise<object> {
  let bytes;
  try {
    bytes = await host.files.read(path);
  } catch (error) {
    throw new KubectlError(`must pass a container spec json file for custom profile: ${textOf(error)}`);
  }
  try {
    const { value } = parseYaml(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new KubectlError("no object");
  } catch (error) {
    throw new KubectlError(`${path} does not contain a valid container spec: ${textOf(error)}`);
  }
}

export function refuseDebug(call: DebugCall, wish: DebugWish, targets: readonly string[]): void {
  const { flags, session } = call;
  if (call.changed("attach") && flags.attach && wish.image === "" && wish.container === "")
    throw new KubectlError("you must specify --container or create a new container using --image in order to attach.");
  if (flags["copy-to"] === "") refuseWithoutCopy(call);
  else refuseCopy(call, wish);
  refuseImages(wish.image, pairsOf(flags["set-image"]));
  if (targets.length === 0 && flags.filename.length === 0) throw new KubectlError("NAME or filename is required for debug");
  if (!["Always", "IfNotPresent", "Never", ""].includes(wish.imagePullPolicy))
    throw new KubectlError(`invalid image pull policy: ${wish.imagePullPolicy}`);
  if (wish.target !== "") refuseTarget(call, wish.target);
  if (wish.tty && !wish.stdin) throw new KubectlError("-i/--stdin is required for containers with -t/--tty=true");
  refuseCustom(wish);
  if (wish.profile === "legacy") session.err(legacyText);
}

function refuseImages(image: string, setImages: Readonly<Record<string, string>>): void {
  const wrong = "invalid reference format";
  if (image !== "" && !isImageReference(image)) throw new KubectlError(`invalid image name ${goQuote(image)}: ${wrong}`);
  for (const [name, other] of Object.entries(setImages))
    if (!isImageReference(other)) throw new KubectlError(`invalid image name ${goQuote(other)} for container ${goQuote(name)}: ${wrong}`);
}

function refuseTarget({ flags, session }: DebugCall, target: string): void {
  if (flags["copy-to"] !== "") throw new KubectlError("--target is incompatible with --copy-to. Use --share-processes instead.");
  if (!flags.quiet) session.out(targeting(target));
}

function refuseCustom({ custom = {} }: DebugWish): void {
  if (["name", "command", "image", "lifecycle", "volumeDevices"].some((field) => Object.hasOwn(custom, field)))
    throw new KubectlError("name, command, image, lifecycle and volume devices are not modifiable via custom profile");
}

const legacyText =
  '--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".\n';

function targeting(container: string): string {
  return `Targeting container ${goQuote(container)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`;
}

function refuseWithoutCopy({ flags }: DebugCall): void {
  if (flags.replace) throw new KubectlError("--replace may only be used with --copy-to.");
  if (flags["same-node"]) throw new KubectlError("--same-node may only be used with --copy-to.");
  if (flags["set-image"].length > 0) throw new KubectlError("--set-image may only be used with --copy-to.");
  if (flags.image === "") throw new KubectlError("you must specify --image when not using --copy-to.");
}

function refuseCopy({ flags }: DebugCall, { image, words, container }: DebugWish): void {
  if (image === "" && flags["set-image"].length === 0 && words.length === 0)
    throw new KubectlError("you must specify --image, --set-image or command arguments.");
  if (words.length > 0 && container === "" && image === "")
    throw new KubectlError("you must specify an existing container or a new image when specifying args.");
}

const letters = "bcdfghjklmnpqrstvwxz2456789";

export function namesOf({ flags, session }: DebugCall): Names {
  const { rng } = session.host;
  return {
    suffix: () => Array.from({ length: 5 }, () => letters[Math.floor(rng.next() * letters.length)]).join(""),
    tell: (said) => (flags.quiet ? undefined : session.out(said)),
  };
}

/** What a profile grants may not come to a user who isn't root. */
export function warnOfUser(session: Session, { securityContext }: DebugContainer, { spec }: Pod): void {
  const podUser = spec.securityContext?.runAsUser ?? 0;
  const granted = securityContext?.privileged === true || (securityContext?.capabilities?.add ?? []).length > 0;
  if (podUser === 0 || securityContext?.runAsUser === 0 || !granted) return;
  session.err(
    'Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".\n',
  );
}
