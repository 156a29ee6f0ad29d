/** A kubeconfig as the file has it: lists in the order of their names, fields in the order of upstream's types. */
import type { KubeCluster, Kubeconfig, KubeContext, KubeUser, NamedExtension } from "./model.ts";

export interface WireKubeconfig {
  readonly kind: "Config";
  readonly apiVersion: "v1";
  readonly preferences?: object;
  readonly clusters: readonly object[] | null;
  readonly users: readonly object[] | null;
  readonly contexts: readonly object[] | null;
  readonly "current-context": string;
  readonly extensions?: readonly NamedExtension[] | undefined;
}

export function wireOf(config: Kubeconfig): WireKubeconfig {
  const preferences = withoutEmpty({ colors: config.preferences.colors, extensions: config.preferences.extensions });
  return {
    kind: "Config",
    apiVersion: "v1",
    ...(Object.keys(preferences).length === 0 ? {} : { preferences }),
    clusters: listOf(config.clusters, (value) => ({ cluster: wireCluster(value) })),
    users: listOf(config.users, (value) => ({ user: wireUser(value) })),
    contexts: listOf(config.contexts, (value) => ({ context: wireContext(value) })),
    "current-context": config.currentContext,
    ...(config.extensions.length === 0 ? {} : { extensions: sortedExtensions(config.extensions) }),
  };
}

function listOf<T>(entries: ReadonlyMap<string, { readonly value: T }>, form: (value: T) => object): object[] | null {
  if (entries.size === 0) return null;
  return [...entries.keys()].sort().map((name) => ({ name, ...form((entries.get(name) as { value: T }).value) }));
}

function wireCluster(cluster: KubeCluster): object {
  return {
    server: cluster.server ?? "",
    ...withoutEmpty({
      "tls-server-name": cluster["tls-server-name"],
      "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
      "certificate-authority": cluster["certificate-authority"],
      "certificate-authority-data": cluster["certificate-authority-data"],
      "proxy-url": cluster["proxy-url"],
      "disable-compression": cluster["disable-compression"],
      extensions: sortedExtensions(cluster.extensions),
    }),
  };
}

function wireContext(context: KubeContext): object {
  return {
    cluster: context.cluster ?? "",
    user: context.user ?? "",
    ...withoutEmpty({ namespace: context.namespace, extensions: sortedExtensions(context.extensions) }),
  };
}

function wireUser(user: KubeUser): object {
  const { exec } = user;
  const provider = user["auth-provider"];
  return withoutEmpty({
    "client-certificate": user["client-certificate"],
    "client-certificate-data": user["client-certificate-data"],
    "client-key": user["client-key"],
    "client-key-data": user["client-key-data"],
    token: user.token,
    tokenFile: user.tokenFile,
    as: user.as,
    "as-uid": user["as-uid"],
    "as-groups": user["as-groups"],
    "as-user-extra": user["as-user-extra"],
    username: user.username,
    password: user.password,
    "auth-provider": provider === undefined ? undefined : { name: provider.name, config: provider.config ?? null },
    exec:
      exec === undefined
        ? undefined
        : {
            command: exec.command,
            args: exec.args ?? null,
            env: exec.env ?? null,
            ...withoutEmpty({ apiVersion: exec.apiVersion, installHint: exec.installHint }),
            provideClusterInfo: exec.provideClusterInfo ?? false,
            ...withoutEmpty({ interactiveMode: exec.interactiveMode }),
          },
    extensions: sortedExtensions(user.extensions),
  });
}

function sortedExtensions(extensions: readonly NamedExtension[] | undefined): NamedExtension[] | undefined {
  if (extensions === undefined || extensions === null) return undefined;
  return extensions.map(({ name, extension }) => ({ name, extension })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As Go's `omitempty`. */
function withoutEmpty(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}
