/**
 * `kubectl edit`, and the editor behind `create --edit` and `apply edit-last-applied`.
 * Upstream: kubectl/pkg/cmd/util/editor/{editoptions,editor}.go
 */
import { createTwoWayMergePatch } from "../../machinery/patch/strategicDiff.ts";
import { createMergePatch } from "../../machinery/patch/merge.ts";
import { equalJson } from "../../machinery/patch/jsonValue.ts";
import { isApiError } from "../../machinery/status.ts";
import { goJson, goQuote } from "../../schema/scalars/goText.ts";
import { parseYaml } from "../../schema/yaml.ts";
import { nameSuffix } from "../../base/rng.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { ExitError, KubectlError, textOf } from "../errors.ts";
import { bool, type FlagTable, text } from "../flags.ts";
import { jsonText } from "../printers/json.ts";
import { yamlText } from "../printers/yaml.ts";
import { readDocuments } from "../resources/documents.ts";
import { filenameFlags, type FilenameValues } from "../resources/files.ts";
import { type LoadedInfo, refresh } from "../resources/info.ts";
import { type PatchKind, Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import { groupVersionOf, writtenList } from "../resources/selection.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { fieldManagerFlag, fieldValidationOf, printFlags, recordFlag, saveConfigFlag, validateFlag } from "../writing/flags.ts";
import { annotationPatch, originalConfiguration, remembered } from "../writing/lastApplied.ts";
import { recorder } from "../writing/recorder.ts";
import { type ResultPrinter, resultPrinter } from "../writing/resultPrinter.ts";
import { structOfObject } from "../writing/typed.ts";
import type { MappedInfo } from "../writing/waiting.ts";

interface EditFlags {
  readonly output: string;
  readonly "field-manager": string;
  readonly "windows-line-endings": boolean;
}

type Saved = MappedInfo & { object: Unstructured };

interface Failure {
  readonly head: string;
  readonly causes: readonly string[];
}

interface Outcome {
  /** Told at the top of the file when the editor opens again. */
  readonly reasons: Failure[];
  retryable: number;
  missing: number;
}

/** What is done with each object that the editor saved. */
type Save = (saved: Saved, original: Unstructured | undefined, outcome: Outcome) => Promise<void>;

interface Editing {
  readonly session: Session;
  readonly output: string;
  readonly crlf: boolean;
  readonly annotations: boolean;
  readonly save: Save;
}

export const edit: Verb = verb({
  name: "edit",
  flags: {
    ...printFlags,
    ...recordFlag,
    ...filenameFlags,
    ...validateFlag,
    ...saveConfigFlag,
    ...fieldManagerFlag("kubectl-edit"),
    "output-patch": bool(),
    subresource: text(),
    "windows-line-endings": bool(),
  },
  async run(call) {
    const { flags, session } = call;
    const fieldValidation = fieldValidationOf(flags);
    const infos = await editedInfos(call, flags);
    const print = await resultPrinter(session, flags);
    if (infos.length === 0) throw new KubectlError("edit cancelled, no objects found");
    const record = recorder(call);
    const save: Save = async (saved, original, outcome) => {
      saved.object = record(remembered(saved.object, flags["save-config"]));
      if (original === undefined) throw new KubectlError(`no original object found for ${goJson(saved.object)}`);
      if (equalJson(original, saved.object)) return print(saved.object, "skipped");
      const { type, body } = patchFor(original, saved.object);
      if (flags["output-patch"]) session.out(`Patch: ${goJson(body)}\n`);
      const options = {
        fieldManager: flags["field-manager"],
        fieldValidation,
        ...(flags.subresource === "" ? {} : { subresource: flags.subresource }),
      };
      try {
        refresh(saved, await new Requests(await session.api()).patch(saved.mapping, saved, { type, body }, options));
      } catch (error) {
        session.err(`${noteFailure(error, saved, outcome)}\n`);
        return;
      }
      print(saved.object, "edited");
    };
    await editUntilSaved(infos, { session, output: flags.output, crlf: flags["windows-line-endings"], annotations: false, save });
  },
});

async function editedInfos(call: Call, flags: FilenameValues & { readonly subresource?: string }): Promise<LoadedInfo[]> {
  const { session } = call;
  const namespace = await session.namespace();
  const selection = await select(session, {
    ...eachObject(flags, namespace),
    args: call.args,
    allowEmptySelector: true,
    latest: true,
    ...(flags.subresource === undefined ? {} : { subresource: flags.subresource }),
  });
  return selection.infos();
}

/** `create --edit`: each object is edited and then created. */
export async function editAndCreate<F extends FlagTable>(
  call: Call<F>,
  how: {
    readonly flags: EditFlags & FilenameValues & Parameters<typeof resultPrinter>[1];
    readonly fieldValidation: string;
  },
): Promise<void> {
  const { session } = call;
  const { flags, fieldValidation } = how;
  const print = await resultPrinter(session, flags);
  const namespace = await session.namespace();
  const selection = await select(session, {
    ...eachObject(flags, namespace),
  });
  const save: Save = async (saved) => {
    const options = { fieldManager: "kubectl-create", fieldValidation };
    refresh(saved, await new Requests(await session.api()).create(saved.mapping, saved.namespace, saved.object, options));
    print(saved.object, "created");
  };
  await selection.visit(async (info) => {
    await editUntilSaved([info], { session, output: flags.output, crlf: flags["windows-line-endings"], annotations: false, save });
  });
}

/** `apply edit-last-applied`: what was applied last is edited, not the object. */
export async function editAnnotations<F extends FlagTable>(call: Call<F>): Promise<void> {
  const { session } = call;
  const flags = call.flags as unknown as EditFlags & FilenameValues & Parameters<typeof resultPrinter>[1] & { readonly validate: string };
  const fieldValidation = fieldValidationOf(flags);
  const infos = await editedInfos(call, flags);
  const print: ResultPrinter = await resultPrinter(session, flags);
  const applied: LoadedInfo[] = [];
  for (const info of infos) {
    const configuration = originalConfiguration(info.object);
    if (configuration !== undefined) applied.push({ ...info, object: JSON.parse(configuration) as Unstructured });
  }
  if (applied.length === 0) {
    throw new KubectlError(
      "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`",
    );
  }
  const save: Save = async (saved, original) => {
    if (original !== undefined && equalJson(original, saved.object)) return print(saved.object, "skipped");
    const { patch } = annotationPatch(saved.object);
    const options = { fieldManager: flags["field-manager"], fieldValidation };
    await new Requests(await session.api()).patch(saved.mapping, saved, { type: "merge", body: patch }, options);
    print(saved.object, "edited");
  };
  await editUntilSaved(applied, { session, output: flags.output, crlf: flags["windows-line-endings"], annotations: true, save });
}

/** Opens the editor again and again, until what was saved is accepted or the user gives up. */
async function editUntilSaved(infos: readonly LoadedInfo[], editing: Editing): Promise<void> {
  const { session } = editing;
  const originals = infos.map(({ object }) => withoutManagedFields(object));
  const shown = shownObject(originals);
  const json = editing.output === "json";
  const original = json ? `${jsonText(shown)}\n` : yamlText(shown);
  let reasons: readonly Failure[] = [];
  let last: string | undefined;
  for (;;) {
    const body = last === undefined ? original : withoutComments(last);
    const written = (json ? "" : header(reasons, editing.annotations)) + body;
    const { text: saved, path } = await runEditor(
      session,
      editing.crlf ? written.replaceAll("\n", "\r\n") : written,
      json ? ".json" : ".yaml",
    );
    const keep = (error: unknown): unknown => {
      session.err(`A copy of your changes has been stored to ${goQuote(path)}\n`);
      return error;
    };
    if (last !== undefined && sameContent(last, saved)) throw keep(new KubectlError("Edit cancelled, no valid changes were saved."));
    if (last === undefined && sameContent(original, saved)) {
      await session.host.files.remove(path);
      session.err("Edit cancelled, no changes made.\n");
      return;
    }
    if (isEmptied(saved)) {
      await session.host.files.remove(path);
      session.err("Edit cancelled, saved file was empty.\n");
      return;
    }
    const outcome: Outcome = { reasons: [], retryable: 0, missing: 0 };
    const objects = readSaved(saved, outcome);
    try {
      for (const object of objects) await saveOne(object, { infos, originals, editing, outcome });
    } catch (error) {
      throw keep(error);
    }
    tellLost(session, outcome, path);
    await session.host.files.remove(path);
    if (outcome.reasons.length === 0) return;
    reasons = outcome.reasons;
    last = saved;
  }
}

interface Saving {
  readonly infos: readonly LoadedInfo[];
  /** As they were when the editor opened, in the order of the infos. */
  readonly originals: readonly Unstructured[];
  readonly editing: Editing;
  readonly outcome: Outcome;
}

async function saveOne(object: Unstructured, { infos, originals, editing, outcome }: Saving): Promise<void> {
  const found = infos.findIndex((one) => one.object.metadata?.uid === object.metadata?.uid);
  const at = Math.max(found, 0);
  await editing.save(await savedInfo(editing.session, object, infos[at]), originals[at], outcome);
}

/** The objects of the file; none, with the reason, where it can't be read. */
function readSaved(saved: string, outcome: Outcome): Unstructured[] {
  try {
    return objectsOf(saved);
  } catch (error) {
    outcome.reasons.push({ head: `The edited file had a syntax error: ${textOf(error)}`, causes: [] });
    return [];
  }
}

/** Says where edits are that the server didn't take. */
function tellLost(session: Session, { retryable, missing }: Outcome, path: string): void {
  if (retryable > 0) session.err(`You can run \`${session.host.programName} replace -f ${path}\` to try this update again.\n`);
  else if (missing > 0) session.err(`The edits you made on deleted resources have been saved to ${goQuote(path)}\n`);
  if (retryable + missing > 0) throw new ExitError(1);
}

function isEmptied(text: string): boolean {
  return !text.split("\n").some((line) => line.trim() !== "" && !line.trim().startsWith("#"));
}

function shownObject(objects: readonly Unstructured[]): Unstructured {
  const [first] = objects;
  return objects.length === 1 && first !== undefined ? first : writtenList(objects);
}

function withoutManagedFields(object: Unstructured): Unstructured {
  const { managedFields: _managed, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

function objectsOf(saved: string): Unstructured[] {
  const objects: Unstructured[] = [];
  for (const { value } of readDocuments(new TextEncoder().encode(saved))) {
    const object = value as Unstructured;
    objects.push(...(isList(object) ? object.items : [object]));
  }
  return objects;
}

async function savedInfo(session: Session, object: Unstructured, known: LoadedInfo | undefined): Promise<Saved> {
  const [group, version] = groupVersionOf(object.apiVersion ?? "");
  const mapping = (await session.mapper()).forKind(group, object.kind ?? "", version);
  const namespace = object.metadata?.namespace ?? (mapping.namespaced ? (known?.namespace ?? "") : "");
  return {
    mapping,
    object,
    name: object.metadata?.name ?? "",
    namespace,
    source: "edited-file",
    resourceVersion: "",
    subresource: known?.subresource ?? "",
  };
}

export function patchFor(
  original: Unstructured,
  edited: Unstructured,
): { readonly type: PatchKind; readonly body: Record<string, unknown> } {
  if (original.apiVersion !== edited.apiVersion || original.kind !== edited.kind || original.metadata?.name !== edited.metadata?.name) {
    throw new KubectlError("At least one of apiVersion, kind and name was changed");
  }
  const struct = structOfObject(edited);
  if (struct === undefined) return { type: "merge", body: createMergePatch(original, edited) };
  return { type: "strategic", body: createTwoWayMergePatch(original, edited, struct) };
}

function noteFailure(error: unknown, { mapping, name }: Saved, outcome: Outcome): string {
  const resource = mapping.group === "" ? mapping.plural : `${mapping.plural}.${mapping.group}`;
  if (isApiError(error, "Invalid")) {
    const causes = error.status.details?.causes ?? [];
    outcome.reasons.push({
      head: `${resource} ${goQuote(name)} was not valid`,
      causes: causes.map(({ field = "", message = "" }) => `${field}: ${message}`),
    });
    return `error: ${resource} ${goQuote(name)} is invalid`;
  }
  if (isApiError(error, "NotFound")) {
    outcome.missing += 1;
    return `error: ${resource} ${goQuote(name)} could not be found on the server`;
  }
  outcome.retryable += 1;
  return `error: ${resource} ${goQuote(name)} could not be patched: ${textOf(error)}`;
}

const objectHeader = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;
const annotationHeader = `# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
`;

const commented = (text: string): string => text.replaceAll(/\n(?!#|$)/g, "\n# ");

function header(reasons: readonly Failure[], annotations: boolean): string {
  const told = reasons.map(({ head, causes }) => {
    const lines = causes.map((cause) => `# * ${commented(cause)}\n`).join("");
    return `# ${commented(head)}${causes.length > 0 ? ":" : ""}\n${lines}#\n`;
  });
  return (annotations ? annotationHeader : objectHeader) + told.join("");
}

function withoutComments(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.trim().startsWith("#") || line.trim().startsWith("#!"))
    .join("\n");
}

function sameContent(a: string, b: string): boolean {
  try {
    return equalJson(parseYaml(a).value, parseYaml(b).value);
  } catch {
    return withoutComments(a) === withoutComments(b);
  }
}

/** Lets the user edit a text in a file of its own. */
async function runEditor(session: Session, content: string, ending: string): Promise<{ readonly text: string; readonly path: string }> {
  const { env, files, programs, programName, rng } = session.host;
  const path = `${env["TMPDIR"] ?? "/tmp"}/${programName}-edit-${nameSuffix(rng, 10)}${ending}`;
  await files.write(path, content, 0o600);
  const [program = "vi", ...args] = editorCommand(env, path);
  const code = await programs.runAttached(program, args);
  if (code !== 0) throw new KubectlError(`there was a problem with the editor ${goQuote(program)}`);
  return { text: new TextDecoder().decode(await files.read(path)).replaceAll("\r\n", "\n"), path };
}

/** $KUBE_EDITOR, $EDITOR or vi; one with quotes in it goes through the shell. */
export function editorCommand(env: Readonly<Record<string, string | undefined>>, path: string): string[] {
  const editor = [env["KUBE_EDITOR"], env["EDITOR"]].find((one) => one !== undefined && one !== "") ?? "vi";
  if (!/["'\\]/.test(editor)) return [...editor.split(" "), path];
  const shell = env["SHELL"];
  return [shell === undefined || shell === "" ? "/bin/bash" : shell, "-c", `${editor} ${goQuote(path)}`];
}
