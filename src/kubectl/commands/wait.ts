/** `kubectl wait`. Upstream: kubectl/pkg/cmd/wait */
import { sleep } from "../../base/clock.ts";
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { array, bool, duration, list, text } from "../flags.ts";
import { goSprint } from "../printers/goValue.ts";
import { JsonPath } from "../printers/jsonpath/evaluate.ts";
import { relaxedPath } from "../printers/jsonpath/relaxed.ts";
import { type LoadedInfo, objectName } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import type { SelectOptions } from "../resources/selectOptions.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { printFlags, selectorFlag } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { deadlineIn, type MappedInfo, timedOut, untilEvent, waitForDeletion } from "../writing/waiting.ts";
import { notFound } from "../../machinery/status.ts";

/** Whether an object is as wanted. */
type Met = (object: Unstructured) => boolean;
type Condition = { readonly form: "create" } | { readonly form: "delete" } | { readonly form: "met"; readonly met: Met };

export const wait: Verb = verb({
  name: "wait",
  flags: {
    ...printFlags,
    ...selectorFlag,
    all: bool(),
    "all-namespaces": bool({ short: "A" }),
    "field-selector": text(),
    filename: list({ short: "f" }),
    for: array(),
    local: bool(),
    recursive: bool({ short: "R", initial: true }),
    timeout: duration({ initial: 30_000 }),
  },
  async run(call) {
    const { flags, session } = call;
    const print = await resultPrinter(session, flags);
    await session.config();
    const conditions = conditionsOf(flags.for);
    const timeoutMs = flags.timeout < 0 ? 168 * 3600 * 1000 : flags.timeout;
    const namespace = await session.namespace();
    const options: SelectOptions = {
      files: { filenames: flags.filename, kustomize: "", recursive: flags.recursive },
      namespace: namespace.name,
      enforceNamespace: namespace.explicit,
      allNamespaces: flags["all-namespaces"],
      continueOnError: true,
      flatten: true,
      ...(flags.local
        ? { local: true }
        : {
            args: call.args,
            allowEmptySelector: flags.all,
            labelSelector: flags.selector,
            fieldSelector: flags["field-selector"],
            latest: true,
          }),
    };
    const deadline = deadlineIn(session, timeoutMs);
    const forms = conditions.map(({ form }) => form);
    if (forms.includes("create")) await untilThere(session, options, deadline);
    const selection = await select(session, options);
    if (forms.includes("delete")) selection.ignore((error) => isApiError(error, "NotFound"));
    let count = 0;
    await selection.visit(async (loaded) => {
      count += 1;
      const info = loaded as LoadedInfo & MappedInfo;
      for (const condition of conditions)
        print((await waitFor(session, info, condition, { timeoutMs, deadline })) ?? info.object, "condition met");
    });
    if (count === 0 && !forms.includes("delete")) throw new KubectlError("no matching resources found");
  },
});

async function untilThere(session: Session, options: SelectOptions, deadline: number): Promise<void> {
  for (;;) {
    try {
      if ((await (await select(session, options)).infos()).length > 0) return;
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
    if (session.host.clock.now() >= deadline) throw new KubectlError(timedOut);
    await sleep(session.host.clock, 500);
  }
}

interface Limits {
  readonly timeoutMs: number;
  readonly deadline: number;
}

async function waitFor(
  session: Session,
  info: LoadedInfo & MappedInfo,
  condition: Condition,
  limits: Limits,
): Promise<Unstructured | undefined> {
  if (condition.form === "create") return info.object;
  if (condition.form === "delete") {
    if (limits.timeoutMs === 0) {
      await new Requests(await session.api()).get(info.mapping, info);
      throw new KubectlError(`condition not met for ${objectName(info)}`);
    }
    return waitForDeletion(session, info, { uid: undefined, deadline: limits.deadline });
  }
  const { met } = condition;
  if (limits.timeoutMs === 0) {
    const object = await new Requests(await session.api()).get(info.mapping, info);
    if (!met(object)) throw new KubectlError(`condition not met for ${objectName(info)}`);
    return object;
  }
  const missing = (): never => {
    throw notFound({ group: info.mapping.group, plural: info.mapping.plural }, info.name);
  };
  try {
    return await untilEvent(session, info, ({ type, object }) => type !== "DELETED" && met(object), { deadline: limits.deadline, missing });
  } catch (error) {
    if (error instanceof KubectlError && error.message === timedOut)
      throw new KubectlError(`${timedOut} on ${info.mapping.plural}/${info.name}`);
    throw error;
  }
}

export function conditionsOf(texts: readonly string[]): Condition[] {
  if (texts.length === 0) throw new KubectlError("unrecognized condition: []");
  return texts.map((one) => {
    const lower = one.toLowerCase();
    if (lower === "delete" || lower === "create") return { form: lower };
    if (one.startsWith("condition=")) return { form: "met", met: statusCondition(one.slice("condition=".length)) };
    if (one.startsWith("jsonpath=")) return { form: "met", met: pathCondition(one.slice("jsonpath=".length)) };
    throw new KubectlError(`unrecognized condition: ${goQuote(one)}`);
  });
}

function statusCondition(text: string): Met {
  const equals = text.indexOf("=");
  const name = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
  const wanted = (equals < 0 ? "true" : text.slice(equals + 1)).toLowerCase();
  return (object) => {
    const conditions = (fieldAt(object, "status", "conditions") ?? []) as { type?: string; status?: string; observedGeneration?: number }[];
    const found = conditions.find(({ type, status }) => type?.toLowerCase() === name && status !== undefined);
    if (found === undefined) return false;
    const generation = object.metadata?.generation;
    const observed = found.observedGeneration ?? (fieldAt(object, "status", "observedGeneration") as number | undefined);
    if (generation !== undefined && observed !== undefined && observed < generation) return false;
    return found.status?.toLowerCase() === wanted;
  };
}

function pathCondition(text: string): Met {
  const parts = text.split(/(?<!=)=(?!=)/);
  if (parts.length > 2) {
    throw new KubectlError(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    );
  }
  const expression = relaxedPath(parts[0] ?? "");
  const wanted = parts[1]?.replaceAll(/^['"]+|['"]+$/g, "");
  if (wanted === "") {
    throw new KubectlError("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3");
  }
  if (expression === "") throw new KubectlError("jsonpath expression cannot be empty");
  const path = new JsonPath(expression, { allowMissingKeys: true });
  return (object) => {
    const results = path.find(object);
    const [first] = results;
    if (first === undefined || first.length === 0) return false;
    if (results.length > 1) throw new KubectlError("given jsonpath expression matches more than one list");
    if (first.length > 1) throw new KubectlError("given jsonpath expression matches more than one value");
    if (wanted === undefined) return true;
    const [value] = first as readonly unknown[];
    if (typeof value === "object" && value !== null)
      throw new KubectlError("jsonpath leads to a nested object or list which is not supported");
    return goSprint(value).trim() === wanted.trim();
  };
}
