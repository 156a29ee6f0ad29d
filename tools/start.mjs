// @ts-check
/** `npm start`: install, build, the cluster `bootcamp`, and the deployment lab on it. The cluster stays up. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installPackages, root, run } from "./install.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Coxswain needs Node 20.19 or later, and this is ${process.version}: install a newer Node.`);
  process.exit(1);
}
installPackages();
run(process.execPath, ["tools/build.mjs", "--if-stale"]);
const env = { ...process.env, ...(await genuineKubectl()) };
const done = spawnSync(process.execPath, ["dist/cox.cjs", "lab", "run", ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env });
process.exit(done.status ?? 1);

/** The lab's kubectl: the genuine one; where it can't be had, that of the PATH or cox itself. */
async function genuineKubectl() {
  try {
    const { genuineTools } = await import("./kubectl.mjs");
    return { COX_KUBECTL: join(genuineTools(), "kubectl") };
  } catch (error) {
    console.log(`Without the genuine kubectl: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}
