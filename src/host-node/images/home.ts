/** Where images are kept in $COX_HOME, shared by all clusters; and the puller on it. */
import { dirname, join } from "node:path";
import { catalogueNames } from "./catalogue.ts";
import { dockerConfigCredentials } from "./registry/credentials.ts";
import { environmentProxy } from "./registry/proxy.ts";
import { Puller } from "./registry/puller.ts";
import { referenceOf } from "./registry/reference.ts";
import { readRegistrySettings } from "./registry/settings.ts";
import { ImageStore } from "./store/imageStore.ts";
import type { Unpack } from "./unpack/unpack.ts";
import { canonicalImageName } from "./imageName.ts";

/** No cluster can have this name. */
export function imageFolder(home: string): string {
  return join(home, ".images");
}

export function openImageStore(home: string): ImageStore {
  return new ImageStore(imageFolder(home));
}

export function homePuller(store: ImageStore, unpack: Unpack, env: Readonly<Record<string, string | undefined>>): Puller {
  const settings = join(dirname(store.folder), "registries.json");
  const words = { settings: () => readRegistrySettings(settings), machine: dockerConfigCredentials(env), proxyOf: environmentProxy(env) };
  return new Puller({ store, unpack, standIn, ...words });
}

/** Names the catalogue's stand-ins for another version of the same image. */
function standIn(name: string): string {
  const wanted = referenceOf(name);
  const others = catalogueNames.filter((each) => referenceOf(canonicalImageName(each)).repository === wanted.repository);
  return others.length === 0 ? "" : `; the built-in catalogue has a stand-in: ${others.join(", ")}`;
}
