/** A place where plans are made and performed: a real cluster here, virtual time in simulate.ts. */
import { Disposables } from "../../base/disposables.ts";
import { silentLog } from "../../base/log.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { wallClock } from "../../host-node/nodeHost.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { delayAt } from "../../proxy/propagation.ts";
import type { DeploymentPatch } from "../../rehearsal/fixes.ts";
import { type ManifestObject, RehearsalError } from "../../rehearsal/manifests.ts";
import type { Plan } from "../../rehearsal/plan.ts";
import { structOf } from "../../schema/structs.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import { clientImage, ClientPod } from "./clientPod.ts";
import { processLink, RemoteGenerator } from "./loadProcess.ts";
import { locate } from "./locate.ts";
import type { RehearseRequest } from "./options.ts";
import { type Planned, plansFor } from "./plans.ts";
import type { Site } from "./site.ts";
import { type Rehearsed, Stage } from "./stage.ts";

export interface Changes {
  /** By Deployment. */
  readonly patches?: ReadonlyMap<string, DeploymentPatch> | undefined;
  readonly careful?: boolean | undefined;
}

export interface Theatre {
  plans(changes: Changes): Planned;
  perform(plan: Plan, service: Service): Promise<Rehearsed>;
  say(text: string): void;
}

export function patched(objects: readonly ManifestObject[], patches: Changes["patches"]): ManifestObject[] {
  return objects.map((each) => {
    const patch = each.kind.kind === "Deployment" ? patches?.get(each.object.metadata.name) : undefined;
    if (patch === undefined) return each;
    const object = applyStrategicMergePatch(Object.fromEntries(Object.entries(each.object)), patch, structOf(each.kind.struct));
    return { ...each, object: object as unknown as ManifestObject["object"] };
  });
}

interface SiteTheatreOptions {
  readonly site: Site;
  readonly request: RehearseRequest;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export function siteTheatre({ site, request, say, signal }: SiteTheatreOptions): Theatre {
  const { ours, own } = site;
  const rehearsalNamespace = own ? undefined : (request.namespace ?? `rehearsal-${Date.now().toString(36)}`);
  return {
    say,
    plans: ({ patches, careful }) =>
      plansFor(request, {
        namespace: rehearsalNamespace,
        expose: ours !== undefined,
        adapt: (objects) => patched(objects, patches),
        careful,
      }),
    async perform(plan, service) {
      const stack = new Disposables();
      try {
        const informers = stack.add(createInformerFactory({ client: site.client, clock: wallClock, log: silentLog }));
        const namespace = service.metadata.namespace ?? "default";
        const load = stack.add(request.from === "outside" ? new RemoteGenerator(processLink()) : clientPod({ site, namespace, signal }));
        const stage = stack.add(
          new Stage({
            client: site.client,
            informers,
            clock: wallClock,
            load,
            request,
            namespace,
            own,
            signal,
            say,
            where: site.where,
            profile: ours === undefined ? "of this cluster" : request.propagation.name,
            profileP99Ms: ours === undefined ? 0 : delayAt(request.propagation.profile, 0.99),
            locate: (found) => locate(found, site, request),
            connections: ours === undefined ? undefined : () => ours.connections(),
          }),
        );
        return await stage.perform(plan, service);
      } finally {
        await stack[Symbol.asyncDispose]();
      }
    },
  };
}

/** Rejects with RateRefused when this machine can't make so many requests: better known before anything is started. */
export async function checkRate({ load }: RehearseRequest): Promise<void> {
  const process = new RemoteGenerator(processLink());
  try {
    await process.measure(load);
  } finally {
    process[Symbol.dispose]();
  }
}

function clientPod({ site, namespace, signal }: { site: Site; namespace: string; signal: AbortSignal }): ClientPod {
  if (site.ours === undefined) {
    throw new RehearsalError(`Requests from a pod need a cluster of cox, whose catalogue has the client's image (${clientImage}).`);
  }
  return new ClientPod({ client: site.client, clock: wallClock, namespace, exec: site.ours.exec, signal });
}
