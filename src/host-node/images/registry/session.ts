/**
 * A repository on one server with one credential: answers the server's challenges (Bearer by a token service, Basic), retries what may pass, and turns
 * refusals into errors worded as containerd words them.
 * Upstream: the distribution specification, and docs/spec/auth of github.com/distribution/distribution
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Credential } from "./credentials.ts";
import { type HttpAnswer, httpRequest, readBody } from "./http.ts";
import { acceptedManifests, jsonObject } from "./manifests.ts";
import type { ProxyChoice } from "./proxy.ts";
import { RegistryError } from "./registryError.ts";
import type { Endpoint } from "./settings.ts";

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly repository: string;
  readonly credential: Credential | undefined;
  readonly signal: AbortSignal;
  /** A connection on which nothing comes for so long is broken off. */
  readonly stallMs: number;
  readonly proxyOf: ProxyChoice | undefined;
}

const maxManifestBytes = 4 * 1024 * 1024;
const maxTokenBytes = 1024 * 1024;
const maxErrorBytes = 64 * 1024;
const maxTries = 4;
const firstPauseMs = 200;

export class RegistrySession {
  readonly options: SessionOptions;
  #authorization = "";

  constructor(options: SessionOptions) {
    this.options = options;
  }

  async manifest(reference: string): Promise<Buffer> {
    const url = this.#url(`manifests/${reference}`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readBody(await this.#get(url, { accept: acceptedManifests }), url, maxManifestBytes);
      } catch (error) {
        const mayPass = error instanceof RegistryError && error.kind === "unreachable" && !isFinal(error);
        if (!mayPass || attempt === maxTries) throw error;
        await wait(firstPauseMs * 2 ** attempt, undefined, { signal: this.options.signal });
      }
    }
  }

  /** From byte `offset` on where the server can (status 206), else from the start (200). One try. */
  async blob(digest: string, offset: number): Promise<HttpAnswer> {
    return await this.#get(this.#url(`blobs/${digest}`), offset === 0 ? {} : { range: `bytes=${offset}-` });
  }

  #url(path: string): URL {
    return new URL(`v2/${this.options.repository}/${path}`, this.options.endpoint.base);
  }

  async #get(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    let answer = await this.#send(url, headers);
    if (answer.status === 401) {
      answer.body.resume();
      this.#authorization = await this.#answerChallenge(answer.headers["www-authenticate"] ?? "");
      answer = await this.#send(url, headers);
    }
    if (answer.status === 200 || answer.status === 206) return answer;
    throw await refusal(answer, url);
  }

  #send(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const authorization = this.#authorization === "" ? {} : { authorization: this.#authorization };
    return httpRequest({ ...this.options, url, headers: { ...headers, ...authorization } });
  }

  async #answerChallenge(challenge: string): Promise<string> {
    const { credential } = this.options;
    if (/^basic\b/i.test(challenge)) {
      if (credential === undefined) throw denied("no basic auth credentials");
      return basic(credential);
    }
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
    const realm = parameters.get("realm");
    if (!/^bearer\b/i.test(challenge) || realm === undefined)
      throw denied("the registry asks for authorization in a way that is not known");
    return `Bearer ${await this.#token(new URL(realm, this.options.endpoint.base), parameters)}`;
  }

  async #token(realm: URL, parameters: ReadonlyMap<string, string>): Promise<string> {
    const { credential, endpoint, repository } = this.options;
    if (realm.protocol !== "https:" && endpoint.base.protocol === "https:" && !endpoint.insecure)
      throw new RegistryError("refused", `${endpoint.host} names a token service at ${realm.origin}, which is not HTTPS`);
    const service = parameters.get("service") ?? "";
    const scope = parameters.get("scope") ?? `repository:${repository}:pull`;
    let answer: HttpAnswer;
    if (credential?.identityToken === undefined) {
      if (service !== "") realm.searchParams.set("service", service);
      realm.searchParams.set("scope", scope);
      answer = await httpRequest({
        ...this.options,
        url: realm,
        headers: credential === undefined ? {} : { authorization: basic(credential) },
      });
    } else {
      const form = { grant_type: "refresh_token", service, scope, client_id: "coxswain", refresh_token: credential.identityToken };
      const body = new URLSearchParams(form).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      answer = await httpRequest({ ...this.options, url: realm, method: "POST", body, headers });
    }
    if (answer.status !== 200) throw await refusal(answer, realm);
    const { token, access_token: accessToken } = jsonObject(await readBody(answer, realm, maxTokenBytes), "token service's answer");
    const given = token ?? accessToken;
    if (typeof given !== "string" || given === "") throw new RegistryError("broken", `${realm.host} gave no token`);
    return given;
  }
}

function basic({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function denied(message: string): RegistryError {
  return new RegistryError(
    "unauthorized",
    `pull access denied, repository does not exist or may require authorization: authorization failed: ${message}`,
  );
}

/** Retrying won't help: wrong certificates, no such host, nobody there. */
function isFinal(error: RegistryError): boolean {
  return /tls:|no such host$|refused|HTTP response/.test(error.message);
}

async function refusal(answer: HttpAnswer, url: URL): Promise<RegistryError> {
  const said = await readBody(answer, url, maxErrorBytes)
    .then(firstMessage)
    .catch(() => "");
  const { status } = answer;
  if (status === 401 || status === 403) return denied(said || `${url.host} answered ${status}`);
  if (status === 404) return new RegistryError("notFound", said === "" ? "not found" : `not found (${said})`);
  const text = `${url.host} answered ${status} to ${url.pathname}${said === "" ? "" : `: ${said}`}`;
  return new RegistryError(status === 429 || status >= 500 ? "unreachable" : "refused", text);
}

function firstMessage(body: Buffer): string {
  const { errors, details } = jsonObject(body, "answer");
  const [first] = Array.isArray(errors) ? (errors as { code?: string; message?: string }[]) : [];
  return first?.message ?? first?.code ?? (typeof details === "string" ? details : "");
}
