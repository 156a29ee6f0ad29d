/**
 * `kubectl auth can-i|whoami`; reconcile is in authReconcile.ts.
 * Upstream: kubectl/pkg/cmd/auth/{cani,whoami}.go
 */
import { isApiError } from "../../machinery/status.ts";
import type { UserInfo } from "../../schema/shapes/authentication.v1.ts";
import type { SelfSubjectAccessReview, SelfSubjectRulesReview } from "../../schema/shapes/authorization.v1.ts";
import { type Call, verb, type Verb, verbGroup } from "../command.ts";
import { ExitError, KubectlError } from "../errors.ts";
import { bool, type Flag, text } from "../flags.ts";
import { reconcile } from "./authReconcile.ts";
import { getColumns, TabWriter } from "../printers/tabWriter.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { compactRules, type ListedRule } from "../writing/accessRules.ts";
import { printFlags } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";

const resourceVerbs =
  "get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest".split(" ");
const urlVerbs = "get put post head options delete patch *".split(" ");

const canIFlags: {
  readonly "all-namespaces": Flag<boolean>;
  readonly list: Flag<boolean>;
  readonly "no-headers": Flag<boolean>;
  readonly quiet: Flag<boolean>;
  readonly subresource: Flag<string>;
} = { "all-namespaces": bool({ short: "A" }), list: bool(), "no-headers": bool(), quiet: bool({ short: "q" }), subresource: text() };

const canI: Verb = verb({
  name: "can-i",
  flags: canIFlags,
  async run(call) {
    const { flags, session, args } = call;
    if (flags.list) return listAccess(call);
    const [wanted = "", what = ""] = args;
    if (args.length !== 2) {
      throw new KubectlError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    }
    const isUrl = what.startsWith("/");
    const asked: Question = { wanted, what, isUrl, resource: isUrl ? undefined : await resourceOf(session, what) };
    const namespace = flags["all-namespaces"] ? "" : (await session.namespace()).name;
    warnOfOddities(call, asked);
    if (flags["no-headers"]) throw new KubectlError("--no-headers cannot be set without --list specified");
    const spec = accessSpec(asked, namespace, flags.subresource);
    tellAnswer(call, (await review(session, "SelfSubjectAccessReview", spec)) as unknown as SelfSubjectAccessReview);
  },
});

function tellAnswer({ flags, session }: Call<typeof canIFlags>, { status }: SelfSubjectAccessReview): void {
  const reasons = [status?.reason, status?.evaluationError].filter((one) => one !== undefined && one !== "").map((one) => ` - ${one}`);
  const allowed = status?.allowed === true;
  if (!flags.quiet) session.out(allowed ? "yes\n" : `no${reasons.join("")}\n`);
  if (!allowed) throw new ExitError(1);
}

interface Question {
  readonly wanted: string;
  readonly what: string;
  readonly isUrl: boolean;
  readonly resource: Asked | undefined;
}

function warnOfOddities({ flags, session }: Call<typeof canIFlags>, { wanted, isUrl, resource }: Question): void {
  if (isUrl && flags.subresource !== "") throw new KubectlError("--subresource can not be used with NonResourceURL");
  if (!isUrl && flags["all-namespaces"]) return;
  if (resource?.namespaced === false) {
    const inGroup = resource.group === "" ? "" : ` in group '${resource.group}'`;
    session.warn(`resource '${resource.resource}' is not namespace scoped${inGroup}\n`);
  }
  if (!(isUrl ? urlVerbs : resourceVerbs).includes(wanted)) session.warn(`verb '${wanted}' is not a known verb\n`);
}

function accessSpec({ wanted, what, resource }: Question, namespace: string, subresource: string): object {
  if (resource === undefined) return { nonResourceAttributes: { verb: wanted, path: what } };
  const { group, resource: plural, name } = resource;
  return { resourceAttributes: { namespace, verb: wanted, group, resource: plural, subresource, name } };
}

function review(session: Session, kind: string, spec: object): Promise<Unstructured> {
  const path = `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`;
  const body = { apiVersion: "authorization.k8s.io/v1", kind, metadata: {}, spec };
  return session.api().then((api) => api.object({ method: "POST", path, body }));
}

interface Asked {
  readonly group: string;
  readonly resource: string;
  readonly name: string;
  readonly namespaced: boolean | undefined;
}

async function resourceOf(session: Session, what: string): Promise<Asked> {
  const slash = what.indexOf("/");
  const type = slash < 0 ? what : what.slice(0, slash);
  const name = slash < 0 ? "" : what.slice(slash + 1);
  if (type === "*") return { group: "", resource: "*", name, namespaced: undefined };
  const [resource = "", ...rest] = type.toLowerCase().split(".");
  try {
    const found = (await session.mapper()).forResource({ group: rest.join("."), version: "", resource });
    return { group: found.group, resource: found.plural, name, namespaced: found.namespaced };
  } catch {
    const group = rest.join(".");
    if (group !== "" || (resource !== "users" && resource !== "groups")) {
      session.warn(`the server doesn't have a resource type '${resource}'${group === "" ? "" : ` in group '${group}'`}\n`);
    }
    return { group: "", resource: type, name, namespaced: undefined };
  }
}

async function listAccess({ flags, session, args }: Call<typeof canIFlags>): Promise<void> {
  if (args.length > 0) throw new KubectlError("list option must be specified with no arguments");
  const { name: namespace } = await session.namespace();
  if (flags.quiet || flags["all-namespaces"] || flags.subresource !== "") {
    throw new KubectlError("list option can't be specified with neither quiet, all-namespaces nor subresource options");
  }
  const { status } = (await review(session, "SelfSubjectRulesReview", { namespace })) as unknown as SelfSubjectRulesReview;
  if (status?.incomplete === true) session.warn(`the list may be incomplete: ${status.evaluationError ?? ""}`);
  const rules = [...(status?.resourceRules ?? []), ...(status?.nonResourceRules ?? [])] as ListedRule[];
  const table = new TabWriter(getColumns);
  if (!flags["no-headers"]) table.write("Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
  for (const { resources, urls, names, verbs } of compactRules(rules)) {
    table.write(`${resources}\t[${urls.join(" ")}]\t[${names.join(" ")}]\t[${verbs.join(" ")}]\n`);
  }
  session.out(table.flush());
}

const whoami: Verb = verb({
  name: "whoami",
  flags: printFlags,
  async run(call) {
    const { flags, session } = call;
    const print = await resultPrinter(session, flags, { form: "typed" });
    let answer: Unstructured;
    try {
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview", metadata: {} };
      answer = await (await session.api()).object({ method: "POST", path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body });
    } catch (error) {
      if (isApiError(error, "Forbidden")) {
        throw new KubectlError("the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it");
      }
      if (isApiError(error, "NotFound")) throw new KubectlError("the selfsubjectreviews API is not enabled in the cluster");
      throw error;
    }
    if (call.changed("output")) return print(answer, "");
    session.out(userTable(((answer["status"] ?? {}) as { userInfo?: UserInfo }).userInfo ?? {}));
  },
});

function userTable({ username = "", uid = "", groups = [], extra = {} }: UserInfo): string {
  const table = new TabWriter(getColumns);
  table.write("ATTRIBUTE\tVALUE\n");
  if (username !== "") table.write(`Username\t${username}\n`);
  if (uid !== "") table.write(`UID\t${uid}\n`);
  if (groups.length > 0) table.write(`Groups\t[${groups.join(" ")}]\n`);
  for (const key of Object.keys(extra).sort()) table.write(`Extra: ${key}\t[${(extra[key] ?? []).join(" ")}]\n`);
  return table.flush();
}

export const auth: Verb = verbGroup("auth", [canI, reconcile, whoami], { helpOnStderr: true });
