import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { parsePlainYaml } from "./plainYaml.ts";

/** By the full parser, YAML 1.1. */
function full(text: string): unknown {
  const [document] = parseAllDocuments(text, { version: "1.1", uniqueKeys: true, prettyErrors: false, logLevel: "silent" });
  if (document === undefined || !("toJS" in document) || document.errors.length > 0) return undefined;
  return document.toJS();
}

const kubeconfig = `# mine
apiVersion: v1
kind: Config
clusters:
- name: one
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: LS0tLS1CRUdJTi+/==
    insecure-skip-tls-verify: false
contexts:
  - context: { }
`;

describe("what is plain is read as the full parser reads it", () => {
  test.each([
    kubeconfig.replace(
      "  - context: { }\n",
      '  - name: one\n    context:\n      cluster: one\ncurrent-context: ""\npreferences: {}\nusers: []\n',
    ),
    "a: 1\nb:\nc: x y\n",
    "- a\n- - b\n  - c\n- d: 1\n  e: 'it is'\n",
    "a:\n- 1\n- 2\nb: null\n",
    "a: http://x/y:8080/z\n",
    "kind: List\nitems:\n- kind: Pod\n  spec:\n    containers:\n    - name: x\n      args: [] \n",
  ])("%j", (text) => {
    expect(parsePlainYaml(text)).toEqual({ value: full(text) });
    expect(full(text)).toBeDefined();
  });
});

test.each([
  kubeconfig,
  "",
  "a: yes\n",
  "a: |\n  x\n",
  "a: x # comment\n",
  "a: b\n  c\n",
  "a: 1\na: 2\n",
  "a: &x 1\nb: *x\n",
  "a: 0x10\n",
  "a: 1.5\n",
  'a: "x\\n"\n',
  "a: b: c\n",
  "a: 2020-01-01\n",
  "---\na: 1\n---\nb: 2\n",
  "on: 1\n",
  "a:\n  b: 1\n c: 2\n",
  "a:\tb\n",
  "? a\n: b\n",
  "a: 'it''s'\n",
  "a: é\n",
])("left to the full parser: %j", (text) => {
  expect(parsePlainYaml(text)).toBeUndefined();
});

test("any value that is written as YAML: refused, or read the same", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.stringMatching(/^[a-z0-9:/ #'"-]{0,10}$/),
    fc.constantFrom("yes", "null", "1", "~", "a: b"),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, tie("leaf"), fc.array(tie("tree"), { maxLength: 4 }), fc.dictionary(text, tie("tree"), { maxKeys: 4 })),
    leaf: fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  }));
  let taken = 0;
  fc.assert(
    fc.property(tree, fc.boolean(), (value, indentSeq) => {
      const written = stringify(value, { version: "1.1", indentSeq });
      const plain = parsePlainYaml(written);
      if (plain === undefined) return;
      taken += 1;
      expect(plain.value).toEqual(full(written));
    }),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(20);
});

test("lines thrown together: refused, or read the same", () => {
  const line = fc.tuple(
    fc.constantFrom("", " ", "  ", "    "),
    fc.constantFrom("- ", "", "- - "),
    fc.constantFrom("a: 1", "b:", "c", "c: d e", "- x", "-", "b: x:y", "2", "a :", "b: - c", "'a': 1"),
  );
  const wrong: object[] = [];
  const texts = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((parts) => `${parts.join("")}\n`).join(""));
  for (const text of fc.sample(texts, 2000)) {
    const plain = parsePlainYaml(text);
    if (plain !== undefined && JSON.stringify(plain.value) !== JSON.stringify(full(text))) wrong.push({ text, value: plain.value });
  }
  expect(wrong).toEqual([]);
});
