/** What `cox up`, the control plane and the agent tell each other over IPC channels, and what the control plane leaves in run/ for other commands. */

/** Control plane to `cox up` while it starts. */
export type StartMessage =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "ready"; readonly notes: readonly string[] }
  | { readonly type: "failed"; readonly message: string };

export interface AgentNodePlan {
  readonly name: string;
  /** From 1. */
  readonly index: number;
}

/** Control plane to agent, first thing. */
export interface AgentOrders {
  readonly type: "start";
  readonly clusterName: string;
  readonly nodes: readonly AgentNodePlan[];
  readonly apiSocket: string;
  readonly agentSocket: string;
  readonly token: string;
  /** The cluster's state folder. */
  readonly folder: string;
  /** The folder of the built programs. */
  readonly programs: string;
  readonly catalogue: boolean;
  readonly asRoot: boolean;
  /** The path of a CRI socket; empty: the embedded runtime. */
  readonly criSocket: string;
  readonly version: string;
  /** $COX_HOME: images are there. */
  readonly home: string;
  /** In whose name the agent notes which images run. */
  readonly imageOwner: string;
}

/** Agent to control plane. */
export type AgentReport =
  | { readonly type: "ready"; readonly runtime: string; readonly dataPlane: string; readonly notes: readonly string[] }
  | { readonly type: "failed"; readonly message: string }
  /** A LoadBalancer port that stands elsewhere than asked for; `port` 0: nowhere. */
  | { readonly type: "listener"; readonly address: string; readonly wantedPort: number; readonly port: number };

/** run/facts.json */
export interface ClusterFacts {
  /** A process in the agent's namespaces, as the machine numbers it. */
  readonly agentPid?: number | undefined;
  readonly runtime: string;
  readonly dataPlane: string;
  readonly notes: readonly string[];
}
