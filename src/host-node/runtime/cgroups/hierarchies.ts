/**
 * Where control groups are on this machine, read out of /proc: v1 has a tree per controller, v2 one tree, a hybrid machine both. Pure: texts in, places out.
 */

export interface Hierarchy {
  readonly version: 1 | 2;
  /** v1: what this tree controls. v2: empty, as its files tell. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** Where this process is in it: a folder at or below the mount point. */
  readonly own: string;
}

/** `mountinfo` and `membership`: /proc/self/mountinfo and /proc/self/cgroup. */
export function hierarchiesOf(mountinfo: string, membership: string): readonly Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    const hierarchy = hierarchyOf(line, membership);
    if (hierarchy !== undefined && !found.some(({ mountPoint }) => mountPoint === hierarchy.mountPoint)) found.push(hierarchy);
  }
  return found;
}

/** Where any tree of groups is mounted, those too that nothing here is done with. */
export function groupMountPoints(mountinfo: string): readonly string[] {
  const found = mountinfo.split("\n").map((line) => groupMount(line)?.mountPoint);
  return [...new Set(found.filter((path) => path !== undefined))];
}

interface GroupMount {
  readonly type: "cgroup" | "cgroup2";
  readonly options: string;
  readonly root: string;
  readonly mountPoint: string;
}

function groupMount(line: string): GroupMount | undefined {
  const [placed = "", kind = ""] = line.split(" - ");
  const [type = "", , options = ""] = kind.split(" ");
  if (type !== "cgroup" && type !== "cgroup2") return undefined;
  const [, , , root = "", mountPoint = ""] = placed.split(" ").map(unescaped);
  return { type, options, root, mountPoint };
}

function hierarchyOf(line: string, membership: string): Hierarchy | undefined {
  const mount = groupMount(line);
  if (mount === undefined) return undefined;
  const { type, options, root, mountPoint } = mount;
  const version = type === "cgroup2" ? 2 : 1;
  const controllers = version === 2 ? [] : options.split(",").filter((word) => v1Controllers.has(word));
  const path = pathIn(membership, version, controllers);
  const own = path === undefined ? undefined : below(mountPoint, root, path);
  return own === undefined ? undefined : { version, controllers, mountPoint, own };
}

/** Those that anything here is done with. */
const v1Controllers = new Set(["cpu", "cpuacct", "memory", "pids"]);

function pathIn(membership: string, version: 1 | 2, controllers: readonly string[]): string | undefined {
  for (const line of membership.split("\n")) {
    const [, names = "", ...path] = line.split(":");
    const same = version === 2 ? line.startsWith("0::") : names.split(",").some((name) => controllers.includes(name));
    if (same) return path.join(":");
  }
  return undefined;
}

/** A mount may show only a part of the tree, from `root` on; undefined when this process is outside of it. */
function below(mountPoint: string, root: string, path: string): string | undefined {
  if (root === "/") return path === "/" ? mountPoint : `${mountPoint}${path}`;
  if (path === root) return mountPoint;
  return path.startsWith(`${root}/`) ? `${mountPoint}${path.slice(root.length)}` : undefined;
}

function unescaped(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
