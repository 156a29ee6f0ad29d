import { layers } from "./tools/layers.mjs";

const names = Object.keys(layers);
const any = (list) => `^src/(${list.join("|")})/`;

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "every-file-has-a-layer", severity: "error", from: { path: "^src/", pathNot: any(names) }, to: {} },
    ...names.map((n) => ({
      name: `layer:${n}`,
      severity: "error",
      from: { path: `^src/${n}/`, pathNot: "\\.test\\.ts$" },
      to: {
        path: "^src/",
        pathNot: [any([n, ...layers[n].uses]), ...(layers[n].ports ?? []).map((p) => `^src/${p}/ports/`)],
      },
    })),
    ...names
      .filter((n) => layers[n].env !== "node")
      .map((n) => ({
        name: `host-free:${n}`,
        severity: "error",
        from: { path: `^src/${n}/`, pathNot: "\\.test\\.ts$" },
        to: { dependencyTypes: ["core"] },
      })),
    ...names.map((n) => ({
      name: `internal:${n}`,
      severity: "error",
      from: { path: "^src/", pathNot: `^src/${n}/` },
      to: { path: `^src/${n}/.*internal/` },
    })),
    {
      name: "controllers-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/controllers/([^/]+)/", pathNot: "^src/controllers/framework/" },
      to: { path: "^src/controllers/", pathNot: ["^src/controllers/$1/", "^src/controllers/framework/"] },
    },
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: "tsconfig.tests.json" }, doNotFollow: { path: "node_modules" } },
};
