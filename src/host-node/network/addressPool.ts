/**
 * Addresses of one node's pods. Hands them out in a ring, so that a freed address rests as long as the range allows: a client with a stale
 * backend meets nobody rather than somebody else's pod.
 */
export class AddressesExhausted extends Error {
  override readonly name = "AddressesExhausted";
}

export interface AddressPool {
  /** `wanted`: that one rather than another, if it is free. */
  take(owner: string, wanted?: string): string;
  free(owner: string): void;
  ownerOf(address: string): string | undefined;
  /** How many are in use. */
  readonly size: number;
}

/** `cidr` is a node's pod range such as 10.244.3.0/24; network, first (gateway) and broadcast address stay unused. */
export function addressPool(cidr: string): AddressPool {
  const { first, count } = usableRange(cidr);
  const byOwner = new Map<string, string>();
  const byAddress = new Map<string, string>();
  let next = 0;
  const isWithin = (address: string): boolean => parseAddress(address) >= first && parseAddress(address) < first + count;
  return {
    take(owner, wanted) {
      const known = byOwner.get(owner);
      if (known !== undefined) return known;
      if (wanted !== undefined && !byAddress.has(wanted) && isWithin(wanted)) {
        byOwner.set(owner, wanted);
        byAddress.set(wanted, owner);
        return wanted;
      }
      for (let tried = 0; tried < count; tried += 1) {
        const address = formatAddress(first + next);
        next = (next + 1) % count;
        if (byAddress.has(address)) continue;
        byOwner.set(owner, address);
        byAddress.set(address, owner);
        return address;
      }
      throw new AddressesExhausted(`all ${count} addresses of ${cidr} are in use`);
    },
    free(owner) {
      const address = byOwner.get(owner);
      if (address === undefined) return;
      byOwner.delete(owner);
      byAddress.delete(address);
    },
    ownerOf: (address) => byAddress.get(address),
    get size() {
      return byOwner.size;
    },
  };
}

function usableRange(cidr: string): { readonly first: number; readonly count: number } {
  const [base = "", bits = ""] = cidr.split("/");
  const prefix = Number(bits);
  if (!/^\d+$/.test(bits) || prefix < 8 || prefix > 29) throw new RangeError(`pod range ${cidr}: the prefix must be between /8 and /29`);
  const size = 2 ** (32 - prefix);
  const network = Math.floor(parseAddress(base) / size) * size;
  return { first: network + 2, count: size - 3 };
}

function parseAddress(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    throw new RangeError(`${text} is not an IPv4 address`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
