/**
 * Who a container's program runs as: the user and groups that the pod or else the image asks for, by name or number, looked up in the image's own
 * /etc/passwd and /etc/group. Upstream: containerd's CRI plugin (container_create.go), moby/sys/user
 */
import { readFileSync } from "node:fs";
import type { ContainerConfig } from "../../kubelet/ports/runtime.ts";
import { findInRoot, type RootView } from "./rootView.ts";

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Beside the gid. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** A user or group by a name that the image doesn't know. */
class UnknownAccount extends Error {
  override readonly name = "UnknownAccount";
}

const maxAccountFileBytes = 10 * 1024 * 1024;
const maxId = 2 ** 31 - 1;

/** `imageUser`: `user`, `uid`, `user:group` or any mixture; empty for root. */
export function identityOf(view: RootView, security: ContainerConfig["security"], imageUser: string): Identity {
  const [imageName = "", imageGroup = ""] = imageUser.split(":");
  const name = security.runAsUser === undefined ? imageName || "0" : String(security.runAsUser);
  const group = security.runAsGroup === undefined ? (security.runAsUser === undefined ? imageGroup : "") : String(security.runAsGroup);
  const account = accountOf(view, name);
  const groupLines = linesOf(view, "/etc/group");
  const gid = group === "" ? account.gid : groupIdOf(groupLines, group);
  const ofImage = security.supplementalGroupsPolicy === "Strict" ? [] : groupsWith(groupLines, account.name);
  const groups = [...new Set([...ofImage, ...(security.supplementalGroups ?? [])])].filter((each) => each !== gid);
  return { uid: account.uid, gid, groups, home: account.home };
}

interface Account {
  /** Empty for a number that has no entry. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

function accountOf(view: RootView, wanted: string): Account {
  const uid = numberOf(wanted);
  const line = linesOf(view, "/etc/passwd").find(([login, , id]) => (uid === undefined ? login === wanted : numberOf(id ?? "") === uid));
  if (line === undefined && uid === undefined)
    throw new UnknownAccount(`unable to find user ${wanted}: no matching entries in passwd file`);
  const [name = "", , id = "", gid = "", , home = ""] = line ?? [];
  return { name, uid: uid ?? numberOf(id) ?? 0, gid: numberOf(gid) ?? 0, home: home || "/" };
}

function groupIdOf(lines: readonly (readonly string[])[], wanted: string): number {
  const gid = numberOf(wanted) ?? numberOf(lines.find(([title]) => title === wanted)?.[2] ?? "");
  if (gid === undefined) throw new UnknownAccount(`unable to find group ${wanted}: no matching entries in group file`);
  return gid;
}

function groupsWith(lines: readonly (readonly string[])[], login: string): readonly number[] {
  if (login === "") return [];
  const own = lines.filter(([, , , members = ""]) => members.split(",").includes(login));
  return own.map(([, , gid = ""]) => numberOf(gid)).filter((gid) => gid !== undefined);
}

function numberOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= maxId ? Number(text) : undefined;
}

function linesOf(view: RootView, path: string): readonly (readonly string[])[] {
  const { host, stats } = findInRoot(view, path);
  if (host === undefined || stats?.isFile() !== true || stats.size > maxAccountFileBytes) return [];
  return readFileSync(host, "utf8")
    .split("\n")
    .map((line) => line.trim().split(":"));
}
