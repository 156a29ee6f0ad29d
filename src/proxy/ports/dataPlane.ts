/**
 * Service tables as data, and the port that makes them true. `tables.ts` computes them out of Services and EndpointSlices (pure);
 * adapters: nftables, userspace, simulated.
 */
export interface Backend {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string;
  readonly podName: string;
}

/** One port of a Service. */
export interface ServiceRule {
  /** `namespace/name:portName`: stable identity. */
  readonly id: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** Empty for headless Services, which have no rule. */
  readonly clusterIP: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  /** Reachable from the machine itself (LoadBalancer). */
  readonly loadBalancerIPs: readonly string[];
  /** Seconds for sessionAffinity ClientIP; 0: none. */
  readonly affinitySeconds: number;
  readonly internalPolicy: "Cluster" | "Local";
  readonly externalPolicy: "Cluster" | "Local";
  /** Ready ones, or, where none is, serving terminating ones. Sorted by ip. Empty: new connections are refused. */
  readonly backends: readonly Backend[];
  /**
   * Set where nodes learn of changes late (propagation profiles): what each node's rules hold at the moment, by node name. A connection from a pod of
   * that node, or one that came in through that node, goes by its view. Absent: all go by `backends`.
   */
  readonly views?: Readonly<Record<string, readonly Backend[]>> | undefined;
}

/** Carries what comes to Services' addresses to their backends. Disposing of it takes its rules away. */
export interface DataPlane extends AsyncDisposable {
  readonly name: "nftables" | "userspace" | "simulated";
  /** Makes exactly these rules true. Atomic: a connection sees the old set or the new one, never a mix. Resolves when it is in force. */
  apply(rules: readonly ServiceRule[]): Promise<void>;
}
