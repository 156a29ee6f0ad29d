/** Checks of probes and life-cycle handlers. Upstream: pkg/apis/core/validation/validation.go (validateProbe, validateHandler) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import { headerNameProblems } from "../../../machinery/names.ts";
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ProbeHandler, SleepAction } from "../../../schema/shapes/core.v1.ts";
import { nonNegative, oneOf, portNumber, portNumberOrName, problemsAt } from "../../fieldChecks.ts";

interface Probes {
  readonly livenessProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly startupProbe?: Probe | undefined;
}

/** `at`: the container's path. */
export function validateProbes({ livenessProbe, readinessProbe, startupProbe }: Probes, at: Path): FieldError[] {
  const readinessAt = at.child("readinessProbe");
  const errors = [...validateRestartingProbe(livenessProbe, at.child("livenessProbe")), ...validateProbe(readinessProbe, readinessAt)];
  const grace = readinessProbe?.terminationGracePeriodSeconds;
  if (grace !== undefined) {
    errors.push(invalid(readinessAt.child("terminationGracePeriodSeconds"), grace, "must not be set for readinessProbes"));
  }
  return [...errors, ...validateRestartingProbe(startupProbe, at.child("startupProbe"))];
}

/** One success is all that a probe which restarts a container can wait for. */
function validateRestartingProbe(probe: Probe | undefined, at: Path): FieldError[] {
  const errors = validateProbe(probe, at);
  if (probe === undefined || probe.successThreshold === 1) return errors;
  return [...errors, invalid(at.child("successThreshold"), probe.successThreshold ?? 0, "must be 1")];
}

const counts = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] as const;

function validateProbe(probe: Probe | undefined, at: Path): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, undefined, at);
  for (const field of counts) errors.push(...nonNegative(probe[field], at.child(field)));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) errors.push(invalid(at.child("terminationGracePeriodSeconds"), grace, "must be greater than 0"));
  return errors;
}

export function validateLifecycle(lifecycle: Lifecycle, gracePeriod: number | undefined, at: Path): FieldError[] {
  return (["postStart", "preStop"] as const).flatMap((moment) => {
    const handler = lifecycle[moment];
    return handler === undefined ? [] : validateHandler(handler, gracePeriod, at.child(moment));
  });
}

const handlerKinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

function validateHandler(handler: ProbeHandler & LifecycleHandler, gracePeriod: number | undefined, at: Path): FieldError[] {
  const kinds = handlerKinds.filter((kind) => handler[kind] !== undefined);
  if (kinds.length === 0) return [required(at, "must specify a handler type")];
  const extra = kinds.slice(1).map((kind) => forbidden(at.child(kind), "may not specify more than 1 handler type"));
  return [...validateFirst(handler, kinds[0], gracePeriod, at), ...extra];
}

function validateFirst(
  { exec, httpGet, tcpSocket, grpc, sleep }: ProbeHandler & LifecycleHandler,
  kind: (typeof handlerKinds)[number] | undefined,
  gracePeriod: number | undefined,
  at: Path,
): FieldError[] {
  if (kind === "exec") return (exec?.command ?? []).length === 0 ? [required(at.child("exec", "command"))] : [];
  if (httpGet !== undefined && kind === "httpGet") return validateHttpGet(httpGet, at.child("httpGet"));
  if (tcpSocket !== undefined && kind === "tcpSocket") return portNumberOrName(tcpSocket.port, at.child("tcpSocket", "port"));
  if (grpc !== undefined && kind === "grpc") return portNumber(grpc.port, at.child("grpc", "port"));
  return sleep === undefined ? [] : validateSleep(sleep, gracePeriod, at.child("sleep"));
}

function validateHttpGet(action: HTTPGetAction, at: Path): FieldError[] {
  const errors = action.path ? [] : [required(at.child("path"))];
  errors.push(...portNumberOrName(action.port, at.child("port")));
  errors.push(...oneOf(action.scheme, ["HTTP", "HTTPS"], at.child("scheme")));
  const headers = action.httpHeaders ?? [];
  return [...errors, ...headers.flatMap(({ name }) => problemsAt(at.child("httpHeaders"), name, headerNameProblems(name)))];
}

function validateSleep({ seconds }: SleepAction, gracePeriod: number | undefined, at: Path): FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
  return [invalid(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)];
}
