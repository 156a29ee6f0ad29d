/** The requests that begin exec and attach. Upstream: PodExecOptions and PodAttachOptions of core/v1 */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { Call } from "../api.ts";
import { podKind } from "../pods/workloadPods.ts";
import { pathOf } from "../resources/requests.ts";

interface StreamsWish {
  readonly container: string;
  readonly stdin: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export function execCall(pod: Pod, wish: StreamsWish & { readonly command: readonly string[] }): Call {
  return streamCall(pod, "exec", { ...wish, command: wish.command });
}

export function attachCall(pod: Pod, wish: StreamsWish): Call {
  return streamCall(pod, "attach", wish);
}

function streamCall({ metadata }: Pod, subresource: string, wish: StreamsWish & { readonly command?: readonly string[] }): Call {
  const { container, command, stdin, stderr, tty } = wish;
  return {
    path: pathOf(podKind, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" }, subresource),
    query: { container, command, stdin: given(stdin), stdout: true, stderr: given(stderr), tty: given(tty) },
  };
}

/** False is left out of a query. */
function given(value: boolean): true | undefined {
  return value || undefined;
}
