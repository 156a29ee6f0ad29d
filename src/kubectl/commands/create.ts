/** `kubectl create -f`, and the generators below it. Upstream: kubectl/pkg/cmd/create/create.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError, withSource } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { refresh } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  printFlags,
  recordFlag,
  refuseArguments,
  saveConfigFlag,
  selectorFlag,
  validateFlag,
} from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { checkRaw, sendRaw } from "../writing/rawRequest.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { validatorFor } from "../writing/validator.ts";
import { createClusterRole, createClusterRoleBinding, createRole, createRoleBinding } from "./createAccess.ts";
import { createConfigMap, createSecret } from "./createData.ts";
import { createIngress, createServiceGroup } from "./createNetwork.ts";
import { createNamespace, createPodDisruptionBudget, createPriorityClass, createQuota, createServiceAccount } from "./createPolicy.ts";
import { createToken } from "./createToken.ts";
import { createCronJob, createDeployment, createJob } from "./createWorkload.ts";
import { editAndCreate } from "./edit.ts";
import { requireFiles } from "../writing/selecting.ts";

const generators: readonly Verb[] = [
  createNamespace,
  createQuota,
  createSecret,
  createConfigMap,
  createServiceAccount,
  createServiceGroup,
  createDeployment,
  createClusterRole,
  createClusterRoleBinding,
  createRole,
  createRoleBinding,
  createPodDisruptionBudget,
  createPriorityClass,
  createJob,
  createCronJob,
  createIngress,
  createToken,
];

export const create: Verb = verb(
  {
    name: "create",
    flags: {
      ...printFlags,
      ...filenameFlags,
      ...recordFlag,
      ...validateFlag,
      ...saveConfigFlag,
      ...dryRunFlag,
      ...selectorFlag,
      ...fieldManagerFlag("kubectl-create"),
      edit: bool(),
      raw: text(),
      "windows-line-endings": bool(),
    },
    async run(call) {
      const { flags, session } = call;
      refuseArguments(call);
      const dryRun = dryRunOf(flags);
      const fieldValidation = fieldValidationOf(flags);
      const print = await resultPrinter(session, flags, { dryRun });
      requireFiles(flags);
      if (flags.raw !== "") {
        if (flags.edit) throw new KubectlError("--raw and --edit are mutually exclusive");
        if (flags.selector !== "") throw new KubectlError("--raw and --selector (-l) are mutually exclusive");
        checkRaw(flags);
        return sendRaw(session, "POST", flags.raw, flags.filename[0]);
      }
      if (flags.edit) return editAndCreate(call, { flags, fieldValidation });
      const namespace = await session.namespace();
      const validate = validatorFor(fieldValidation);
      const selection = await select(session, {
        ...eachObject(flags, namespace),
        labelSelector: flags.selector,
        ...(validate === undefined ? {} : { validate }),
      });
      const record = recorder(call);
      const requests = new Requests(await session.api());
      let count = 0;
      await selection.visit(async (info) => {
        info.object = record(remembered(info.object, flags["save-config"]));
        if (dryRun !== "client" && info.mapping !== undefined) {
          const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"], fieldValidation };
          try {
            refresh(info, await requests.create(info.mapping, info.namespace, info.object, options));
          } catch (error) {
            throw withSource("creating", info.source, error);
          }
        }
        count += 1;
        print(info.object, "created");
      });
      if (count === 0) throw new KubectlError("no objects passed to create");
    },
  },
  generators,
);
