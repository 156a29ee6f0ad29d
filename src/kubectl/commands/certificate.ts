/** `kubectl certificate approve|deny`. Upstream: kubectl/pkg/cmd/certificates/certificates.go */
import { rfc3339 } from "../../machinery/time.ts";
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { CertificateSigningRequest } from "../../schema/shapes/certificates.v1.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { bool } from "../flags.ts";
import { helpText } from "../help/help.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { printFlags } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { hasFiles } from "../writing/selecting.ts";

interface Decision {
  readonly name: "approve" | "deny";
  readonly operation: string;
  readonly condition: "Approved" | "Denied";
  readonly reason: string;
  readonly message: string;
}

const attempts = 10;

function decisionVerb(decision: Decision): Verb {
  return verb({
    name: decision.name,
    flags: { ...printFlags, ...filenameFlags, force: bool() },
    async run(call) {
      const { flags, session, args } = call;
      const print = await resultPrinter(session, flags);
      if (args.length === 0 && !hasFiles(flags)) throw new KubectlError("one or more CSRs must be specified as <name> or -f <filename>");
      const selection = await select(session, {
        namespace: "",
        files: filenamesOf(flags),
        continueOnError: true,
        latest: true,
        flatten: true,
        ...(args.length === 0 ? {} : { names: { type: "certificatesigningrequests", names: args } }),
      });
      const mapping = (await session.mapper()).forKind("certificates.k8s.io", "CertificateSigningRequest", "v1");
      const requests = new Requests(await session.api());
      let found = 0;
      await selection.visit(async (info) => {
        for (let attempt = 0; ; attempt += 1) {
          let current: Unstructured;
          try {
            current = await requests.get(mapping, { namespace: "", name: info.name });
          } catch (error) {
            if (isApiError(error, "NotFound")) throw new KubectlError(`could not find v1 version of ${info.name}: ${textOf(error)}`);
            throw error;
          }
          const decided = withDecision(current, decision, rfc3339(session.host.clock.now()));
          if (decided === undefined && !flags.force) break;
          try {
            await requests.replace(mapping, { namespace: "", name: info.name }, decided ?? current, { subresource: "approval" });
            break;
          } catch (error) {
            if (!isApiError(error, "Conflict") || attempt >= attempts) throw error;
          }
        }
        found += 1;
        print(info.object, decision.operation);
      });
      if (found === 0) session.out("No resources found\n");
    },
  });
}

/** undefined where it has been decided so already. */
function withDecision(object: Unstructured, { condition, reason, message }: Decision, now: string): Unstructured | undefined {
  const request = object as unknown as CertificateSigningRequest;
  const conditions = request.status?.conditions ?? [];
  const opposite = condition === "Approved" ? "Denied" : "Approved";
  if (conditions.some(({ type }) => type === opposite)) {
    throw new KubectlError(`certificate signing request ${goQuote(object.metadata?.name ?? "")} is already ${opposite}`);
  }
  if (conditions.some(({ type }) => type === condition)) return undefined;
  const added = { type: condition, status: "True", reason, message, lastUpdateTime: now };
  return { ...object, status: { ...request.status, conditions: [...conditions, added] } };
}

const approve: Verb = decisionVerb({
  name: "approve",
  operation: "approved",
  condition: "Approved",
  reason: "KubectlApprove",
  message: "This CSR was approved by kubectl certificate approve.",
});

const deny: Verb = decisionVerb({
  name: "deny",
  operation: "denied",
  condition: "Denied",
  reason: "KubectlDeny",
  message: "This CSR was denied by kubectl certificate deny.",
});

/** Alone it prints its help, and doesn't fail. */
export const certificate: Verb = verb(
  {
    name: "certificate",
    flags: {},
    async run({ session }) {
      session.out((await helpText("certificate", session.host)) ?? "");
    },
  },
  [approve, deny],
);
