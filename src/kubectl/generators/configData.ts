/** ConfigMaps and Secrets out of entries. Upstream: kubectl/pkg/cmd/create/create_{configmap,secret,secret_docker}.go, kubectl/pkg/util/hash */
import { configKeyProblems } from "../../machinery/names.ts";
import { toBase64 } from "../../schema/scalars/base64.ts";
import { goJson, goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";

/** Texts go into data, other bytes into binaryData. */
export class ConfigMapEntries {
  readonly data: Record<string, string> = {};
  readonly binaryData: Record<string, string> = {};
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  add(key: string, value: Uint8Array): void {
    const problems = configKeyProblems(key);
    if (problems.length > 0) throw new KubectlError(`${goQuote(key)} is not a valid key name for a ConfigMap: ${problems.join(",")}`);
    const taken = Object.hasOwn(this.data, key) ? "Data" : Object.hasOwn(this.binaryData, key) ? "BinaryData" : undefined;
    if (taken !== undefined) {
      throw new KubectlError(
        `cannot add key ${goQuote(key)}, another key by that name already exists in ${taken} for ConfigMap ${goQuote(this.name)}`,
      );
    }
    const text = textOfBytes(value);
    if (text === undefined) this.binaryData[key] = toBase64(value);
    else this.data[key] = text;
  }
}

export class SecretEntries {
  readonly data: Record<string, string> = {};

  add(key: string, value: Uint8Array): void {
    const problems = configKeyProblems(key);
    if (problems.length > 0) throw new KubectlError(`${goQuote(key)} is not valid key name for a Secret ${problems.join(";")}`);
    if (Object.hasOwn(this.data, key)) throw new KubectlError(`cannot add key ${key}, another key by that name already exists`);
    this.data[key] = toBase64(value);
  }
}

function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A Docker configuration with the one registry. */
export function dockerConfig(login: {
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly email: string;
}): Uint8Array {
  const { server, username, password, email } = login;
  const auth = toBase64(new TextEncoder().encode(`${username}:${password}`));
  const entry = { username, password, ...(email === "" ? {} : { email }), auth };
  const plain = JSON.stringify({ auths: { [server]: entry } });
  return new TextEncoder().encode(plain.replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`));
}

/** The name with a hash of what is inside, as kustomize makes it too. */
export async function hashedName(object: Unstructured): Promise<string> {
  const name = object.metadata?.name ?? "";
  const { kind, data = {}, binaryData, type = "" } = object as { kind: string; data?: object; binaryData?: object; type?: string };
  const content =
    kind === "Secret"
      ? { kind, type, name, data }
      : { kind, name, data, ...(binaryData === undefined || Object.keys(binaryData).length === 0 ? {} : { binaryData }) };
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(goJson(content))));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const letters: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
  const hash = hex.slice(0, 10).replaceAll(/[013ae]/g, (letter) => letters[letter] ?? letter);
  return `${name}-${hash}`;
}
