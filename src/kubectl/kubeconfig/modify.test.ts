import { expect, test } from "vitest";
import { FileError, type Files } from "../host.ts";
import type { Session } from "../session.ts";
import { loadingRules } from "./load.ts";
import { modifyKubeconfig } from "./modify.ts";

/** Files in memory; `locks`: the names of those made only for a while. */
function scene(
  given: Readonly<Record<string, string>>,
  kubeconfig: string,
): { session: Session; contents: Map<string, string>; locks: string[] } {
  const contents = new Map(Object.entries(given));
  const locks: string[] = [];
  const files: Partial<Files> = {
    absolute: (path) => path,
    read(path) {
      const text = contents.get(path);
      if (text === undefined) return Promise.reject(new FileError(`open ${path}: no such file or directory`, "notFound"));
      return Promise.resolve(new TextEncoder().encode(text));
    },
    write: (path, data) => Promise.resolve(void contents.set(path, String(data))),
    stat: (path) => Promise.resolve((contents.has(path) ? { kind: "file" } : undefined) as Awaited<ReturnType<Files["stat"]>>),
    makeFolder: () => Promise.resolve(),
    create(path) {
      if (contents.has(path)) return Promise.reject(new FileError(`open ${path}: file exists`, "exists"));
      contents.set(path, "");
      return Promise.resolve(void locks.push(path));
    },
    remove: (path) => Promise.resolve(void contents.delete(path)),
  };
  const session = { host: { files }, rules: () => loadingRules("", { KUBECONFIG: kubeconfig }, "/home") } as unknown as Session;
  return { session, contents, locks };
}

const entry = (name: string, server: string): string => `- name: ${name}\n  cluster:\n    server: ${server}\n`;
const file = (clusters: string, context = ""): string =>
  `apiVersion: v1\nkind: Config\ncurrent-context: "${context}"\nclusters:\n${clusters}`;

const two = { "/a": file(entry("one", "https://one.test"), "x"), "/b": file(entry("two", "https://two.test")) };

test("an entry is changed in the file that it came from, and only there", async () => {
  const { session, contents } = scene(two, "/a:/b");
  await modifyKubeconfig(
    session,
    (config) => {
      const found = config.clusters.get("two");
      if (found !== undefined) config.clusters.set("two", { ...found, value: { server: "https://new.test" } });
    },
    { relativePaths: false },
  );
  expect(contents.get("/a")).toBe(two["/a"]);
  expect(contents.get("/b")).toContain("server: https://new.test");
});

test("new entries go to the first file there is, removed ones out of their own", async () => {
  const { session, contents } = scene(two, "/a:/b");
  await modifyKubeconfig(
    session,
    (config) => {
      config.clusters.set("three", { value: { server: "https://three.test" }, origin: "" });
      config.clusters.delete("two");
    },
    { relativePaths: false },
  );
  expect(contents.get("/a")).toContain("name: three");
  expect(contents.get("/a")).toContain("name: one");
  expect(contents.get("/b")).toContain("clusters: null");
});

test("the current context is taken out of the file that has it", async () => {
  const { session, contents } = scene({ "/a": two["/b"], "/b": two["/a"] }, "/a:/b");
  await modifyKubeconfig(session, (config) => void (config.currentContext = ""), { relativePaths: false });
  expect(contents.get("/a")).toBe(two["/b"]);
  expect(contents.get("/b")).toContain('current-context: ""');
});

test("nothing changed is nothing written", async () => {
  const { session, contents } = scene(two, "/a:/b");
  await modifyKubeconfig(session, () => undefined, { relativePaths: false });
  expect(Object.fromEntries(contents)).toEqual(two);
});

test("a file that isn't there is made; paths below its folder are written relative to it", async () => {
  const { session, contents } = scene({}, "/etc/kube/config");
  await modifyKubeconfig(
    session,
    (config) => {
      config.clusters.set("in", { value: { server: "https://x.test", "certificate-authority": "/etc/kube/pki/ca.crt" }, origin: "" });
      config.clusters.set("out", { value: { server: "https://x.test", "certificate-authority": "/etc/ca.crt" }, origin: "" });
    },
    { relativePaths: true },
  );
  expect(contents.get("/etc/kube/config")).toContain("certificate-authority: pki/ca.crt");
  expect(contents.get("/etc/kube/config")).toContain("certificate-authority: /etc/ca.crt");
});

test("every file is locked meanwhile, and no lock stays, whatever happens", async () => {
  const { session, contents, locks } = scene(two, "/a:/b");
  const change = (): void => {
    expect([...contents.keys()]).toEqual(["/a", "/b", "/a.lock", "/b.lock"]);
    throw new Error("no");
  };
  await expect(modifyKubeconfig(session, change, { relativePaths: false })).rejects.toThrow("no");
  expect(locks).toEqual(["/a.lock", "/b.lock"]);
  expect([...contents.keys()]).toEqual(["/a", "/b"]);
});

test("another's lock is left alone", async () => {
  const { session, contents } = scene({ ...two, "/b.lock": "" }, "/a:/b");
  await expect(modifyKubeconfig(session, () => undefined, { relativePaths: false })).rejects.toThrow("file exists");
  expect([...contents.keys()]).toEqual(["/a", "/b", "/b.lock"]);
});
