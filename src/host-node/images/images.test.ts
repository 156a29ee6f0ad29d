import { describe, expect, it } from "vitest";
import { ImageError } from "../../kubelet/ports/runtime.ts";
import type { ImageSource } from "./image.ts";
import { createImages } from "./images.ts";

const config = { entrypoint: [], cmd: [], env: [], workingDir: "/", user: "", stopSignal: "SIGTERM" } as const;

function aSource(name: ImageSource["name"], has: Readonly<Record<string, string>>): ImageSource & { opened: number } {
  const source = {
    name,
    opened: 0,
    async find(canonicalName: string) {
      const ref = has[canonicalName];
      if (ref === undefined) return undefined;
      const open = async (): Promise<{ ref: string; config: typeof config; root: string; binds: [] }> => {
        source.opened += 1;
        return { ref, config, root: `/${ref}`, binds: [] };
      };
      return { ref, sizeBytes: 7, config, open };
    },
  };
  return source;
}
const options = { podUid: "", signal: new AbortController().signal, secrets: [] };

describe("createImages", () => {
  const local = aSource("local", { "docker.io/library/a:latest": "ref-a" });
  const catalogue = aSource("catalogue", {
    "docker.io/library/a:latest": "other",
    "docker.io/library/b:1": "ref-b",
    "docker.io/x/b:1": "ref-b",
  });
  const images = createImages([local, catalogue], (name) => `nobody has ${name}`);

  it("has nothing before a pull, then knows the image by name and by ref", async () => {
    expect(await images.status("b:1")).toBeUndefined();
    expect(await images.pull("b:1", options)).toEqual({ ref: "ref-b", source: "catalogue", sizeBytes: 7, user: "" });
    expect(await images.status("docker.io/library/b:1")).toMatchObject({ ref: "ref-b" });
    expect(await images.status("ref-b")).toMatchObject({ ref: "ref-b" });
    await images.pull("x/b:1", options);
    expect(await images.list()).toMatchObject([{ ref: "ref-b", names: ["docker.io/library/b:1", "docker.io/x/b:1"] }]);
  });

  it("asks the sources in order", async () => {
    expect(await images.pull("a", options)).toMatchObject({ ref: "ref-a", source: "local" });
  });

  it("opens an image once", async () => {
    await images.open("ref-b");
    await images.open("ref-b");
    expect(catalogue.opened).toBe(1);
    await expect(images.open("nothing")).rejects.toThrow(ImageError);
  });

  it("says ErrImagePull for what nobody has, InvalidImageName for what is no name", async () => {
    await expect(images.pull("c", options)).rejects.toMatchObject({ reason: "ErrImagePull", message: "nobody has c" });
    await expect(images.pull("A B", options)).rejects.toMatchObject({ reason: "InvalidImageName" });
  });

  it("forgets a removed image with all its names", async () => {
    await images.remove("b:1");
    expect(await images.status("x/b:1")).toBeUndefined();
    await images.remove("b:1");
  });
});
