/** The revisions of a Deployment, which its ReplicaSets are. Upstream: kubectl/pkg/util/deployment/deployment.go */
import { controllerOf } from "../../machinery/owners.ts";
import { selectorOf } from "../../machinery/selectors.ts";
import type { Deployment } from "../../schema/shapes/apps.v1.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { Requests } from "../resources/requests.ts";
import type { Session } from "../session.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";

export async function deploymentNamed(session: Session, namespace: string, name: string): Promise<Unstructured> {
  const mapping = (await session.mapper()).forKind("apps", "Deployment", "v1");
  return new Requests(await session.api()).get(mapping, { namespace, name });
}

/** By revision; ReplicaSets without one are left out. */
export async function revisionsOf(session: Session, deployment: Unstructured): Promise<Map<number, Unstructured>> {
  const { spec, metadata } = deployment as unknown as Deployment;
  const mapping = (await session.mapper()).forKind("apps", "ReplicaSet", "v1");
  const labelSelector = selectorOf(spec?.selector).toString();
  const list = await new Requests(await session.api()).list(mapping, metadata?.namespace ?? "", { labelSelector });
  const revisions = new Map<number, Unstructured>();
  for (const item of list.items) {
    if (controllerOf(item)?.uid !== metadata?.uid) continue;
    const text = item.metadata?.annotations?.[revisionAnnotation];
    if (text === undefined || !/^[+-]?\d+$/.test(text)) continue;
    revisions.set(Number(text), { ...item, apiVersion: "apps/v1", kind: "ReplicaSet" });
  }
  return revisions;
}
