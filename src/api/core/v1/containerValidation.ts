/** Checks of one container, whatever its sort. Upstream: pkg/apis/core/validation/validation.go (validateContainerCommon) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { portNameProblems } from "../../../machinery/names.ts";
import type { Container, ContainerPort, ContainerResizePolicy, ContainerRestartRule, Volume } from "../../../schema/shapes/core.v1.ts";
import { dnsLabel, portNumber, problemsAt, protocols, requiredOneOf } from "../../fieldChecks.ts";
import { validateEnv, validateEnvFrom } from "./envValidation.ts";
import { validateDevices, validateMounts } from "./mountValidation.ts";
import { validateResourceRequirements } from "./resourceValidation.ts";
import { validateSecurityContext } from "./securityContextValidation.ts";

/** What containers are checked against. */
export interface PodContext {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claimNames: ReadonlySet<string>;
  readonly gracePeriod: number | undefined;
  readonly restartPolicy: string;
  readonly hostUsers: boolean;
}

export function validateContainer(container: Container, pod: PodContext, at: Path): FieldError[] {
  const errors = container.name === "" ? [required(at.child("name"))] : dnsLabel(container.name, at.child("name"));
  if (!container.image) errors.push(required(at.child("image")));
  return [
    ...errors,
    ...requiredOneOf(container.terminationMessagePolicy, messagePolicies, at.child("terminationMessagePolicy")),
    ...validatePorts(container.ports ?? [], at.child("ports")),
    ...validateEnv(container.env ?? [], at.child("env")),
    ...validateEnvFrom(container.envFrom ?? [], at.child("envFrom")),
    ...validateMounts(container, pod.volumes, at.child("volumeMounts")),
    ...validateDevices(container, pod.volumes, at.child("volumeDevices")),
    ...requiredOneOf(container.imagePullPolicy, pullPolicies, at.child("imagePullPolicy")),
    ...validateResourceRequirements(container.resources ?? {}, pod.claimNames, at.child("resources")),
    ...validateResizePolicy(container.resizePolicy ?? [], pod.restartPolicy, at.child("resizePolicy")),
    ...validateSecurityContext(container.securityContext ?? {}, pod.hostUsers, at.child("securityContext")),
  ];
}

const messagePolicies: readonly string[] = ["File", "FallbackToLogsOnError"];
const pullPolicies: readonly string[] = ["Always", "IfNotPresent", "Never"];

function validatePorts(ports: readonly ContainerPort[], at: Path): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const here = at.index(i);
    const errors = port.name ? validatePortName(port.name, names, here.child("name")) : [];
    const numberAt = here.child("containerPort");
    errors.push(...(port.containerPort === 0 ? [required(numberAt)] : portNumber(port.containerPort, numberAt)));
    if (port.hostPort) errors.push(...portNumber(port.hostPort, here.child("hostPort")));
    return [...errors, ...requiredOneOf(port.protocol, protocols, here.child("protocol"))];
  });
}

function validatePortName(name: string, taken: Set<string>, at: Path): FieldError[] {
  const problems = portNameProblems(name);
  if (problems.length > 0) return problemsAt(at, name, problems);
  if (taken.has(name)) return [duplicate(at, name)];
  taken.add(name);
  return [];
}

const resizable: readonly string[] = ["cpu", "memory"];
const resizePolicies: readonly string[] = ["NotRequired", "RestartContainer"];

function validateResizePolicy(policies: readonly ContainerResizePolicy[], podRestartPolicy: string, at: Path): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName, restartPolicy }, i) => {
    const errors = seen.has(resourceName) ? [duplicate(at.index(i), resourceName)] : [];
    seen.add(resourceName);
    errors.push(...requiredOneOf(resourceName, resizable, at), ...requiredOneOf(restartPolicy, resizePolicies, at));
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      errors.push(invalid(at, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

/** No two containers of a list may take the same port of the host. */
export function validateHostPorts(containers: readonly Container[], at: Path): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, c) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP = "", protocol = "" }, p) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(at.index(c).child("ports").index(p).child("hostPort"), key)];
      taken.add(key);
      return [];
    }),
  );
}

const restartPolicies: readonly string[] = ["Always", "Never", "OnFailure"];
const maxExitCodes = 255;
const maxRules = 20;

/** A container's own restart policy and the rules that refine it. */
export function validateRestartRules(container: Container, at: Path): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const policyAt = at.child("restartPolicy");
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) {
    errors.push(notSupported(policyAt, restartPolicy, restartPolicies));
  }
  if (rules.length === 0) return errors;
  if (restartPolicy === undefined) errors.push(required(policyAt, "must specify restartPolicy when restart rules are used"));
  const rulesAt = at.child("restartPolicyRules");
  if (rules.length > maxRules) errors.push(invalid(rulesAt, rules.length, `must have at most ${maxRules} rules`));
  return [...errors, ...rules.flatMap((rule, i) => validateRestartRule(rule, rulesAt.index(i)))];
}

function validateRestartRule({ action, exitCodes }: ContainerRestartRule, at: Path): FieldError[] {
  const errors = requiredOneOf(action, ["Restart", "RestartAllContainers"], at.child("action"));
  const codesAt = at.child("exitCodes");
  if (exitCodes === undefined) return [...errors, required(codesAt, "must be specified")];
  const values = exitCodes.values ?? [];
  errors.push(...requiredOneOf(exitCodes.operator, ["In", "NotIn"], codesAt.child("operator")));
  if (values.length === 0) errors.push(invalid(codesAt.child("values"), values, "at least one value is required"));
  if (values.length > maxExitCodes)
    errors.push(invalid(codesAt.child("values"), values.length, `must have at most ${maxExitCodes} values`));
  return errors;
}

/** Templates may hold a place for an image; pods need its very name. */
export function validateImageForm(container: Container, at: Path): FieldError[] {
  const image = container.image ?? "";
  return image === image.trim() ? [] : [invalid(at.child("image"), image, "must not have leading or trailing whitespace")];
}

const debugFields: readonly string[] = [
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "env",
  "envFrom",
  "volumeMounts",
  "volumeDevices",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "imagePullPolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
  "targetContainerName",
];

/** Only what debugging needs: no ports, probes, resources or life cycle. */
export function validateDebugFields(container: Container, at: Path): FieldError[] {
  const text = "cannot be set for an Ephemeral Container";
  const odd = Object.entries(container).filter(([field, value]) => !debugFields.includes(field) && isSet(value));
  const mounts = (container.volumeMounts ?? []).flatMap((mount, i) => {
    const here = at.child("volumeMounts").index(i);
    const paths = (["subPath", "subPathExpr"] as const).filter((field) => mount[field]);
    return paths.map((field) => forbidden(here.child(field), text));
  });
  return [...odd.map(([field]) => forbidden(at.child(field), text)), ...mounts];
}

function isSet(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
}
