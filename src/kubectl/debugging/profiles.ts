/**
 * The profiles of debug: what rights a debugging container gets, and what a copied pod keeps. Upstream: kubectl/pkg/cmd/debug/profiles.go
 */
import { assertNever } from "../../base/assert.ts";
import type { Container, Pod, SecurityContext } from "../../schema/shapes/core.v1.ts";
import { KubectlError } from "../errors.ts";

const profileNames = ["legacy", "general", "baseline", "restricted", "netadmin", "sysadmin"] as const;
export type Profile = (typeof profileNames)[number];
/** What is debugged: a pod from inside, a copy of it, or a node. */
export type DebugStyle = "ephemeral" | "copy" | "node";

export interface Keep {
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly liveness: boolean;
  readonly readiness: boolean;
  readonly startup: boolean;
  readonly initContainers: boolean;
}

export function profileNamed(name: string): Profile {
  const found = profileNames.find((one) => one === name);
  if (found === undefined) throw new KubectlError(`unknown profile: ${name}`);
  return found;
}

/** A container of the pod that is made; ephemeral ones too have all that is changed here. */
export type DebugContainer = Pick<Container, "name" | "securityContext" | "volumeMounts">;

export interface ProfileWish {
  readonly profile: Profile;
  readonly keep: Keep;
}

/** Changes the pod and its debugging container in place. */
export function applyProfile({ profile, keep }: ProfileWish, style: DebugStyle, pod: Pod, container: DebugContainer): void {
  setRights(profile, style, container);
  if (style === "node") {
    if (profile === "legacy" || profile === "general" || profile === "sysadmin") mountRoot(pod, container);
    if (profile !== "baseline" && profile !== "restricted") Object.assign(pod.spec, { hostNetwork: true, hostPID: true, hostIPC: true });
    return;
  }
  if (style !== "copy") return;
  if (profile === "legacy") {
    delete pod.metadata.labels;
    return;
  }
  strip(pod, keep);
  pod.spec.shareProcessNamespace ??= true;
}

function setRights(profile: Profile, style: DebugStyle, container: DebugContainer): void {
  switch (profile) {
    case "legacy":
      return;
    case "general":
      if (style === "node") delete container.securityContext;
      else addCapabilities(container, ["SYS_PTRACE"]);
      return;
    case "baseline":
      delete container.securityContext;
      return;
    case "restricted":
      container.securityContext = {
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "RuntimeDefault" },
      };
      return;
    case "netadmin":
      return addCapabilities(container, ["NET_ADMIN", "NET_RAW"]);
    case "sysadmin":
      container.securityContext = { ...container.securityContext, privileged: true };
      return;
    default:
      assertNever(profile);
  }
}

function addCapabilities(container: DebugContainer, names: readonly string[]): void {
  const context: SecurityContext = { ...container.securityContext };
  context.capabilities = { ...context.capabilities, add: [...(context.capabilities?.add ?? []), ...names] };
  container.securityContext = context;
}

function mountRoot({ spec }: Pod, container: DebugContainer): void {
  spec.volumes = [...(spec.volumes ?? []), { name: "host-root", hostPath: { path: "/" } }];
  container.volumeMounts = [...(container.volumeMounts ?? []), { mountPath: "/host", name: "host-root" }];
}

function strip(pod: Pod, keep: Keep): void {
  if (!keep.labels) delete pod.metadata.labels;
  if (!keep.annotations) delete pod.metadata.annotations;
  if (!keep.initContainers) delete pod.spec.initContainers;
  for (const container of pod.spec.containers) {
    if (!keep.liveness) delete container.livenessProbe;
    if (!keep.readiness) delete container.readinessProbe;
    if (!keep.startup) delete container.startupProbe;
  }
}
