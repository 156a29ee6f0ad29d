/** What this server checks about itself. */
import type { Store } from "../../store/store.ts";
import type { HealthCheck } from "./health.ts";

export function healthChecks(store: Store, isLoaded: () => boolean): readonly HealthCheck[] {
  return [
    { name: "ping", problem: () => undefined },
    { name: "etcd", problem: () => storeProblem(store) },
    { name: "informer-sync", readyOnly: true, problem: () => (isLoaded() ? undefined : "caches are not loaded yet") },
  ];
}

async function storeProblem(store: Store): Promise<string | undefined> {
  try {
    await store.revision();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
