// @ts-check
/** The architecture, as data. Everything that enforces layering reads this table. */
/** @typedef {{ env: "neutral" | "node" | "browser", uses: string[], ports?: string[] }} Layer `ports`: layers of which only the `ports/` folder may be used */
/** @type {Record<string, Layer>} */
export const layers = {
  base: { env: "neutral", uses: [] },
  schema: { env: "neutral", uses: ["base"] },
  machinery: { env: "neutral", uses: ["base", "schema"] },
  api: { env: "neutral", uses: ["base", "schema", "machinery"] },
  store: { env: "neutral", uses: ["base"] },
  client: { env: "neutral", uses: ["base", "schema", "machinery", "api"] },
  apiserver: { env: "neutral", uses: ["base", "schema", "machinery", "api", "store"] },
  controllers: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  scheduler: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  kubelet: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  proxy: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  dns: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  kubectl: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  rehearsal: { env: "neutral", uses: ["base", "schema", "machinery", "api", "client"] },
  host: { env: "neutral", uses: ["base"] },
  cluster: {
    env: "neutral",
    uses: [
      "base",
      "schema",
      "machinery",
      "api",
      "store",
      "client",
      "apiserver",
      "controllers",
      "scheduler",
      "kubelet",
      "proxy",
      "dns",
      "host",
    ],
  },
  testing: {
    env: "neutral",
    uses: [
      "base",
      "schema",
      "machinery",
      "api",
      "store",
      "client",
      "apiserver",
      "controllers",
      "scheduler",
      "kubelet",
      "proxy",
      "dns",
      "host",
      "cluster",
    ],
  },
  "host-node": { env: "node", uses: ["base", "machinery", "store", "host"], ports: ["apiserver", "kubelet", "proxy", "rehearsal"] },
  /** Stand-ins for the lab's images: programs that run inside containers. */
  catalogue: { env: "node", uses: ["base"], ports: ["rehearsal"] },
  /** The long-running programs: control plane and node agent, wired for Node; and a cluster's state folder. */
  daemon: {
    env: "node",
    uses: ["base", "schema", "machinery", "api", "client", "store", "apiserver", "kubelet", "proxy", "dns", "host", "cluster", "host-node"],
  },
  /** The `cox` command's own verbs (up, down, lab, ...). */
  cli: {
    env: "node",
    uses: ["base", "schema", "machinery", "api", "client", "host", "cluster", "kubectl", "rehearsal", "host-node", "daemon", "proxy"],
  },
  bin: { env: "node", uses: ["base", "kubectl", "daemon", "cli", "catalogue"] },
};
