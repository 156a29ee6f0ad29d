/** The calls of CRI v1's RuntimeService that run commands, open streams, count and tell. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto */
import { type Message, message } from "../codec.ts";
import type { Method } from "../grpc.ts";

function method<Q extends object, A extends object>(name: string, request: Message<Q>, response: Message<A>): Method<Q, A> {
  return { path: `/runtime.v1.RuntimeService/${name}`, request, response };
}

interface ExecSync {
  readonly container_id: string;
  readonly cmd: readonly string[];
  /** Seconds; 0: none. */
  readonly timeout: number;
}
interface ExecSyncAnswer {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exit_code: number;
}
export const execSync: Method<ExecSync, ExecSyncAnswer> = method(
  "ExecSync",
  message<ExecSync>({ container_id: [1, "text"], cmd: [2, "text", "repeated"], timeout: [3, "int"] }),
  message<ExecSyncAnswer>({ stdout: [1, "bytes"], stderr: [2, "bytes"], exit_code: [3, "int"] }),
);

/** Where to go on: an address of the runtime's streaming server. */
interface Url {
  readonly url: string;
}
const url: Message<Url> = message<Url>({ url: [1, "text"] });

interface Exec {
  readonly container_id: string;
  readonly cmd: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}
export const exec: Method<Exec, Url> = method(
  "Exec",
  message<Exec>({
    container_id: [1, "text"],
    cmd: [2, "text", "repeated"],
    tty: [3, "bool"],
    stdin: [4, "bool"],
    stdout: [5, "bool"],
    stderr: [6, "bool"],
  }),
  url,
);

type Attach = Omit<Exec, "cmd">;
export const attach: Method<Attach, Url> = method(
  "Attach",
  message<Attach>({ container_id: [1, "text"], stdin: [2, "bool"], tty: [3, "bool"], stdout: [4, "bool"], stderr: [5, "bool"] }),
  url,
);

interface PortForward {
  readonly pod_sandbox_id: string;
  readonly port: readonly number[];
}
export const portForward: Method<PortForward, Url> = method(
  "PortForward",
  message<PortForward>({ pod_sandbox_id: [1, "text"], port: [2, "int", "repeated"] }),
  url,
);

interface Count {
  readonly value: number;
}
const count: Message<Count> = message<Count>({ value: [1, "int"] });
interface Attributes {
  readonly id: string;
}
interface Cpu {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly usage_core_nano_seconds: Count | undefined;
}
interface Memory {
  readonly working_set_bytes: Count | undefined;
  readonly usage_bytes: Count | undefined;
  readonly rss_bytes: Count | undefined;
}
interface Layer {
  readonly used_bytes: Count | undefined;
}
interface Stats {
  readonly writable_layer: Layer | undefined;
  readonly attributes: Attributes | undefined;
  readonly cpu: Cpu | undefined;
  readonly memory: Memory | undefined;
}
const stats: Message<Stats> = message<Stats>({
  attributes: [1, message<Attributes>({ id: [1, "text"] })],
  cpu: [2, message<Cpu>({ timestamp: [1, "int"], usage_core_nano_seconds: [2, count] })],
  memory: [3, message<Memory>({ working_set_bytes: [2, count], usage_bytes: [4, count], rss_bytes: [5, count] })],
  writable_layer: [4, message<Layer>({ used_bytes: [3, count] })],
});
interface OneContainer {
  readonly container_id: string;
}
interface OneStats {
  readonly stats: Stats | undefined;
}
export const containerStats: Method<OneContainer, OneStats> = method(
  "ContainerStats",
  message<OneContainer>({ container_id: [1, "text"] }),
  message<OneStats>({ stats: [1, stats] }),
);
interface StatsFilter {
  readonly label_selector: Readonly<Record<string, string>>;
}
interface StatsQuery {
  readonly filter: StatsFilter | undefined;
}
interface StatsList {
  readonly stats: readonly Stats[];
}
export const listContainerStats: Method<StatsQuery, StatsList> = method(
  "ListContainerStats",
  message<StatsQuery>({ filter: [1, message<StatsFilter>({ label_selector: [3, "texts"] })] }),
  message<StatsList>({ stats: [1, stats, "repeated"] }),
);

interface ContainerEvent {
  readonly container_id: string;
  readonly container_event_type: number;
}
export const getContainerEvents: Method<object, ContainerEvent> = method(
  "GetContainerEvents",
  message<object>({}),
  message<ContainerEvent>({ container_id: [1, "text"], container_event_type: [2, "int"] }),
);
