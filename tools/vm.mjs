// @ts-check
/**
 * Runs shell text in a virtual machine whose root is this machine's, shared read-only (virtiofs) under a layer in memory, with a kernel of Debian's and
 * control groups v2 only: for what this machine's own kernel can't show. `node tools/vm.mjs 'uname -r'`. Needs root, KVM, qemu and Debian's archive.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./install.mjs";

const cache = join(root, ".cache/vm");
const init = join(root, "tools/vm/init.sh");
const qemu = "/usr/bin/qemu-system-x86_64";
const busybox = "/usr/bin/busybox";
const fileServers = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"];
const memory = "4G";
const diskSize = "8G";
/** COX_VM=tcg: an emulated processor, about fifteen times slower, where KVM can't be used. */
const accelerator = process.env["COX_VM"] === "tcg" ? "tcg" : "kvm";
/** What the first file system brings up before it can mount the machine's root. */
const firstModules = ["virtio_pci", "virtiofs", "overlay", "virtio-rng", "virtio_blk"];

/** Why there can be no virtual machine here. @returns {string | undefined} */
export function vmRefusal() {
  if (process.arch !== "x64") return `the kernel that is fetched is for x64, not ${process.arch}`;
  if (process.getuid?.() !== 0) return "sharing the machine's root needs root";
  if (!existsSync(qemu)) return "there is no qemu-system-x86_64 (Debian: qemu-system-x86)";
  if (!fileServers.some((path) => existsSync(path))) return "there is no virtiofsd (Debian: virtiofsd, or qemu-system-common before 13)";
  if (!existsSync(busybox)) return "there is no busybox (Debian: busybox-static)";
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    kernelFiles();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

/** @param {string} file @param {string[]} args @param {string} [cwd] */
function run(file, args, cwd = root) {
  const done = spawnSync(file, args, { cwd, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${file} ${args.join(" ")}: ${done.error?.message ?? done.stderr.trim()}`);
  return done.stdout;
}

/** The folder with Debian's small kernel (27 MB to fetch), unpacked beside the checkout; nothing is installed. */
function kernelFiles() {
  const there = existsSync(cache) ? readdirSync(cache).find((name) => existsSync(join(cache, name, "boot/initrd"))) : undefined;
  if (there !== undefined) return join(cache, there);
  const meta = "linux-image-cloud-amd64";
  const name = /Depends: (linux-image-\S+)/.exec(run("apt-cache", ["depends", meta]))?.[1];
  if (name === undefined) throw new Error(`Debian's ${meta} names no kernel`);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "new-"));
  try {
    run("apt-get", ["download", "-qq", name], folder);
    const archive = readdirSync(folder).find((each) => each.endsWith(".deb")) ?? "";
    run("dpkg", ["-x", archive, "."], folder);
    rmSync(join(folder, archive));
    makeInitrd(folder, name.replace("linux-image-", ""));
    chmodSync(folder, 0o755);
    rmSync(join(cache, name), { recursive: true, force: true });
    renameSync(folder, join(cache, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return join(cache, name);
}

/** A first file system with busybox, init.sh and a few modules. @param {string} folder @param {string} version */
function makeInitrd(folder, version) {
  run(busybox, ["depmod", "-b", folder, version]);
  const first = join(folder, "first");
  const modules = join("lib/modules", version);
  for (const name of ["bin", "proc", "sys", "dev", "lower", "over", "new", modules]) mkdirSync(join(first, name), { recursive: true });
  const table = readFileSync(join(folder, modules, "modules.dep"), "utf8").split("\n");
  for (const line of table.filter((each) => firstModules.some((name) => each.includes(`/${name}.ko:`))))
    for (const file of line.replace(":", "").split(" ").filter(Boolean)) {
      mkdirSync(join(first, modules, dirname(file)), { recursive: true });
      copyFileSync(join(folder, modules, file), join(first, modules, file));
    }
  copyFileSync(join(folder, modules, "modules.dep"), join(first, modules, "modules.dep"));
  copyFileSync(busybox, join(first, "bin/busybox"));
  for (const tool of run(busybox, ["--list"]).split("\n").filter(Boolean))
    if (tool !== "busybox") symlinkSync("busybox", join(first, "bin", tool));
  copyFileSync(init, join(first, "init"));
  chmodSync(join(first, "init"), 0o755);
  run("sh", ["-c", `find . | ${busybox} cpio -o -H newc | gzip -1 >../boot/initrd`], first);
  rmSync(first, { recursive: true });
}

/**
 * Runs `script` as root in a machine of its own and gives its exit code and all that it wrote; `said` is called with each piece.
 * @param {string} script @param {{ timeoutMs: number, said?: (text: string) => void }} options
 * @returns {Promise<{ code: number | undefined, output: string }>}
 */
export async function runInVm(script, { timeoutMs, said }) {
  const kernel = kernelFiles();
  const folder = mkdtempSync(join(tmpdir(), "cox-vm-"));
  const [file, socket] = [join(folder, "script"), join(folder, "socket")];
  writeFileSync(file, script);
  const [share, disk] = [join(folder, "root"), join(folder, "disk")];
  mkdirSync(share);
  // Sparse: takes what is written.
  run("mke2fs", ["-q", "-t", "ext4", disk, diskSize]);
  // Read-only here already, not by the guest's good will; a mount namespace of its own takes the mount away with the server.
  const serve = `mount -n --make-rprivate / && mount -n --bind / "$2" && mount -n -o remount,bind,ro "$2" &&
    exec "$0" --socket-path="$1" -o source="$2" -o sandbox=chroot -o cache=always -o xattr -f`;
  const server = fileServers.find((path) => existsSync(path)) ?? "";
  const files = spawn("unshare", ["--mount", "sh", "-c", serve, server, socket, share], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  files.stderr.on("data", (data) => (complaint += data));
  try {
    for (let tries = 0; !existsSync(socket); tries += 1) {
      if (files.exitCode !== null || tries > 100) throw new Error(`the machine's root could not be shared: ${complaint.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return await boot({ kernel, file, socket, disk }, timeoutMs, said);
  } finally {
    files.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ kernel: string, file: string, socket: string, disk: string }} from @param {number} timeoutMs @param {((text: string) => void) | undefined} said
 * @returns {Promise<{ code: number | undefined, output: string }>}
 */
async function boot({ kernel, file, socket, disk }, timeoutMs, said) {
  const words = `console=ttyS0 quiet loglevel=3 panic=-1 cgroup_no_v1=all rdinit=/init vm.script=${file} vm.kernel=${kernel}`;
  const boots = join(kernel, "boot");
  const image = join(boots, readdirSync(boots).find((name) => name.startsWith("vmlinuz-")) ?? "");
  const machine = [
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
    "-machine",
    `q35,accel=${accelerator}`,
    "-cpu",
    accelerator === "kvm" ? "host" : "max",
    "-smp",
    "2",
  ];
  const devices = [
    "-chardev",
    `socket,id=root,path=${socket}`,
    "-device",
    "vhost-user-fs-pci,chardev=root,tag=root",
    "-device",
    "virtio-rng-pci",
  ];
  const drive = ["-drive", `file=${disk},format=raw,if=virtio,cache=unsafe`];
  const shared = ["-m", memory, "-object", `memory-backend-memfd,id=mem,size=${memory},share=on`, "-numa", "node,memdev=mem"];
  const start = ["-kernel", image, "-initrd", join(boots, "initrd"), "-append", words, "-serial", "stdio"];
  const child = spawn(qemu, [...machine, ...shared, ...devices, ...drive, ...start], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      said?.(text);
    });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  const [, before = output, code] = /^([^]*)vm ended with (\d+)\n[^]*$/.exec(output.replaceAll("\r\n", "\n")) ?? [];
  return { code: code === undefined ? undefined : Number(code), output: before };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const refusal = vmRefusal();
  if (refusal !== undefined) throw new Error(refusal);
  const { code } = await runInVm(process.argv[2] ?? "", { timeoutMs: 1_800_000, said: (text) => process.stdout.write(text) });
  process.exitCode = code ?? 1;
}
