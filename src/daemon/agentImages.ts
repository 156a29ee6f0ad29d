/** The agent's images: the store that all clusters share, the catalogue, and registries by way of the control plane. */
import { join } from "node:path";
import { catalogueNames, catalogueSource } from "../host-node/images/catalogue.ts";
import { openImageStore } from "../host-node/images/home.ts";
import { createImages, type ImageLibrary } from "../host-node/images/images.ts";
import { askPulls } from "../host-node/images/pullChannel.ts";
import { localSource, registrySource } from "../host-node/images/storeSources.ts";
import type { ContainerRuntime } from "../kubelet/ports/runtime.ts";
import type { AgentOrders } from "./messages.ts";

const releaseEveryMs = 60_000;

/** `folder`: where the catalogue makes its roots. */
export function agentImages(orders: AgentOrders, folder: string): ImageLibrary {
  const remote = askPulls(process);
  const options = {
    store: openImageStore(orders.home),
    owner: orders.imageOwner,
    pull: (name: string, { secrets }: { readonly secrets: readonly string[] }) => remote.pull(name, secrets),
  };
  const catalogue = orders.catalogue ? [catalogueSource({ folder, programs: join(orders.programs, "catalogue") })] : [];
  return createImages([localSource(options), ...catalogue, registrySource(options)], unknownImage);
}

function unknownImage(name: string): string {
  return `no source has image "${name}"; built in are ${catalogueNames.slice(0, 6).join(", ")} and others`;
}

/** Lets go of images that no container uses any more, so that they may be removed. */
export function releaseUnused(images: ImageLibrary, runtimes: readonly ContainerRuntime[]): Disposable {
  const look = async (): Promise<void> => {
    const beforeMs = Date.now() - releaseEveryMs;
    const lists = await Promise.all(runtimes.map((runtime) => runtime.containers.list()));
    await images.release(new Set(lists.flat().map(({ imageRef }) => imageRef)), beforeMs);
  };
  const timer = setInterval(() => void look().catch(() => undefined), releaseEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
