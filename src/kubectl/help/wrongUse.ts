/** Some verbs answer a wrong use with their whole help on stdout, then the reason. */
import type { Call } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { helpText } from "./help.ts";

/** Prints the help; gives the error to throw. */
export async function wrongUse(call: Pick<Call, "path" | "session">, reason: string): Promise<KubectlError> {
  const { path, session } = call;
  session.out((await helpText(path.replace(/^kubectl ?/, ""), session.host)) ?? "");
  return new KubectlError(reason);
}
