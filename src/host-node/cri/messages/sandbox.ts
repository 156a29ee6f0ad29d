/** CRI v1's messages about pod sandboxes, as facts: names and numbers of the fields that are used. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto */
import { type Message, message } from "../codec.ts";

export interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}
const metadata: Message<Metadata> = message<Metadata>({
  name: [1, "text"],
  uid: [2, "text"],
  namespace: [3, "text"],
  attempt: [4, "int"],
});

/** How a namespace is shared. */
export const namespaceModes = { pod: 0, container: 1, node: 2, target: 3 } as const;

interface NamespaceOption {
  readonly network: number;
  readonly pid: number;
  readonly ipc: number;
  readonly target_id: string;
}
export const namespaceOption: Message<NamespaceOption> = message<NamespaceOption>({
  network: [1, "int"],
  pid: [2, "int"],
  ipc: [3, "int"],
  target_id: [4, "text"],
});

interface Int64Value {
  readonly value: number;
}
export const int64Value: Message<Int64Value> = message<Int64Value>({ value: [1, "int"] });

export const seccompTypes = { runtimeDefault: 0, unconfined: 1, localhost: 2 } as const;
interface SecurityProfile {
  readonly profile_type: number;
  readonly localhost_ref: string;
}
export const securityProfile: Message<SecurityProfile> = message<SecurityProfile>({ profile_type: [1, "int"], localhost_ref: [2, "text"] });

interface SandboxSecurity {
  readonly namespace_options: NamespaceOption | undefined;
  readonly run_as_user: Int64Value | undefined;
  readonly run_as_group: Int64Value | undefined;
  readonly supplemental_groups: readonly number[];
  readonly privileged: boolean;
  readonly seccomp: SecurityProfile | undefined;
}
const sandboxSecurity: Message<SandboxSecurity> = message<SandboxSecurity>({
  namespace_options: [1, namespaceOption],
  run_as_user: [3, int64Value],
  supplemental_groups: [5, "int", "repeated"],
  privileged: [6, "bool"],
  run_as_group: [8, int64Value],
  seccomp: [9, securityProfile],
});

interface LinuxSandbox {
  readonly cgroup_parent: string;
  readonly security_context: SandboxSecurity | undefined;
  readonly sysctls: Readonly<Record<string, string>>;
}
const linuxSandbox: Message<LinuxSandbox> = message<LinuxSandbox>({
  cgroup_parent: [1, "text"],
  security_context: [2, sandboxSecurity],
  sysctls: [3, "texts"],
});

interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}
const dnsConfig: Message<DnsConfig> = message<DnsConfig>({
  servers: [1, "text", "repeated"],
  searches: [2, "text", "repeated"],
  options: [3, "text", "repeated"],
});

export const protocols: Readonly<Record<string, number>> = { TCP: 0, UDP: 1, SCTP: 2 };
interface PortMapping {
  readonly protocol: number;
  readonly container_port: number;
  readonly host_port: number;
}
const portMapping: Message<PortMapping> = message<PortMapping>({
  protocol: [1, "int"],
  container_port: [2, "int"],
  host_port: [3, "int"],
});

export interface SandboxConfig {
  readonly metadata: Metadata | undefined;
  readonly hostname: string;
  readonly log_directory: string;
  readonly dns_config: DnsConfig | undefined;
  readonly port_mappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: LinuxSandbox | undefined;
}
export const sandboxConfig: Message<SandboxConfig> = message<SandboxConfig>({
  metadata: [1, metadata],
  hostname: [2, "text"],
  log_directory: [3, "text"],
  dns_config: [4, dnsConfig],
  port_mappings: [5, portMapping, "repeated"],
  labels: [6, "texts"],
  annotations: [7, "texts"],
  linux: [8, linuxSandbox],
});

export const sandboxStates = { ready: 0, notReady: 1 } as const;

export interface Sandbox {
  readonly id: string;
  readonly metadata: Metadata | undefined;
  readonly state: number;
  /** Nanoseconds. */
  readonly created_at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
export const sandbox: Message<Sandbox> = message<Sandbox>({
  id: [1, "text"],
  metadata: [2, metadata],
  state: [3, "int"],
  created_at: [4, "int"],
  labels: [5, "texts"],
  annotations: [6, "texts"],
});

interface SandboxNetwork {
  readonly ip: string;
}
export interface SandboxStatus extends Sandbox {
  readonly network: SandboxNetwork | undefined;
}
export const sandboxStatus: Message<SandboxStatus> = message<SandboxStatus>({
  id: [1, "text"],
  metadata: [2, metadata],
  state: [3, "int"],
  created_at: [4, "int"],
  network: [5, message<SandboxNetwork>({ ip: [1, "text"] })],
  labels: [7, "texts"],
  annotations: [8, "texts"],
});
