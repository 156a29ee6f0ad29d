import { describe, expect, it } from "vitest";
import { catalogueNames } from "./catalogue.ts";
import { canonicalImageName } from "./imageName.ts";

const digest = `sha256:${"0".repeat(64)}`;

describe("canonicalImageName", () => {
  it.each([
    ["nginx", "docker.io/library/nginx:latest"],
    ["nginx:1.9.14", "docker.io/library/nginx:1.9.14"],
    ["kelseyhightower/hello:1.0.0", "docker.io/kelseyhightower/hello:1.0.0"],
    ["docker.io/nginx", "docker.io/library/nginx:latest"],
    ["index.docker.io/a/b:1", "docker.io/a/b:1"],
    ["quay.io/team/app:v1", "quay.io/team/app:v1"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["localhost/app:x", "localhost/app:x"],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
    [`registry.k8s.io/pause:3.9@${digest}`, `registry.k8s.io/pause:3.9@${digest}`],
  ])("%s is %s", (text, canonical) => {
    expect(canonicalImageName(text)).toBe(canonical);
  });

  it.each(["", "Nginx", "nginx:", "a b", "nginx:1:2", "/nginx", "nginx/", "a//b", "nginx@sha256:12", "-x", "app:ta/g"])(
    "refuses %j",
    (text) => {
      expect(() => canonicalImageName(text)).toThrow(/^Failed to apply default image tag .*: invalid reference format$/);
    },
  );

  it("knows every name of the catalogue", () => {
    for (const name of catalogueNames) expect(canonicalImageName(name)).toContain(name);
    expect(catalogueNames).toContain("kelseyhightower/auth:1.0.0");
    expect(catalogueNames).toContain("nginx:1.9.14");
  });
});
