/** `kubectl create service ...`, `kubectl create ingress`. Upstream: kubectl/pkg/cmd/create/create_{service,ingress}.go */
import { type Call, verb, type Verb, verbGroup } from "../command.ts";
import { array, type Flag, int, list, text } from "../flags.ts";
import { ingressOf } from "../generators/ingress.ts";
import { serviceOf, type ServiceType } from "../generators/service.ts";
import { requireFlags } from "../writing/flags.ts";
import { createGenerated, generatorFlags } from "./createGenerated.ts";

const serviceFlags = { ...generatorFlags, tcp: list() };

interface Extras {
  readonly clusterIP?: string;
  readonly nodePort?: number;
  readonly externalName?: string;
}

async function createService(call: Call<typeof serviceFlags>, type: ServiceType, extras: Extras = {}): Promise<void> {
  const { clusterIP = "", nodePort = 0, externalName = "" } = extras;
  await createGenerated(call, {
    failure: `failed to create ${type} service:`,
    make: (name) => serviceOf({ name, type, tcp: call.flags.tcp, clusterIP, nodePort, externalName }),
  });
}

const clusterIp: Verb = verb({
  name: "clusterip",
  flags: { ...serviceFlags, clusterip: text() },
  run: (call) => createService(call as unknown as Call<typeof serviceFlags>, "ClusterIP", { clusterIP: call.flags.clusterip }),
});

const nodePort: Verb = verb({
  name: "nodeport",
  flags: { ...serviceFlags, "node-port": int() },
  run: (call) => createService(call as unknown as Call<typeof serviceFlags>, "NodePort", { nodePort: call.flags["node-port"] }),
});

const loadBalancer: Verb = verb({ name: "loadbalancer", flags: serviceFlags, run: (call) => createService(call, "LoadBalancer") });

const externalNameFlags: typeof serviceFlags & { readonly "external-name": Flag<string> } = { ...serviceFlags, "external-name": text() };
const externalName: Verb = verb({
  name: "externalname",
  flags: externalNameFlags,
  async run(call) {
    requireFlags(call, "external-name");
    await createService(call as unknown as Call<typeof serviceFlags>, "ExternalName", { externalName: call.flags["external-name"] });
  },
});

export const createServiceGroup: Verb = verbGroup("service", [clusterIp, nodePort, loadBalancer, externalName], {
  aliases: ["svc"],
  helpOnStderr: true,
});

export const createIngress: Verb = verb({
  name: "ingress",
  aliases: ["ing"],
  flags: { ...generatorFlags, annotation: array(), class: text(), "default-backend": text(), rule: array() },
  async run(call) {
    const { annotation: annotations, class: className, "default-backend": defaultBackend, rule: rules } = call.flags;
    await createGenerated(call, {
      failure: "failed to create ingress:",
      make: (name) => ingressOf({ name, annotations, className, defaultBackend, rules }),
    });
  },
});
