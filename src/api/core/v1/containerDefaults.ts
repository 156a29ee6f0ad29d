/**
 * What a container, init container or ephemeral container gets where its author said nothing.
 * Upstream: pkg/apis/core/v1/{defaults,zz_generated.defaults}.go
 */
import type { Container, EnvVar, HTTPGetAction, Lifecycle, Probe, ResourceFieldSelector } from "../../../schema/shapes/core.v1.ts";
import { defaultPullPolicy } from "./imageTag.ts";

/** Fits ephemeral containers too: they have all of a container's fields. */
export function setContainerDefaults(container: Container): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const variable of container.env ?? []) setEnvDefaults(variable);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) setProbeDefaults(probe);
  }
  if (container.lifecycle !== undefined) setLifecycleDefaults(container.lifecycle);
}

/** Where only a limit is given, as much is asked for. Pods only: templates keep what their author wrote. */
export function setRequestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (container.resources === undefined || limits === undefined) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet !== undefined) setHttpGetDefaults(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

function setLifecycleDefaults(lifecycle: Lifecycle): void {
  for (const handler of [lifecycle.postStart, lifecycle.preStop]) {
    if (handler?.httpGet !== undefined) setHttpGetDefaults(handler.httpGet);
  }
}

function setHttpGetDefaults(action: HTTPGetAction): void {
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

function setEnvDefaults(variable: EnvVar): void {
  const from = variable.valueFrom;
  if (from?.fieldRef !== undefined) from.fieldRef.apiVersion ||= "v1";
  if (from?.fileKeyRef !== undefined) from.fileKeyRef.optional ??= false;
  setDivisorDefault(from?.resourceFieldRef);
}

/** A quantity that is not given is written as zero. */
export function setDivisorDefault(field: ResourceFieldSelector | undefined): void {
  if (field !== undefined) field.divisor ||= "0";
}
