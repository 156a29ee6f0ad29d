/** `kubectl replace`, --force included. Upstream: kubectl/pkg/cmd/replace/replace.go */
import { sleep } from "../../base/clock.ts";
import { isApiError } from "../../machinery/status.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, withSource } from "../errors.ts";
import { text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { refresh } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject, type SelectOptions } from "../resources/selectOptions.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { type Cascade, cascadeOf, deleteSelected, deletionFlags } from "../writing/deleting.ts";
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  printFlags,
  refuseIf,
  recordFlag,
  saveConfigFlag,
  validateFlag,
} from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { checkRaw, sendRaw } from "../writing/rawRequest.ts";
import { recorder } from "../writing/recorder.ts";
import { type ResultPrinter, resultPrinter } from "../writing/resultPrinter.ts";
import { hasFiles, requireFiles } from "../writing/selecting.ts";
import { validatorFor } from "../writing/validator.ts";
import type { MappedInfo } from "../writing/waiting.ts";

const flagTable = {
  ...printFlags,
  ...filenameFlags,
  ...deletionFlags,
  ...recordFlag,
  ...validateFlag,
  ...saveConfigFlag,
  ...dryRunFlag,
  ...fieldManagerFlag("kubectl-replace"),
  raw: text(),
  subresource: text(),
};

export const replace: Verb = verb({
  name: "replace",
  flags: flagTable,
  async run(call) {
    const { flags, session } = call;
    const fieldValidation = fieldValidationOf(flags);
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun });
    const cascade = cascadeOf(flags.cascade, session);
    await session.config();
    requireFiles(flags);
    const gracePeriod = flags["grace-period"] === 0 ? 1 : flags["grace-period"];
    const namespace = await session.namespace();
    refuseIf(gracePeriod >= 0 && !flags.force, "--grace-period must have --force specified");
    refuseIf(flags.timeout !== 0 && !flags.force, "--timeout must have --force specified");
    refuseIf(flags.force && dryRun !== "none", "--dry-run can not be used when --force is set");
    refuseIf(!hasFiles(flags), "must specify --filename to replace");
    if (flags.raw !== "") {
      checkRaw(flags);
      return sendRaw(session, "PUT", flags.raw, flags.filename[0]);
    }
    const validate = validatorFor(fieldValidation);
    const options: SelectOptions = {
      ...eachObject(flags, namespace),
      subresource: flags.subresource,
    };
    const checked = { ...options, ...(validate === undefined ? {} : { validate }) };
    if (flags.force) return forceReplace(call, { options, checked, cascade, gracePeriod, fieldValidation, print });
    const record = recorder(call);
    const requests = new Requests(await session.api());
    const selection = await select(session, checked);
    await selection.visit(async (loaded) => {
      const info = loaded as typeof loaded & MappedInfo;
      info.object = record(remembered(info.object, flags["save-config"]));
      if (dryRun !== "client") {
        const sending = {
          dryRun: dryRun === "server",
          fieldManager: flags["field-manager"],
          fieldValidation,
          subresource: flags.subresource,
        };
        try {
          refresh(info, await replaceLatest(requests, info, sending));
        } catch (error) {
          throw withSource("replacing", info.source, error);
        }
      }
      print(info.object, "replaced");
    });
  },
});

/** Without a resource version the object is replaced as it is now: the version is fetched first. */
async function replaceLatest(
  requests: Requests,
  info: MappedInfo & { readonly object: Unstructured },
  options: Parameters<Requests["replace"]>[3],
): Promise<Unstructured> {
  const { object } = info;
  if ((object.metadata?.resourceVersion ?? "") !== "") return requests.replace(info.mapping, info, object, options);
  let resourceVersion: string | undefined;
  try {
    ({ resourceVersion } = (await requests.get(info.mapping, info, options?.subresource)).metadata ?? {});
  } catch {
    return requests.replace(info.mapping, info, object, options);
  }
  return requests.replace(info.mapping, info, { ...object, metadata: { ...object.metadata, resourceVersion } }, options);
}

interface ForceReplace {
  readonly options: SelectOptions;
  readonly checked: SelectOptions;
  readonly cascade: Cascade;
  readonly gracePeriod: number;
  readonly fieldValidation: string;
  readonly print: ResultPrinter;
}

/** Deletes, waits, and creates anew. */
async function forceReplace(call: Call<typeof flagTable>, how: ForceReplace): Promise<void> {
  const { flags, session } = call;
  const { cascade, gracePeriod, fieldValidation, print } = how;
  const { clock } = session.host;
  // What stands in files is read once, so that standard input serves both passes.
  const infos = await (await select(session, { ...how.checked, requireObject: true })).infos();
  const deleting = await select(session, how.options).catch(() => undefined);
  const requests = new Requests(await session.api());
  if (deleting !== undefined && !flags.filename.includes("-")) {
    await deleteSelected(session, deleting, {
      cascade,
      gracePeriod,
      ignoreNotFound: true,
      wait: flags.wait,
      timeoutMs: flags.timeout,
      dryRun: "none",
      output: flags.output,
    });
  } else await deleteInfos(call, infos as MappedInfo[], how);
  const deadline = clock.now() + (flags.timeout === 0 ? 5 * 60_000 : flags.timeout);
  const record = recorder(call);
  for (const loaded of infos) {
    const info = loaded as typeof loaded & MappedInfo;
    while ((await requests.find(info.mapping, info)) !== undefined) {
      if (clock.now() >= deadline) throw new KubectlError("timed out waiting for the condition");
      await sleep(clock, 1000);
    }
    info.object = record(remembered(info.object, flags["save-config"]));
    const sending = { fieldManager: flags["field-manager"], fieldValidation };
    refresh(info, await requests.create(info.mapping, info.namespace, info.object, sending));
    print(info.object, "replaced");
  }
  if (infos.length === 0) throw new KubectlError("no objects passed to replace");
}

async function deleteInfos(
  { session }: Call<typeof flagTable>,
  infos: readonly MappedInfo[],
  { cascade, gracePeriod }: ForceReplace,
): Promise<void> {
  const requests = new Requests(await session.api());
  for (const info of infos) {
    const { kind, group, namespaced } = info.mapping;
    try {
      await requests.delete(info.mapping, info, {
        propagationPolicy: cascade,
        ...(gracePeriod >= 0 ? { gracePeriodSeconds: gracePeriod } : {}),
      });
      const named = group === "" ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
      session.out(`${named} "${info.name}" deleted${namespaced ? ` from ${info.namespace} namespace` : ""}\n`);
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
  }
}
