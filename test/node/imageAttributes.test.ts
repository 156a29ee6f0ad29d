/** Extended attributes of layers that GNU tar made of real files: capabilities come along as root, and nothing that would steer the overlay. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unpackLayers } from "../../src/host-node/images/unpack/unpack.ts";
import { genuineTools, realCluster } from "../lab/realCluster.ts";
import { buildImage, layer } from "./images/builder.ts";
import { faultyRegistry } from "./images/faultyRegistry.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-attributes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tools = genuineTools();

/** Runs a program; gives what it printed, or undefined where it failed. */
function done(file: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(file, args, { encoding: "utf8", cwd: folder, env: { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" } });
  return status === 0 ? stdout : undefined;
}

function made(): Buffer | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/bin/busybox")) return undefined;
  mkdirSync(join(folder, "files/bin"), { recursive: true });
  for (const name of ["ping", "cat"]) copyFileSync("/bin/busybox", join(folder, "files/bin", name));
  writeFileSync(join(folder, "files/marked"), "");
  for (const name of ["ping", "cat"]) chmodSync(join(folder, "files/bin", name), 0o755);
  const set = "setcap cap_net_raw+ep files/bin/ping && setcap cap_net_raw+ep files/bin/cat";
  const mark = `perl -e 'for(qw(user.note trusted.overlay.opaque)){my($f,$n,$v)=("files/marked",$_,"y");syscall(188,$f,$n,$v,1,0)==0 or die $!}'`;
  const archive = "tar --format=posix --xattrs --xattrs-include='*' -C files -cf - bin marked";
  const { status, stdout } = spawnSync("sh", ["-c", `${set} && ${mark} && ${archive}`], { cwd: folder, maxBuffer: 64 * 2 ** 20 });
  return status === 0 ? stdout : undefined;
}

const withAttributes = process.arch === "x64" ? made() : undefined;
if (withAttributes === undefined) console.log("skipped: attributes of image layers: not root, or no setcap, busybox or GNU tar here");

/** What perl's lgetxattr finds, as text. */
function attribute(path: string, name: string): string {
  const script = 'my $b="\\0"x99;my $n=syscall(192,$ARGV[0],$ARGV[1],$b,99);print $n<0?"none":substr($b,0,$n)';
  return done("perl", "-e", script, path, name) ?? "perl failed";
}

describe.skipIf(withAttributes === undefined)("extended attributes of a layer", () => {
  const unpacked = async (name: string, ...layers: readonly Buffer[]): Promise<string> => {
    const files = layers.map((bytes, index) => join(folder, `${name}-${index}.tar`));
    for (const [index, file] of files.entries()) writeFileSync(file, layers[index] ?? "");
    const root = join(folder, name);
    await unpackLayers({ root, layers: files.map((file) => ({ file, name: file, diffId: undefined })) });
    return root;
  };

  it("are set: capabilities and users' own, no others", async () => {
    const root = await unpacked("plain", withAttributes ?? Buffer.alloc(0));
    expect(done("getcap", join(root, "bin/ping"))).toBe(`${root}/bin/ping cap_net_raw=ep\n`);
    expect(attribute(join(root, "marked"), "user.note")).toBe("y");
    expect(attribute(join(root, "marked"), "trusted.overlay.opaque")).toBe("none");
  });

  it("go with the file: neither what replaces it nor what a link then leads to gets them", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "ping"), "");
    const replaced = layer([{ path: "bin/ping", content: "other", mode: 0o755 }]);
    const root = await unpacked("replaced", withAttributes ?? Buffer.alloc(0), replaced);
    expect(done("getcap", join(root, "bin/ping"))).toBe("");
    // In one layer: the archive, then a link in place of its folder.
    const linked = Buffer.concat([
      endless(withAttributes ?? Buffer.alloc(0)),
      layer([{ path: "bin", type: "symlink", linkPath: outside }]),
    ]);
    await unpacked("linked", linked);
    expect(done("getcap", join(outside, "ping"))).toBe("");
  });
});

/** Without the empty blocks at the end, so that more can follow. */
function endless(archive: Buffer): Buffer {
  let end = archive.length;
  while (end >= 512 && archive.subarray(end - 512, end).every((byte) => byte === 0)) end -= 512;
  return archive.subarray(0, end);
}

describe.skipIf(withAttributes === undefined || tools === undefined)("in a container", () => {
  it("a program of an image has its capability as an ordinary user", async () => {
    await using registry = await faultyRegistry();
    const image = registry.add("caps:1", buildImage({ layers: [withAttributes ?? Buffer.alloc(0)] }));
    await using cluster = await realCluster({ name: "attributes", nodes: 1, tools: tools ?? "" });
    const spec = {
      restartPolicy: "Never",
      securityContext: { runAsUser: 1000 },
      containers: [{ name: "main", image, command: ["/bin/cat", "/proc/self/status"] }],
    };
    writeFileSync(join(cluster.folder, "pod.json"), JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "caps" }, spec }));
    const { stdout, stderr } = await cluster.sh(
      "kubectl apply -f pod.json && kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/caps --timeout=60s >/dev/null && kubectl logs caps",
    );
    expect(/^CapEff:\s*(\w+)$/m.exec(stdout)?.[1], stdout + stderr).toBe("0000000000002000");
  });
});
