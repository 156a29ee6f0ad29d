/** `kubectl create token`. Upstream: kubectl/pkg/cmd/create/create_token.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { array, duration, text } from "../flags.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { nameArgument, printFlags } from "../writing/flags.ts";
import { objectPrinter } from "../printers/objectPrinter.ts";
import { typed } from "../writing/typed.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";

const kinds = ["Node", "Pod", "Secret"];

interface Bound {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export const createToken: Verb = verb({
  name: "token",
  flags: {
    ...printFlags,
    audience: array(),
    "bound-object-kind": text(),
    "bound-object-name": text(),
    "bound-object-uid": text(),
    duration: duration(),
  },
  async run(call) {
    const { flags, session } = call;
    const name = nameArgument(call);
    const namespace = await session.namespace();
    const whole = await objectPrinter(session, flags);
    const print = whole === undefined ? await resultPrinter(session, flags) : (object: Unstructured): void => whole(asTyped(object), true);
    if (name === "") throw new KubectlError("service account name is required");
    if (flags.duration < 0) throw new KubectlError("--duration must be greater than or equal to 0");
    if (flags.duration % 1000 !== 0) throw new KubectlError("--duration cannot be expressed in units less than seconds");
    if (flags.audience.includes("")) throw new KubectlError("--audience must not be an empty string");
    const bound = { kind: flags["bound-object-kind"], name: flags["bound-object-name"], uid: flags["bound-object-uid"] };
    checkBound(bound);
    const spec = {
      audiences: flags.audience,
      ...(flags.duration > 0 ? { expirationSeconds: flags.duration / 1000 } : {}),
      ...(bound.kind === "" ? {} : { boundObjectRef: { apiVersion: "v1", ...bound } }),
    };
    const api = await session.api();
    let answer: Unstructured;
    try {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace.name)}/serviceaccounts/${encodeURIComponent(name)}/token`;
      const body = { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", metadata: {}, spec };
      answer = await api.object({ method: "POST", path, body });
    } catch (error) {
      throw new KubectlError(`failed to create token: ${textOf(error)}`);
    }
    const { token = "" } = (answer["status"] ?? {}) as { token?: string };
    if (token === "") throw new KubectlError("failed to create token: no token in server response");
    if (call.changed("output")) print(answer, "created");
    else session.out(session.host.out.isTerminal ? `${token}\n` : token);
  },
});

/** Upstream's type has the bound object in any case. */
function asTyped(answer: Unstructured): Unstructured {
  const made = typed(answer);
  const { boundObjectRef = null, ...spec } = made["spec"] as { boundObjectRef?: unknown };
  return { ...made, spec: { ...spec, boundObjectRef } };
}

function checkBound({ kind, name, uid }: Bound): void {
  if (kind === "") {
    if (name !== "") throw new KubectlError("--bound-object-name can only be set if --bound-object-kind is provided");
    if (uid !== "") throw new KubectlError("--bound-object-uid can only be set if --bound-object-kind is provided");
    return;
  }
  if (!kinds.includes(kind)) throw new KubectlError(`supported --bound-object-kind values are ${kinds.join(", ")}`);
  if (name === "") throw new KubectlError("--bound-object-name is required if --bound-object-kind is provided");
}
