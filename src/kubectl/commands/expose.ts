/** `kubectl expose`. Upstream: kubectl/pkg/cmd/expose/expose.go */
import { verb, type Verb } from "../command.ts";
import { text } from "../flags.ts";
import { exposedService, refuseUnexposable } from "../generators/exposedService.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import { dryRunFlag, dryRunOf, fieldManagerFlag, overrideFlags, printFlags, recordFlag, saveConfigFlag } from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { overridden } from "../writing/overrides.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { typed } from "../writing/typed.ts";
import type { MappedInfo } from "../writing/waiting.ts";

export const expose: Verb = verb({
  name: "expose",
  flags: {
    ...printFlags,
    ...recordFlag,
    ...filenameFlags,
    ...dryRunFlag,
    ...saveConfigFlag,
    ...overrideFlags,
    ...fieldManagerFlag("kubectl-expose"),
    "cluster-ip": text(),
    "external-ip": text(),
    labels: text({ short: "l" }),
    "load-balancer-ip": text(),
    name: text(),
    port: text(),
    protocol: text(),
    selector: text(),
    "session-affinity": text(),
    "target-port": text(),
    type: text(),
  },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const namespace = await session.namespace();
    const selection = await select(session, {
      ...eachObject(flags, namespace),
      args: call.args,
    });
    const record = recorder(call);
    await selection.visit(async (info) => {
      const { group, kind } = (info as typeof info & MappedInfo).mapping;
      refuseUnexposable(group === "" ? kind : `${kind}.${group}`);
      const made = exposedService(info.object, {
        name: flags.name,
        port: flags.port,
        protocol: flags.protocol,
        targetPort: flags["target-port"],
        type: flags.type,
        selector: flags.selector,
        labels: flags.labels,
        externalIp: flags["external-ip"],
        loadBalancerIp: flags["load-balancer-ip"],
        sessionAffinity: flags["session-affinity"],
        clusterIp: flags["cluster-ip"],
      });
      const service = record(overridden(typed(made), flags));
      if (dryRun === "client") {
        if (namespace.explicit) service.metadata = { ...service.metadata, name: service.metadata?.name ?? "", namespace: namespace.name };
        print(service, "exposed");
        return;
      }
      const mapping = (await session.mapper()).forKind("", "Service", "v1");
      const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
      const sent = remembered(service, flags["save-config"], "typed");
      print(await new Requests(await session.api()).create(mapping, namespace.name, sent, options), "exposed");
    });
  },
});
