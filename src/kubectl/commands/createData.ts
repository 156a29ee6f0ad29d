/** `kubectl create configmap`, `kubectl create secret ...`. Upstream: kubectl/pkg/cmd/create/create_{configmap,secret,secret_docker,secret_tls}.go */
import { verb, type Verb, verbGroup } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { array, bool, list, text } from "../flags.ts";
import { ConfigMapEntries, dockerConfig, hashedName, SecretEntries } from "../generators/configData.ts";
import { addFromEnvFiles, addFromFiles, addFromLiterals } from "../generators/dataSources.ts";
import { checkKeyPair } from "../generators/keyPair.ts";
import type { KubectlHost } from "../host.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { createGenerated, generatorFlags } from "./createGenerated.ts";

const sourceFlags = {
  "append-hash": bool(),
  "from-env-file": list(),
  "from-file": list(),
  "from-literal": array(),
};

function refuseMixedSources(flags: {
  readonly "from-env-file": readonly string[];
  readonly "from-file": readonly string[];
  readonly "from-literal": readonly string[];
}): void {
  if (flags["from-env-file"].length > 0 && (flags["from-file"].length > 0 || flags["from-literal"].length > 0)) {
    throw new KubectlError("from-env-file cannot be combined with from-file or from-literal");
  }
}

export const createConfigMap: Verb = verb({
  name: "configmap",
  aliases: ["cm"],
  flags: { ...generatorFlags, ...sourceFlags },
  async run(call) {
    const { flags, session } = call;
    await createGenerated(call, {
      failure: "failed to create configmap:",
      async make(name) {
        refuseMixedSources(flags);
        const entries = new ConfigMapEntries(name);
        const add = (key: string, value: Uint8Array): void => entries.add(key, value);
        await addFromFiles(flags["from-file"], session.host, add);
        addFromLiterals(flags["from-literal"], add);
        await addFromEnvFiles(flags["from-env-file"], "config", session.host, add);
        const { data, binaryData } = entries;
        return hashed({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data, binaryData }, flags["append-hash"]);
      },
    });
  },
});

function secretOf(name: string, type: string, { data }: SecretEntries): Unstructured {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, data, type };
}

async function hashed(object: Unstructured, wanted: boolean): Promise<Unstructured> {
  return wanted ? { ...object, metadata: { ...object.metadata, name: await hashedName(object) } } : object;
}

const failure = "failed to create secret";

const generic: Verb = verb({
  name: "generic",
  flags: { ...generatorFlags, ...sourceFlags, type: text() },
  async run(call) {
    const { flags, session } = call;
    await createGenerated(call, {
      failure,
      async make(name) {
        refuseMixedSources(flags);
        const entries = new SecretEntries();
        const add = (key: string, value: Uint8Array): void => entries.add(key, value);
        addFromLiterals(flags["from-literal"], add);
        await addFromFiles(flags["from-file"], session.host, add);
        await addFromEnvFiles(flags["from-env-file"], "secret", session.host, add);
        return hashed(secretOf(name, flags.type, entries), flags["append-hash"]);
      },
    });
  },
});

const dockerKey = ".dockerconfigjson";

const dockerRegistry: Verb = verb({
  name: "docker-registry",
  flags: {
    ...generatorFlags,
    "append-hash": bool(),
    "docker-email": text(),
    "docker-password": text(),
    "docker-server": text({ initial: "https://index.docker.io/v1/" }),
    "docker-username": text(),
    "from-file": list(),
  },
  async run(call) {
    const { flags, session } = call;
    const login = {
      server: flags["docker-server"],
      username: flags["docker-username"],
      password: flags["docker-password"],
      email: flags["docker-email"],
    };
    const files = flags["from-file"].map((source) => (source.includes("=") ? source : `${dockerKey}=${source}`));
    await createGenerated(call, {
      failure,
      async make(name) {
        if (files.length === 0 && (login.username === "" || login.password === "" || login.server === "")) {
          throw new KubectlError(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
          );
        }
        const entries = new SecretEntries();
        await addFromFiles(files, session.host, (key, value) => entries.add(key, value));
        if (files.length === 0) entries.add(dockerKey, dockerConfig(login));
        return hashed(secretOf(name, "kubernetes.io/dockerconfigjson", entries), flags["append-hash"]);
      },
    });
  },
});

const tls: Verb = verb({
  name: "tls",
  flags: { ...generatorFlags, "append-hash": bool(), cert: text(), key: text() },
  async run(call) {
    const { flags, session } = call;
    await createGenerated(call, {
      failure,
      async make(name) {
        if (flags.key === "" || flags.cert === "") throw new KubectlError("key and cert must be specified");
        const entries = new SecretEntries();
        const cert = await readOrRefuse(flags.cert, session.host);
        const key = await readOrRefuse(flags.key, session.host);
        const [certText = "", keyText = ""] = [cert, key].map((bytes) => new TextDecoder().decode(bytes));
        await checkKeyPair(certText, keyText, session.host);
        entries.add("tls.crt", cert);
        entries.add("tls.key", key);
        return hashed(secretOf(name, "kubernetes.io/tls", entries), flags["append-hash"]);
      },
    });
  },
});

async function readOrRefuse(path: string, host: KubectlHost): Promise<Uint8Array> {
  try {
    return await host.files.read(path);
  } catch (error) {
    throw new KubectlError(`Cannot read file ${path}, ${textOf(error)}`);
  }
}

export const createSecret: Verb = verbGroup("secret", [dockerRegistry, tls, generic], { helpOnStderr: true });
