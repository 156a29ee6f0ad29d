/**
 * Every namespace has a ConfigMap `kube-root-ca.crt` with the certificate that signs the API server's; changed or deleted, it is put right.
 * Upstream: pkg/controller/certificates/rootcacertpublisher/publisher.go
 */
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { isApiError } from "../../machinery/status.ts";
import type { ConfigMap, Namespace } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isNamespaceTerminating } from "../framework/namespaceTerminating.ts";
import { watchKind } from "../framework/watchKind.ts";

const configMapName = "kube-root-ca.crt";
const dataKey = "ca.crt";
const descriptionAnnotation = "kubernetes.io/description";
const description = "The certificate authority of this cluster's API server, for clients inside the cluster.";

export interface RootCaOptions {
  /** PEM. */
  readonly certificate: string;
}

export class RootCaController implements Controller {
  readonly name = "root-ca-certificate-publisher-controller";
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly certificate: string;
  private readonly namespaces: Informer<Namespace>;
  private readonly configMaps: Informer<ConfigMap>;

  constructor({ client, informers }: ControllerDeps, options: RootCaOptions) {
    this.client = informers.readYourWrites(client);
    this.certificate = options.certificate;
    this.namespaces = informers.informer(namespaceKind);
    this.configMaps = informers.informer(configMapKind);
    this.watches = [
      { kind: namespaceKind, via: "self" },
      watchKind(configMapKind, ({ metadata: { name, namespace = "" } }) =>
        name === configMapName ? [{ namespace: "", name: namespace }] : [],
      ),
    ];
  }

  async reconcile({ name: namespace }: Key): Promise<Outcome> {
    const home = this.namespaces.get({ namespace: "", name: namespace });
    if (home === undefined || home.status?.phase === "Terminating") return {};
    const current = this.configMaps.get({ namespace, name: configMapName });
    if (current === undefined) await this.create(namespace);
    else if (!this.isRight(current)) {
      const annotations = { ...current.metadata.annotations, [descriptionAnnotation]: description };
      await this.client.update(configMapKind, { ...current, metadata: { ...current.metadata, annotations }, data: this.data() });
    }
    return {};
  }

  private data(): Record<string, string> {
    return { [dataKey]: this.certificate };
  }

  private isRight({ data = {}, metadata }: ConfigMap): boolean {
    return (
      Object.keys(data).length === 1 && data[dataKey] === this.certificate && metadata.annotations?.[descriptionAnnotation] !== undefined
    );
  }

  private async create(namespace: string): Promise<void> {
    const annotations = { [descriptionAnnotation]: description };
    try {
      await this.client.create(configMapKind, { metadata: { name: configMapName, namespace, annotations }, data: this.data() });
    } catch (error) {
      if (!isApiError(error, "AlreadyExists") && !isNamespaceTerminating(error)) throw error;
    }
  }
}
