/** `kubectl explain`. Upstream: kubectl/pkg/cmd/explain/explain.go, pkg/explain/v2/explain.go */
import { type Call, type Verb, verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { documentAt, documentIndex, kindOf } from "../explaining/openApiDocument.ts";
import { bodyText, headText } from "../explaining/plaintext.ts";
import { textFromV2 } from "../explaining/plaintextV2.ts";
import { anyVersionRequest, type ExplainRequest, oneVersionRequest } from "../explaining/request.ts";
import { swaggerOf } from "../explaining/swagger.ts";
import { bool, text } from "../flags.ts";
import { groupVersionOf } from "../resources/selection.ts";

const flags = {
  "api-version": text(),
  output: text({ short: "o", initial: "plaintext" }),
  recursive: bool({ short: "R" }),
};

export const explain: Verb = verb({
  name: "explain",
  flags,
  async run(call) {
    const { args, flags: given, session } = call;
    const [argument] = args;
    if (argument === undefined) {
      const suggestion = 'Use "kubectl api-resources" for a complete list of supported resources.';
      throw new KubectlError(`You must specify the type of resource to explain. ${suggestion}\n`);
    }
    if (args.length > 1) throw new KubectlError("We accept only this format: explain RESOURCE\n");
    const mapper = await session.mapper();
    const request = given["api-version"] === "" ? anyVersionRequest(argument, mapper) : oneVersionRequest(argument, mapper);
    const index = given.output === "plaintext-openapiv2" ? undefined : await indexOf(call);
    await (index === undefined ? explainFromV2(call, request) : explainFromV3(call, request, index));
  },
});

/** Undefined where the server has no v3 and the format doesn't need it. */
async function indexOf({ flags: given, session }: Call<typeof flags>): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    return await documentIndex(await session.api());
  } catch (error) {
    if (given.output === "plaintext") return undefined;
    throw new KubectlError(`failed to fetch list of groupVersions: ${textOf(error)}`);
  }
}

async function explainFromV2({ flags: given, session }: Call<typeof flags>, { mapping, fields }: ExplainRequest): Promise<void> {
  const [group, version] = given["api-version"] === "" ? [mapping.group, mapping.version] : givenVersion(given["api-version"]);
  const swagger = await swaggerOf(await session.api());
  session.out(textFromV2({ swagger, kind: { group, version, kind: mapping.kind }, recursive: given.recursive }, fields));
}

function givenVersion(text: string): readonly [group: string, version: string] {
  if (text.split("/").length > 2) throw new KubectlError(`unexpected GroupVersion string: ${text}`);
  return groupVersionOf(text);
}

async function explainFromV3(
  { flags: given, session }: Call<typeof flags>,
  { mapping, fields }: ExplainRequest,
  index: ReadonlyMap<string, string>,
): Promise<void> {
  const api = await session.api();
  const [group, version] = given["api-version"] === "" ? [mapping.group, mapping.version] : givenVersion(given["api-version"]);
  const path = group === "" ? `api/${version}` : `apis/${group}/${version}`;
  const url = index.get(path);
  if (url === undefined) throw new KubectlError(`couldn't find resource for "${group}/${version}, Resource=${mapping.plural}"`);
  const document = await documentAt(api, url).catch((error: unknown) => {
    throw new KubectlError(`failed to fetch openapi schema for ${path}: ${textOf(error)}`);
  });
  if (given.output !== "plaintext") throw new KubectlError(`unrecognized format: ${given.output}`);
  const kind = kindOf(document, { group, version, plural: mapping.plural });
  if (kind === undefined)
    throw new KubectlError(`error: GVR (${group}/${version}, Resource=${mapping.plural}) not found in OpenAPI schema`);
  session.out(headText(kind));
  session.out(bodyText({ document, recursive: given.recursive }, kind, fields));
}
