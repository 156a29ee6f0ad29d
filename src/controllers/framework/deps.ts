import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Rng } from "../../base/rng.ts";
import type { Client, EventRecorder } from "../../client/client.ts";
import type { InformerFactory } from "../../client/informer.ts";

/** What every controller is built from: `new XController(deps)` or `new XController(deps, options)`. */
export interface ControllerDeps {
  readonly client: Client;
  readonly informers: InformerFactory;
  /** Records as this controller's component, e.g. `deployment-controller`. */
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
}
