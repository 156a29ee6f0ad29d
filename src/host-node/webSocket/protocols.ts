/**
 * The sub-protocols that a WebSocket to the API server may speak, and the choice among them: the first that the client names and the server
 * knows; a client that names none gets the unnamed one.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream, staging/src/k8s.io/apimachinery/pkg/util/remotecommand,
 * staging/src/k8s.io/apiserver/pkg/authentication/request/websocket
 */

/** How the channels of exec, attach and port-forward lie in messages. */
export interface ChannelProtocol {
  /** A message is a digit and base64 text; otherwise a byte and bytes. */
  readonly base64: boolean;
  /** A message `ff N` is the half-close of channel N. */
  readonly halfClose: boolean;
  /** An error ends a command as its text; otherwise as a Status, and so does its exit code. */
  readonly plainErrors: boolean;
}

const v4: ChannelProtocol = { base64: false, halfClose: false, plainErrors: false };
const unversioned: ChannelProtocol = { base64: false, halfClose: false, plainErrors: true };

const channelProtocols: Readonly<Record<string, ChannelProtocol>> = {
  "v5.channel.k8s.io": { ...v4, halfClose: true },
  "v4.channel.k8s.io": v4,
  "v4.base64.channel.k8s.io": { ...v4, base64: true },
  "channel.k8s.io": unversioned,
  "base64.channel.k8s.io": { ...unversioned, base64: true },
};

export function channelProtocol(name: string): ChannelProtocol {
  return channelProtocols[name] ?? unversioned;
}

export const commandProtocols: readonly string[] = [...Object.keys(channelProtocols), ""];
export const forwardProtocols: readonly string[] = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""];
/** Of a log. A watch takes any. */
export const base64Messages = "base64.binary.k8s.io";
export const logProtocols: readonly string[] = ["binary.k8s.io", base64Messages, ""];

/** Of those that the client names; undefined where the server speaks none. */
export function agreedProtocol(offered: readonly string[], spoken: readonly string[]): string | undefined {
  return (offered.length === 0 ? [""] : offered).find((name) => spoken.includes(name));
}

const bearerPrefix = "base64url.bearer.authorization.k8s.io.";

/** A browser can't set headers: it names its token among the protocols, and another one beside it. */
export function bearerAmong(offered: readonly string[]): { readonly token: string | undefined; readonly others: readonly string[] } {
  const tokens = offered.filter((name) => name.startsWith(bearerPrefix));
  const others = offered.filter((name) => !name.startsWith(bearerPrefix));
  const [only] = tokens;
  if (only === undefined || tokens.length > 1 || others.length === 0) return { token: undefined, others };
  return { token: Buffer.from(only.slice(bearerPrefix.length), "base64url").toString(), others };
}
