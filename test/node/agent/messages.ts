/** What border.test.ts and its agent say to each other, beside the border's own messages. */
import type { ServiceListener } from "../../../src/host-node/border/balancer.ts";
import type { ServiceRule } from "../../../src/proxy/ports/dataPlane.ts";

export type FromFixture =
  | { readonly type: "ready" }
  | { readonly type: "applied" }
  | { readonly type: "fetched"; readonly text: string }
  | { readonly type: "listener"; readonly listener: ServiceListener };

export type ToFixture =
  | { readonly type: "rules"; readonly rules: readonly ServiceRule[]; readonly versions: readonly string[] }
  | { readonly type: "fetch"; readonly url: string };
