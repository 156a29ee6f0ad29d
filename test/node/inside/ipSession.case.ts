import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openIpSession } from "../../../src/host-node/network/ipSession.ts";
import { treeOf } from "../../../src/host-node/runtime/processes.ts";
import { until } from "./world.ts";

const sessions = (): readonly number[] =>
  treeOf(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("ip\0-force\0-batch");
    } catch {
      return false;
    }
  });

it("a session that was killed is started again by the next change", async () => {
  const before = new Set(sessions());
  const session = openIpSession();
  await session.run(["link add trial0 type veth peer name trial1"]);
  const [pid = 0] = sessions().filter((each) => !before.has(each));
  process.kill(pid, "SIGKILL");
  await until(() => !sessions().includes(pid));
  await until(() =>
    session.run(["link set trial0 up"]).then(
      () => true,
      () => false,
    ),
  );
  await expect(session.run(["link set nosuch0 up"])).rejects.toThrow(/nosuch0/);
  await session.run(["link del trial0"]);
  await session[Symbol.asyncDispose]();
  expect(sessions().filter((each) => !before.has(each))).toEqual([]);
});
