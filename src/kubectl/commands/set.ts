/** `kubectl set image|env|resources|selector|serviceaccount|subject`. Upstream: kubectl/pkg/cmd/set */
import type { Subject } from "../../schema/shapes/rbac.v1.ts";
import { verb, type Verb, verbGroup } from "../command.ts";
import { Failures, KubectlError } from "../errors.ts";
import { array, bool, text } from "../flags.ts";
import { labelSelectorOf } from "../generators/labelSelector.ts";
import { quantitiesOf } from "../generators/quantities.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { changesOf, podSpecOf } from "../writing/change.ts";
import { containersNamed, setImages, setResourceAmounts } from "../writing/containerEdits.ts";
import { dryRunOf, recordFlag, selectorFlag } from "../writing/flags.ts";
import { parsePairs, resourcesAndPairs } from "../writing/pairs.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { hasFiles } from "../writing/selecting.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { setEnv } from "./setEnv.ts";
import { refuseLocalServerRun, selectToSet, sendChanges, setFlags } from "./setShared.ts";

const oneOrMore = "one or more resources must be specified as <resource> <name> or <resource>/<name>";

const setImage: Verb = verb({
  name: "image",
  flags: { ...setFlags, ...recordFlag, ...selectorFlag },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const { resources, pairs } = resourcesAndPairs(call.args, "image");
    const { added: images } = parsePairs(pairs, "image", false);
    const infos = await selectToSet(session, flags, resources);
    const refusals: string[] = [];
    if (flags.all && flags.selector !== "") refusals.push("cannot set --all and --selector at the same time");
    if (resources.length === 0 && !hasFiles(flags)) refusals.push(oneOrMore);
    if (images.size === 0) refusals.push("at least one image update is required");
    else if (images.size > 1 && images.has("*")) {
      refusals.push("all containers are already specified by *, but saw more than one container_name=container_image pairs");
    }
    if (flags.local && dryRun === "server") refusals.push("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
    if (refusals.length > 0) throw new Failures(refusals.map((one) => new KubectlError(one)));
    const problems: unknown[] = [];
    const record = recorder(call);
    const changes = changesOf(infos, (object) => {
      const missing = setImages(podSpecOf(object), images);
      problems.push(...missing.map((name) => new KubectlError(`error: unable to find container named "${name}"`)));
      Object.assign(object, record(object));
    });
    await sendChanges(call, changes, {
      print,
      operation: "image updated",
      dryRun,
      failure: "failed to patch image update to pod template:",
      problems,
    });
  },
});

const setResources: Verb = verb({
  name: "resources",
  flags: { ...setFlags, ...recordFlag, ...selectorFlag, containers: text({ short: "c", initial: "*" }), limits: text(), requests: text() },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const infos = await selectToSet(session, flags, call.args);
    refuseLocalServerRun(flags, dryRun);
    if (flags.all && flags.selector !== "") throw new KubectlError("cannot set --all and --selector at the same time");
    if (flags.limits === "" && flags.requests === "") {
      throw new KubectlError("you must specify an update to requests or limits (in the form of --requests/--limits)");
    }
    const limits = quantitiesOf(flags.limits);
    const requests = quantitiesOf(flags.requests);
    const problems: unknown[] = [];
    const record = recorder(call);
    const changes = changesOf(infos, (object) => {
      const containers = containersNamed(podSpecOf(object), flags.containers);
      if (containers.length === 0) {
        problems.push(new KubectlError(`error: unable to find container named ${flags.containers}`));
        return false;
      }
      setResourceAmounts(containers, limits, requests);
      Object.assign(object, record(object));
      return true;
    });
    await sendChanges(call, changes, {
      print,
      operation: "resource requirements updated",
      dryRun,
      failure: "failed to patch resources update to pod template",
      problems,
    });
  },
});

const setServiceAccount: Verb = verb({
  name: "serviceaccount",
  aliases: ["sa"],
  flags: { ...setFlags, ...recordFlag },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    refuseLocalServerRun(flags, dryRun);
    const name = call.args.at(-1);
    if (name === undefined) throw new KubectlError("serviceaccount is required");
    const infos = await selectToSet(session, flags, flags.local ? [] : call.args.slice(0, -1));
    const record = recorder(call);
    const changes = changesOf(infos, (object) => {
      podSpecOf(object).serviceAccountName = name;
      Object.assign(object, record(object));
    });
    await sendChanges(call, changes, {
      print,
      operation: "serviceaccount updated",
      dryRun,
      failure: "failed to patch ServiceAccountName",
      problems: [],
      always: true,
    });
  },
});

const { kustomize: _kustomize, ...flagsWithoutKustomize } = setFlags;

const setSelector: Verb = verb({
  name: "selector",
  flags: { ...flagsWithoutKustomize, ...recordFlag, "resource-version": text(), recursive: bool({ short: "R", initial: true }) },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const expression = call.args.at(-1);
    const selector = expression === undefined ? undefined : labelSelectorOf(expression);
    if (selector === undefined) throw new KubectlError("one selector is required");
    const infos = await selectToSet(session, flags, call.args.slice(0, -1));
    for (const info of infos) {
      if (flags["resource-version"] !== "") delete info.object.metadata?.resourceVersion;
      const [change] = changesOf([info], (object) => {
        if (object.kind !== "Service") throw new KubectlError("setting a selector is only supported for Services");
        if ((selector.matchExpressions ?? []).length > 0) throw new KubectlError("match expressions are not supported on this object");
        object["spec"] = { ...(object["spec"] as object), selector: { ...selector.matchLabels } };
        if (flags["resource-version"] !== "")
          object.metadata = { ...object.metadata, name: info.name, resourceVersion: flags["resource-version"] };
      });
      if (change === undefined) continue;
      if (change.problem !== undefined) throw change.problem;
      if (flags.local || dryRun === "client") {
        print(info.object, "selector updated");
        continue;
      }
      const { mapping } = info as typeof info & MappedInfo;
      const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
      print(
        await new Requests(await session.api()).patch(mapping, info, { type: "strategic", body: change.patch }, options),
        "selector updated",
      );
    }
  },
});

const setSubject: Verb = verb({
  name: "subject",
  flags: { ...setFlags, ...selectorFlag, group: array(), serviceaccount: array(), user: array() },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const infos = await selectToSet(session, flags, call.args);
    refuseLocalServerRun(flags, dryRun);
    if (flags.all && flags.selector !== "") throw new KubectlError("cannot set --all and --selector at the same time");
    if (flags.user.length + flags.group.length + flags.serviceaccount.length === 0) {
      throw new KubectlError("you must specify at least one value of user, group or serviceaccount");
    }
    const namespace = flags.local ? "" : (await session.namespace()).name;
    const subjects = wantedSubjects(flags, { infos, namespace });
    const changes = changesOf(infos, (object) => addSubjects(object, subjects));
    await sendChanges(call, changes, {
      print,
      operation: "subjects updated",
      dryRun,
      failure: "failed to patch subjects to rolebinding:",
      problems: [],
    });
  },
});

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

function wantedSubjects(
  flags: { readonly user: readonly string[]; readonly group: readonly string[]; readonly serviceaccount: readonly string[] },
  { infos, namespace }: { readonly infos: readonly LoadedInfo[]; readonly namespace: string },
): Subject[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const accounts = sorted(flags.serviceaccount).map((account) => {
    const [ns = "", name = "", ...more] = account.split(":");
    if (!account.includes(":") || more.length > 0 || name === "") throw new KubectlError("serviceaccount must be <namespace>:<name>");
    if (ns === "" && infos.some(({ object }) => object.kind === "ClusterRoleBinding")) {
      throw new KubectlError("serviceaccount must be <namespace>:<name>, namespace must be specified");
    }
    return { kind: "ServiceAccount", namespace: ns === "" ? namespace : ns, name };
  });
  return [
    ...sorted(flags.user).map((name) => ({ kind: "User", apiGroup, name })),
    ...sorted(flags.group).map((name) => ({ kind: "Group", apiGroup, name })),
    ...accounts,
  ];
}

const same = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "") && (a.apiGroup ?? "") === (b.apiGroup ?? "");

function addSubjects(object: Unstructured, subjects: readonly Subject[]): boolean {
  if (object.kind !== "RoleBinding" && object.kind !== "ClusterRoleBinding") {
    throw new KubectlError("setting subjects is only supported for RoleBinding/ClusterRoleBinding");
  }
  const former = (object["subjects"] ?? []) as Subject[];
  const added = subjects.filter((one) => !former.some((known) => same(known, one)));
  object["subjects"] = [...former, ...added];
  return added.length > 0;
}

export const set: Verb = verbGroup("set", [setEnv, setImage, setResources, setSelector, setServiceAccount, setSubject], {
  helpOnStderr: true,
});
