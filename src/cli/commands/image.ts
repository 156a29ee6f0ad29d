/** `cox image ls|pull|rm|load|save|import`: the images of this user, which all of their clusters share. None needs a cluster that is up. */
import { createWriteStream, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { homeFolder } from "../../daemon/clusterState.ts";
import { isLivingOwner } from "../../daemon/imageService.ts";
import { importRoot } from "../../host-node/images/archive/importRoot.ts";
import { loadImages } from "../../host-node/images/archive/loadImages.ts";
import { savedImages } from "../../host-node/images/archive/saveImages.ts";
import { homePuller, openImageStore } from "../../host-node/images/home.ts";
import { canonicalImageName } from "../../host-node/images/imageName.ts";
import type { ImageStore, StoredImage } from "../../host-node/images/store/imageStore.ts";
import type { Unpack } from "../../host-node/images/unpack/unpack.ts";
import { unpackInWorker } from "../../host-node/images/unpack/unpackWorker.ts";
import { type Command, CommandError, type CommandInput, UsageError } from "../command.ts";
import { programFolder } from "../programs.ts";
import { textTable } from "../textTable.ts";

export const imageLs: Command = {
  name: "image ls",
  summary: "Lists the images that were pulled or loaded.",
  options: {},
  async run({ env, streams }) {
    const rows = storeOf(env)
      .list()
      .map(({ name, config, sizeBytes, origin }) => [name, config.slice("sha256:".length, 19), sizeText(sizeBytes), origin]);
    streams.out(
      rows.length === 0 ? "No images. The built-in catalogue needs none.\n" : textTable([["IMAGE", "ID", "SIZE", "FROM"], ...rows]),
    );
    return 0;
  },
};

export const imagePull: Command = {
  name: "image pull",
  summary: "Pulls images from their registries.",
  operands: "IMAGE ...",
  options: {},
  async run({ env, streams, operands, signal }) {
    if (operands.length === 0) throw new UsageError("Give an image: cox image pull nginx:1.27");
    const store = storeOf(env);
    const puller = homePuller(store, unpack(), env);
    for (const operand of operands) {
      const name = canonical(operand);
      const onProgress = (progress: { doneBytes: number; totalBytes: number }): void => {
        if (streams.interactive) streams.out(`\r${name}  ${sizeText(progress.doneBytes)} of ${sizeText(progress.totalBytes)}   `);
      };
      const image = await told(puller.pull(name, { secrets: [], signal, onProgress }));
      streams.out(`${streams.interactive ? "\r" : ""}${name}  ${sizeText(image.sizeBytes)}  ${image.digest}\n`);
    }
    return 0;
  },
};

export const imageRm: Command = {
  name: "image rm",
  summary: "Removes images.",
  operands: "IMAGE ...",
  options: {},
  async run({ env, streams, operands }) {
    if (operands.length === 0) throw new UsageError("Give an image: cox image rm nginx:1.27");
    const store = storeOf(env);
    for (const image of operands.map((operand) => required(store, operand))) {
      const isLast = !store.list().some((other) => other.config === image.config && other.name !== image.name);
      if (isLast && store.isUsed(image.config, isLivingOwner))
        throw new CommandError(`A cluster that is up uses ${image.name}: delete its pods first, and wait a minute or two.`);
      await store.remove(image);
      streams.out(`Removed ${image.name}\n`);
    }
    return 0;
  },
};

const as = { type: "string", value: "NAME", help: "the image's name, instead of the archive's own" } as const;

export const imageLoad: Command = {
  name: "image load",
  summary: "Loads images from an OCI layout (a folder or an archive) or from what 'docker save' wrote.",
  operands: "PATH (- for standard input)",
  options: { as },
  async run(input) {
    const path = single(input, "cox image load images.tar");
    const store = storeOf(input.env);
    const name = input.text("as");
    const images = await withFile(store, path, (file) => loadImages(file, { store, unpack: unpack(), name }));
    for (const image of images) input.streams.out(`Loaded ${image.name}\n`);
    return 0;
  },
};

export const imageSave: Command = {
  name: "image save",
  summary: "Writes images to one archive, which docker, podman and containerd load too.",
  operands: "IMAGE ...",
  options: { output: { type: "string", short: "o", value: "FILE", help: "the archive" } },
  async run({ env, operands, streams, signal, ...input }) {
    const output = input.text("output");
    if (operands.length === 0 || output === undefined)
      throw new UsageError("Give images and a file: cox image save nginx:1.27 -o nginx.tar");
    const store = storeOf(env);
    const images = operands.map((operand) => required(store, operand));
    try {
      await pipeline(Readable.from(savedImages(store, images)), createWriteStream(output), { signal });
    } catch (error) {
      rmSync(output, { force: true });
      throw new CommandError(`${output} can't be written: ${reasonOf(error)}.`, { cause: error });
    }
    streams.out(`Saved ${images.length} image${images.length === 1 ? "" : "s"} to ${output}\n`);
    return 0;
  },
};

export const imageImport: Command = {
  name: "image import",
  summary: "Makes an image of an archive of a root file system.",
  operands: "FILE (- for standard input) IMAGE",
  options: {
    entrypoint: { type: "string", multiple: true, value: "WORD", help: "the program and its first arguments, one word each" },
    cmd: { type: "string", multiple: true, value: "WORD", help: "further arguments, which a container's args replace" },
    env: { type: "string", multiple: true, value: "NAME=VALUE", help: "a variable" },
    workdir: { type: "string", value: "DIR", help: "the working folder" },
    user: { type: "string", value: "USER[:GROUP]", help: "by name or number" },
  },
  async run(input) {
    const [path, name, more] = input.operands;
    if (path === undefined || name === undefined || more !== undefined)
      throw new UsageError("Give a file and a name: cox image import root.tar my/image:1");
    const store = storeOf(input.env);
    const lists = { Entrypoint: input.texts("entrypoint"), Cmd: input.texts("cmd"), Env: input.texts("env") };
    const config = { ...lists, WorkingDir: input.text("workdir"), User: input.text("user") };
    const image = await withFile(store, path, (file) => importRoot(file, config, { store, unpack: unpack(), name: canonical(name) }));
    input.streams.out(`Imported ${image.name}\n`);
    return 0;
  },
};

function storeOf(env: CommandInput["env"]): ImageStore {
  return openImageStore(homeFolder(env));
}

function unpack(): Unpack {
  return unpackInWorker(join(programFolder(), "image-service.cjs"));
}

function canonical(name: string): string {
  try {
    return canonicalImageName(name);
  } catch (error) {
    throw new CommandError(`"${name}" is no name of an image.`, { cause: error });
  }
}

function required(store: ImageStore, operand: string): StoredImage {
  const image = store.find(canonical(operand));
  if (image === undefined) throw new CommandError(`There is no image ${canonical(operand)}: 'cox image ls' lists what there is.`);
  return image;
}

function single({ operands }: CommandInput, example: string): string {
  const [path, more] = operands;
  if (path === undefined || more !== undefined) throw new UsageError(`Give one path: ${example}`);
  return path;
}

/** Standard input is first written to a file: it must be looked at twice. */
async function withFile<T>(store: ImageStore, path: string, use: (file: string) => Promise<T>): Promise<T> {
  if (path !== "-" && !existsSync(path)) throw new CommandError(`There is no ${path}.`);
  const file = path === "-" ? store.draftPath("stdin") : path;
  try {
    if (path === "-") await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    return await told(use(file));
  } finally {
    if (path === "-") rmSync(file, { force: true });
  }
}

async function told<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw new CommandError(`${reasonOf(error)}.`, { cause: error });
  });
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes}B`;
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 1000 && unit < 2; unit += 1) value /= 1000;
  return `${value.toFixed(value < 10 ? 1 : 0)}${units[unit]}`;
}
