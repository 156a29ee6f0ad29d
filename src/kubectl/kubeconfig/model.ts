/** A kubeconfig's parts by the names that the file has for them. Upstream: client-go/tools/clientcmd/api/v1/types.go */

export interface KubeCluster {
  server?: string | undefined;
  "tls-server-name"?: string | undefined;
  "insecure-skip-tls-verify"?: boolean | undefined;
  "certificate-authority"?: string | undefined;
  /** Base64. */
  "certificate-authority-data"?: string | undefined;
  "proxy-url"?: string | undefined;
  "disable-compression"?: boolean | undefined;
  extensions?: NamedExtension[] | undefined;
}

export interface KubeUser {
  "client-certificate"?: string | undefined;
  "client-certificate-data"?: string | undefined;
  "client-key"?: string | undefined;
  "client-key-data"?: string | undefined;
  token?: string | undefined;
  tokenFile?: string | undefined;
  as?: string | undefined;
  "as-uid"?: string | undefined;
  "as-groups"?: string[] | undefined;
  "as-user-extra"?: Record<string, string[]> | undefined;
  username?: string | undefined;
  password?: string | undefined;
  "auth-provider"?: { name: string; config?: Record<string, string> | undefined } | undefined;
  exec?: ExecPlugin | undefined;
  extensions?: NamedExtension[] | undefined;
}

export interface ExecPlugin {
  command: string;
  args?: string[] | null | undefined;
  env?: { name: string; value: string }[] | null | undefined;
  apiVersion?: string | undefined;
  installHint?: string | undefined;
  provideClusterInfo?: boolean | undefined;
  interactiveMode?: string | undefined;
}

export interface KubeContext {
  cluster?: string | undefined;
  user?: string | undefined;
  namespace?: string | undefined;
  extensions?: NamedExtension[] | undefined;
}

export interface NamedExtension {
  name: string;
  extension: unknown;
}

/** An entry and the file that it came from; an empty path for one made here. */
export interface Placed<T> {
  value: T;
  origin: string;
}

export interface Kubeconfig {
  clusters: Map<string, Placed<KubeCluster>>;
  users: Map<string, Placed<KubeUser>>;
  contexts: Map<string, Placed<KubeContext>>;
  currentContext: string;
  preferences: { colors?: boolean; extensions?: NamedExtension[] };
  extensions: NamedExtension[];
}

export function emptyKubeconfig(): Kubeconfig {
  return { clusters: new Map(), users: new Map(), contexts: new Map(), currentContext: "", preferences: {}, extensions: [] };
}

/** The fields that hold paths. */
export const clusterPaths = ["certificate-authority"] as const;
export const userPaths = ["client-certificate", "client-key", "tokenFile"] as const;
