/**
 * ServiceAccount tokens for projected volumes, renewed when four fifths of their life are over or after a day.
 * Upstream: pkg/kubelet/token/token_manager.go
 */
import { serviceAccount } from "../../api/core/v1/serviceAccount.ts";
import type { Client } from "../../client/client.ts";
import { timeMs } from "../../machinery/time.ts";
import type { TokenRequest } from "../../schema/shapes/authentication.v1.ts";
import type { Pod, ServiceAccountTokenProjection } from "../../schema/shapes/core.v1.ts";
import type { Clock } from "../../base/clock.ts";

const defaultExpirationSeconds = 3600;
const maxAgeMs = 24 * 3600 * 1000;
const freshShare = 0.8;

interface Known {
  readonly token: string;
  readonly renewAtMs: number;
}

/** The tokens of one pod. */
export class PodTokens {
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly known = new Map<string, Known>();

  constructor(client: Client, clock: Clock) {
    this.client = client;
    this.clock = clock;
  }

  /** When the first of them wants renewal; undefined without any. */
  get renewAtMs(): number | undefined {
    return this.known.size === 0 ? undefined : Math.min(...[...this.known.values()].map((one) => one.renewAtMs));
  }

  async token(pod: Pod, projection: ServiceAccountTokenProjection): Promise<string> {
    const expirationSeconds = projection.expirationSeconds ?? defaultExpirationSeconds;
    const id = `${projection.audience ?? ""} ${expirationSeconds}`;
    const known = this.known.get(id);
    if (known !== undefined && this.clock.now() < known.renewAtMs) return known.token;
    const requestedAtMs = this.clock.now();
    const answer = await this.request(pod, projection.audience, expirationSeconds);
    const token = answer.status?.token ?? "";
    const lifeMs = (timeMs(answer.status?.expirationTimestamp) ?? requestedAtMs + expirationSeconds * 1000) - requestedAtMs;
    this.known.set(id, { token, renewAtMs: requestedAtMs + Math.min(maxAgeMs, lifeMs * freshShare) });
    return token;
  }

  private async request(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<TokenRequest> {
    const { name, namespace = "", uid } = pod.metadata;
    const body: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: "" },
      spec: {
        audiences: audience === undefined || audience === "" ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const account = pod.spec.serviceAccountName ?? "default";
    return (await this.client.createSub(serviceAccount, { namespace, name: account }, "token", body)) as TokenRequest;
  }
}
