/** `kubectl create deployment|job|cronjob`. Upstream: kubectl/pkg/cmd/create/create_{deployment,job,cronjob}.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { int, list, text } from "../flags.ts";
import { cronJobOf, deploymentOf, jobFromCronJob, jobOf } from "../generators/workloads.ts";
import { select } from "../resources/select.ts";
import type { Session } from "../session.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { CronJob } from "../../schema/shapes/batch.v1.ts";
import { goTypeOf } from "../writing/change.ts";
import { requireFlags } from "../writing/flags.ts";
import { createGenerated, generatorFlags } from "./createGenerated.ts";

export const createDeployment: Verb = verb({
  name: "deployment",
  aliases: ["deploy"],
  flags: { ...generatorFlags, image: list(), port: int({ bits: 32, initial: -1 }), replicas: int({ bits: 32, short: "r", initial: 1 }) },
  async run(call) {
    requireFlags(call, "image");
    const { image: images, port, replicas } = call.flags;
    const command = call.args.slice(1);
    await createGenerated(call, {
      failure: "failed to create deployment:",
      make(name) {
        if (images.length > 1 && command.length > 0) throw new KubectlError("cannot specify multiple --image options and command");
        return deploymentOf({ name, images, command, replicas, port }, call.session.host.rng);
      },
    });
  },
});

export const createJob: Verb = verb({
  name: "job",
  flags: { ...generatorFlags, from: text(), image: text() },
  async run(call) {
    const { image, from } = call.flags;
    const command = call.args.slice(1);
    await createGenerated(call, {
      failure: "failed to create job:",
      async make(name) {
        if ((image === "") === (from === "")) throw new KubectlError("either --image or --from must be specified");
        if (command.length > 0 && from !== "") throw new KubectlError("cannot specify --from and command");
        return image === ""
          ? jobFromCronJob(name, (await cronJobNamed(from, call.session)) as unknown as CronJob)
          : jobOf({ name, image, command });
      },
    });
  },
});

async function cronJobNamed(argument: string, session: Session): Promise<Unstructured> {
  const { name: namespace } = await session.namespace();
  const selection = await select(session, { args: [argument], namespace, flatten: true, latest: true });
  const [info, ...others] = await selection.infos();
  if (info === undefined || others.length > 0) throw new KubectlError("from must be an existing cronjob");
  if (info.object.kind !== "CronJob") throw new KubectlError(`unknown object type ${goTypeOf(info.object)}`);
  return info.object;
}

export const createCronJob: Verb = verb({
  name: "cronjob",
  aliases: ["cj"],
  flags: { ...generatorFlags, image: text(), restart: text(), schedule: text() },
  async run(call) {
    requireFlags(call, "image", "schedule");
    const { image, schedule } = call.flags;
    const restart = call.flags.restart === "" ? "OnFailure" : call.flags.restart;
    await createGenerated(call, {
      failure: "failed to create cronjob:",
      make: (name) => cronJobOf({ name, image, schedule, restart, command: call.args.slice(1) }),
    });
  },
});
