/** Where port-forward listens. Upstream: client-go/tools/portforward/portforward.go (parseAddresses) */
import { familyOf } from "../../api/addressChecks.ts";
import { KubectlError } from "../errors.ts";

export interface ListenAddress {
  readonly address: string;
  /** One of those that `localhost` means is enough; of the others each is needed. */
  readonly ofLocalhost: boolean;
}

/** In the order of their texts. */
export function listenAddresses(given: readonly string[]): ListenAddress[] {
  if (given.length === 0) throw new KubectlError("you must specify at least 1 address");
  const found = new Map<string, ListenAddress>();
  for (const address of given) {
    if (address !== "localhost" && familyOf(address) === undefined) throw new KubectlError(`${address} is not a valid IP`);
    const ofLocalhost = address === "localhost";
    for (const one of ofLocalhost ? ["127.0.0.1", "::1"] : [address])
      if (!ofLocalhost || !found.has(one)) found.set(one, { address: one, ofLocalhost });
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}
