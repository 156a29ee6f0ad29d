/**
 * How pods of a CRI runtime get our network: a CNI plug-in of a few shell lines, which the runtime runs for each sandbox with the path of its network
 * namespace. What to do there was written down before by the node agent, under the pod's uid; so the plug-in needs nobody to talk to, and serves
 * every cluster of the machine. ADR 0012. Upstream: the CNI specification
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PodLink } from "../network/clusterNetwork.ts";

/** Root's alone: what is written there is done by root. */
const planFolder = "/run/coxswain/cni";
const pluginName = "coxswain";
const configName = "10-coxswain.conflist";
const cniVersion = "0.4.0";

const pluginScript = `#!/bin/sh
# Joins a pod of Coxswain to its cluster's network, by the plan that the node agent has laid out.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
fail() {
  printf '{"cniVersion":"${cniVersion}","code":%s,"msg":"%s"}\\n' "$1" "$2"
  exit 1
}
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"${cniVersion}","supportedVersions":["0.3.0","0.3.1","0.4.0"]}' ;;
ADD)
  uid=$(printf '%s' "$CNI_ARGS" | tr ';' '\\n' | sed -n 's/^K8S_POD_UID=//p')
  case "$uid" in '' | *[!-0-9a-zA-Z_.]*) fail 7 'no pod uid in CNI_ARGS' ;; esac
  plan=${planFolder}/$uid
  [ -r "$plan/result" ] || fail 11 'Coxswain has no network for this pod: only pods of its own nodes can use it'
  said=$(nsenter --net="$CNI_NETNS" ip -batch "$plan/lines" 2>&1) || fail 100 "$(printf '%s' "$said" | tr -d '"\\\\' | tr '\\n' ' ')"
  cat "$plan/result"
  ;;
*) ;;
esac
`;

/** Runtimes want it beside their other plug-ins; where the usual one isn't installed this one does. */
const loopbackScript = `#!/bin/sh
# Brings up a sandbox's loopback device. Written by Coxswain, as there was no other.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"${cniVersion}","supportedVersions":["0.3.0","0.3.1","0.4.0"]}' ;;
ADD)
  nsenter --net="$CNI_NETNS" ip link set lo up || exit 1
  printf '{"cniVersion":"${cniVersion}","interfaces":[{"name":"lo","mac":"00:00:00:00:00:00","sandbox":"%s"}],"ips":[{"version":"4","address":"127.0.0.1/8","interface":0}],"dns":{}}\\n' "$CNI_NETNS"
  ;;
*) ;;
esac
`;

export interface CniFolders {
  readonly config: string;
  readonly plugins: string;
}

/** Somebody else's network is configured there. */
export class ForeignNetworkError extends Error {
  override readonly name = "ForeignNetworkError";
}

/** Writes the plug-in and its configuration where the runtime looks for them; does nothing where they stand already. */
export function installPlugin({ config, plugins }: CniFolders): void {
  mkdirSync(config, { recursive: true });
  mkdirSync(plugins, { recursive: true });
  const others = readdirSync(config).filter((name) => name !== configName && /\.(conf|conflist|json)$/.test(name));
  if (others.length > 0) {
    throw new ForeignNetworkError(
      `the runtime's pod network is configured by ${others.map((name) => join(config, name)).join(", ")}: Coxswain's pods need a network of their own, so move that away or give the runtime another CNI folder`,
    );
  }
  put(join(plugins, pluginName), pluginScript, 0o755);
  if (!existsSync(join(plugins, "loopback"))) put(join(plugins, "loopback"), loopbackScript, 0o755);
  const list = { cniVersion, name: pluginName, plugins: [{ type: pluginName }] };
  put(join(config, configName), `${JSON.stringify(list, undefined, 2)}\n`, 0o644);
}

function put(path: string, text: string, mode: number): void {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(`${path}.part`, text);
  chmodSync(`${path}.part`, mode);
  renameSync(`${path}.part`, path);
}

/** What the plug-in does and answers for this pod. */
export async function layOutPlan(podUid: string, link: PodLink): Promise<void> {
  const folder = planPath(podUid);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const result = {
    cniVersion,
    interfaces: [{ name: "eth0", sandbox: "pod" }],
    ips: [{ version: "4", address: `${link.ip}/32`, interface: 0 }],
    dns: {},
  };
  await writeFile(join(folder, "lines"), link.insideLines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  await writeFile(join(folder, "result"), JSON.stringify(result), { mode: 0o600 });
}

export async function removePlan(podUid: string): Promise<void> {
  await rm(planPath(podUid), { recursive: true, force: true });
}

function planPath(podUid: string): string {
  if (!/^[-\w.]+$/.test(podUid) || podUid.startsWith(".")) throw new Error(`${JSON.stringify(podUid)} can't be a pod's uid`);
  return join(planFolder, podUid);
}
