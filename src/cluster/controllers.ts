/** Every controller of the control plane, read top to bottom. A new one is one import and one line. */
import { Disposables } from "../base/disposables.ts";
import { kinds } from "../api/registry.ts";
import { createEventRecorder } from "../client/eventRecorder.ts";
import { DeploymentController } from "../controllers/deployment/controller.ts";
import { EndpointsController } from "../controllers/endpoints/controller.ts";
import { EndpointSliceController } from "../controllers/endpointslice/controller.ts";
import { EndpointSliceMirroringController } from "../controllers/endpointslice/mirrorController.ts";
import type { Controller } from "../controllers/framework/controller.ts";
import type { ControllerDeps } from "../controllers/framework/deps.ts";
import { startController } from "../controllers/framework/startController.ts";
import { GarbageCollectorController } from "../controllers/garbagecollector/controller.ts";
import { NamespaceController } from "../controllers/namespace/controller.ts";
import { NodeIpamController } from "../controllers/nodeipam/controller.ts";
import { NodeLifecycleController } from "../controllers/nodelifecycle/controller.ts";
import { PodGcController } from "../controllers/podgc/controller.ts";
import { ReplicaSetController } from "../controllers/replicaset/controller.ts";
import { RootCaController } from "../controllers/rootca/controller.ts";
import { ServiceController } from "../controllers/service/controller.ts";
import { ServiceAccountController } from "../controllers/serviceaccount/controller.ts";
import { TaintEvictionController } from "../controllers/tainteviction/controller.ts";

export interface ControllerSettings {
  /** Addresses for LoadBalancer Services, e.g. `127.64.0.0/16`. */
  readonly loadBalancerRange: string;
  /** PEM, published in each namespace. */
  readonly caCert: string;
  /** The pods' addresses, a /24 of it for each node; default `10.244.0.0/16`. */
  readonly clusterCidr?: string | undefined;
}

type Shared = Omit<ControllerDeps, "events">;

/** Builds and starts all of them; disposing stops them. `component` names whose events they are. */
export function startControllers(shared: Shared, settings: ControllerSettings): AsyncDisposable {
  const stack = new Disposables();
  const add = (component: string, build: (deps: ControllerDeps) => Controller): void => {
    const events = stack.add(createEventRecorder({ ...shared, component }));
    const deps = { ...shared, events };
    stack.add(startController(build(deps), deps));
  };
  add("deployment-controller", (deps) => new DeploymentController(deps));
  add("replicaset-controller", (deps) => new ReplicaSetController(deps));
  add("endpoint-slice-controller", (deps) => new EndpointSliceController(deps));
  add("endpoint-slice-mirroring-controller", (deps) => new EndpointSliceMirroringController(deps));
  add("endpoint-controller", (deps) => new EndpointsController(deps));
  add("service-controller", (deps) => new ServiceController(deps, settings));
  add("namespace-controller", (deps) => new NamespaceController(deps, { kinds: () => kinds }));
  add("garbage-collector-controller", (deps) => new GarbageCollectorController(deps, { kinds }));
  add("serviceaccount-controller", (deps) => new ServiceAccountController(deps));
  add("root-ca-certificate-publisher-controller", (deps) => new RootCaController(deps, { certificate: settings.caCert }));
  add("node-controller", (deps) => new NodeLifecycleController(deps));
  add("node-controller", (deps) => new NodeIpamController(deps, { clusterCidr: settings.clusterCidr ?? "10.244.0.0/16" }));
  add("taint-eviction-controller", (deps) => new TaintEvictionController(deps));
  add("pod-garbage-collector", (deps) => new PodGcController(deps));
  return stack;
}
