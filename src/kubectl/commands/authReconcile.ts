/** `kubectl auth reconcile`: RBAC objects that grant at least what files say. Upstream: kubectl/pkg/cmd/auth/reconcile.go */
import { isApiError } from "../../machinery/status.ts";
import type { PolicyRule, Subject } from "../../schema/shapes/rbac.v1.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { dryRunFlag, dryRunOf, printFlags, refuseIf } from "../writing/flags.ts";
import { type Operation, type Reconciled, reconciledBinding, reconciledRole } from "../writing/reconciling.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { requireFiles } from "../writing/selecting.ts";

const flagTable = {
  ...printFlags,
  ...filenameFlags,
  ...dryRunFlag,
  "remove-extra-permissions": bool(),
  "remove-extra-subjects": bool(),
};
type Reconcile = Call<typeof flagTable>;

const group = "rbac.authorization.k8s.io";
const kinds = new Set(["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]);

export const reconcile: Verb = verb({
  name: "reconcile",
  flags: flagTable,
  async run(call) {
    const { flags, session, args } = call;
    requireFiles(flags);
    refuseIf(args.length > 0, "no arguments are allowed");
    const dryRun = dryRunOf(flags);
    refuseIf(dryRun === "server", "--dry-run=server for command reconcile is not supported yet");
    const namespace = await session.namespace();
    const selection = await select(session, {
      ...eachObject(flags, namespace),
    });
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    await selection.visit(async ({ object, mapping, namespace: place }) => {
      const [objectGroup, version] = (object?.apiVersion ?? "").split("/");
      if (mapping === undefined || object === undefined || objectGroup !== group || !kinds.has(object.kind ?? "")) return;
      if (version !== "v1") throw new KubectlError(`only ${group}/v1 is supported: not *${version}.${object.kind}`);
      const expected = mapping.namespaced
        ? { ...object, metadata: { ...object.metadata, name: object.metadata?.name ?? "", namespace: place } }
        : object;
      const result = await reconciled(call, mapping, expected, dryRun === "none");
      print(result.object, "reconciled");
      tellChanges(call, result);
    });
  },
});

type Result = Reconciled<Unstructured>;

/** Compares with what stands, and writes it with `confirm`; once more where others write in between. */
async function reconciled(call: Reconcile, mapping: Mapping, expected: Unstructured, confirm: boolean): Promise<Result> {
  const requests = new Requests(await call.session.api());
  for (let attempt = 0; ; attempt += 1) {
    const existing = await requests.find(mapping, placeOf(expected));
    const result = compared(call, existing, expected);
    if (result.isProtected || !confirm) return result;
    try {
      return { ...result, object: await write(call.session, mapping, result, existing) };
    } catch (error) {
      const crossed = ["AlreadyExists", "NotFound", "Conflict"].some((reason) => isApiError(error, reason));
      if (!crossed || attempt >= 2) throw error;
    }
  }
}

function compared({ flags }: Reconcile, existing: Unstructured | undefined, expected: Unstructured): Result {
  const isRole = expected.kind === "Role" || expected.kind === "ClusterRole";
  const compare = (isRole ? reconciledRole : reconciledBinding) as unknown as (
    existing: Unstructured | undefined,
    expected: Unstructured,
    removeExtra: boolean,
  ) => Result;
  return compare(existing, expected, flags[isRole ? "remove-extra-permissions" : "remove-extra-subjects"]);
}

function placeOf({ metadata }: Unstructured): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

async function write(
  session: Session,
  mapping: Mapping,
  { object, operation }: Result,
  existing: Unstructured | undefined,
): Promise<Unstructured> {
  const requests = new Requests(await session.api());
  const place = placeOf(object);
  if (operation === "none") return object;
  if (operation === "update") return await requests.replace(mapping, place, object);
  if (operation === "recreate") {
    const uid = existing?.metadata?.uid;
    await requests.delete(mapping, place, uid === undefined ? {} : { preconditions: { uid } });
  }
  if (place.namespace !== "") await ensureNamespace(session, place.namespace);
  return await requests.create(mapping, place.namespace, object);
}

async function ensureNamespace(session: Session, name: string): Promise<void> {
  const requests = new Requests(await session.api());
  const mapping = (await session.mapper()).forKind("", "Namespace", "v1");
  try {
    await requests.get(mapping, { namespace: "", name });
  } catch {
    try {
      await requests.create(mapping, "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
    }
  }
}

function tellChanges({ flags, session }: Reconcile, result: Result): void {
  if (result.operation === "none") return;
  const caveat = result.isProtected ? ", but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)" : "";
  session.err(`\treconciliation required ${result.operation satisfies Operation}${caveat}\n`);
  const list = (title: string, texts: readonly string[]): void => {
    if (texts.length > 0) session.err(`\t${title}:\n${texts.map((text) => `\t\t${text}\n`).join("")}`);
  };
  list("missing subjects added", result.missingSubjects.map(subjectText));
  if (flags["remove-extra-subjects"]) list("extra subjects removed", result.extraSubjects.map(subjectText));
  list("missing rules added", result.missingRules.map(ruleText));
  if (flags["remove-extra-permissions"]) list("extra rules removed", result.extraRules.map(ruleText));
}

/** As Go prints a struct with its fields' names. */
function subjectText({ kind, apiGroup = "", name, namespace = "" }: Subject): string {
  return `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;
}

function ruleText({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  const lists = {
    Verbs: verbs,
    APIGroups: apiGroups,
    Resources: resources,
    ResourceNames: resourceNames,
    NonResourceURLs: nonResourceURLs,
  };
  return `{${Object.entries(lists)
    .map(([name, items]) => `${name}:[${items.join(" ")}]`)
    .join(" ")}}`;
}
