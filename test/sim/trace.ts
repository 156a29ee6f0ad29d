/** A line for each change of the store, to see what led to a broken rule: `TRACE=1 SEED=n npx vitest run --project sim`. */
import type { Change } from "../../src/store/store.ts";

export function describeChange(change: Change, nowMs: number): string {
  const object = change.value === undefined ? undefined : (JSON.parse(new TextDecoder().decode(change.value)) as Traced);
  const what = change.key.replace("/registry/", "");
  const time = new Date(nowMs).toISOString().slice(14, 23);
  if (object === undefined) return `${time} ${change.revision} ${what} deleted`;
  const { generation, deletionTimestamp, annotations = {} } = object.metadata;
  const { conditions = [], ...status } = object.status ?? {};
  const parts = {
    generation,
    replicas: object.spec?.replicas,
    node: object.spec?.nodeName,
    going: deletionTimestamp,
    revision: annotations["deployment.kubernetes.io/revision"],
    desired: annotations["deployment.kubernetes.io/desired-replicas"],
    status: status.phase ?? (object.spec?.replicas === undefined ? undefined : status),
    conditions: conditions.map((condition) => `${condition.type}=${condition.status}${condition.reason ?? ""}`).join(),
  };
  return `${time} ${change.revision} ${what} ${JSON.stringify(parts)}`;
}

interface Traced {
  readonly metadata: { generation?: number; deletionTimestamp?: string; annotations?: Record<string, string> };
  readonly spec?: { replicas?: number; nodeName?: string };
  readonly status?: { phase?: string; conditions?: { type: string; status: string; reason?: string }[] };
}
