/** `image-service.cjs HOME`: pulls images for the control plane. Its threads, which unpack, are the same file. */
import { setMaxListeners } from "node:events";
import { isMainThread } from "node:worker_threads";
import { serveImages, unpackAsWorker } from "../daemon/imageService.ts";

const [, program = "", home = ""] = process.argv;
if (isMainThread) {
  // One signal stops many downloads; that is no leak.
  setMaxListeners(0);
  process.on("disconnect", () => process.exit(0));
  serveImages({ program, home, env: process.env });
} else void unpackAsWorker();
