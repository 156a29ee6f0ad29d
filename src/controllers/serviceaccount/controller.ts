/**
 * Every namespace has a ServiceAccount `default`; deleted, it comes back. Left out: token Secrets, which clusters no longer make.
 * Upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go
 */
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Namespace, ServiceAccount } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isNamespaceTerminating } from "../framework/namespaceTerminating.ts";
import { watchKind } from "../framework/watchKind.ts";

const accountName = "default";

export class ServiceAccountController implements Controller {
  readonly name = "serviceaccount-controller";
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly namespaces: Informer<Namespace>;
  private readonly accounts: Informer<ServiceAccount>;

  constructor({ client, informers }: ControllerDeps) {
    this.client = informers.readYourWrites(client);
    this.namespaces = informers.informer(namespaceKind);
    this.accounts = informers.informer(accountKind);
    this.watches = [
      { kind: namespaceKind, via: "self" },
      watchKind(accountKind, ({ metadata: { name, namespace = "" } }) =>
        name === accountName ? [{ namespace: "", name: namespace }] : [],
      ),
    ];
  }

  async reconcile({ name: namespace }: Key): Promise<Outcome> {
    const home = this.namespaces.get({ namespace: "", name: namespace });
    if (home === undefined || home.status?.phase === "Terminating") return {};
    if (this.accounts.get({ namespace, name: accountName }) !== undefined) return {};
    try {
      await this.client.create(accountKind, { metadata: { name: accountName, namespace } });
    } catch (error) {
      if (!isApiError(error, "AlreadyExists") && !isNamespaceTerminating(error)) throw error;
    }
    return {};
  }
}
