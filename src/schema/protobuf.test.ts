import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conform } from "./conform.ts";
import { DecodeError } from "../base/wire/decodeError.ts";
import { decodeProtobuf } from "./protobuf.ts";
import { encodeProtobuf } from "./protobufEncode.ts";
import { fromBase64 } from "./scalars/base64.ts";
import { structNames, structOf } from "./structs.ts";
import { anObject } from "../testing/arbitraryObjects.ts";

const pod = structOf("core/v1.Pod");

function roundTrip(object: Record<string, unknown>, struct = pod): Record<string, unknown> {
  return decodeProtobuf(encodeProtobuf(object, struct)).decode(struct);
}

/** Throws what isn't a DecodeError. */
function outcome(body: Uint8Array): "decoded" | "refused" {
  try {
    decodeProtobuf(body).decode(pod);
    return "decoded";
  } catch (error) {
    if (error instanceof DecodeError) return "refused";
    throw error;
  }
}

/** Bodies that the genuine kubectl 1.36 sent. */
const recorded = {
  secret: "azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA=",
  deployment:
    "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EqUBChsKAWQSABoAIgAqADIAOABCAFoICgNhcHASAWQSeAgCEgoKCAoDYXBwEgFkGmAKGgoAEgAaACIAKgAyADgAQgBaCAoDYXBwEgFkEkISJAoFbmdpbngSB25naW54OjEqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==",
  token:
    "azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBItChAKABIAGgAiACoAMgA4AEIAEhMaDgoDUG9kEgJ2MRoBcCIAIJAcGgQKABIAGgAiAA==",
};
function bytesOf(base64: string): Uint8Array {
  return fromBase64(base64) ?? new Uint8Array();
}

describe("protobuf", () => {
  test("create secret generic s --from-literal=a=b", () => {
    const envelope = decodeProtobuf(bytesOf(recorded.secret));
    expect(envelope).toMatchObject({ apiVersion: "v1", kind: "Secret" });
    expect(envelope.decode(structOf("core/v1.Secret"))).toEqual({ metadata: { name: "s" }, data: { a: "Yg==" } });
  });

  test("create deployment d --image=nginx:1 --replicas=2", () => {
    const envelope = decodeProtobuf(bytesOf(recorded.deployment));
    expect(envelope).toMatchObject({ apiVersion: "apps/v1", kind: "Deployment" });
    expect(envelope.decode(structOf("apps/v1.Deployment"))).toEqual({
      metadata: { name: "d", labels: { app: "d" } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "d" } },
        template: { metadata: { labels: { app: "d" } }, spec: { containers: [{ name: "nginx", image: "nginx:1", resources: {} }] } },
        strategy: {},
      },
      status: {},
    });
  });

  test("create token default --duration=1h --bound-object-kind=Pod --bound-object-name=p", () => {
    const envelope = decodeProtobuf(bytesOf(recorded.token));
    expect(envelope).toMatchObject({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" });
    expect(envelope.decode(structOf("authentication/v1.TokenRequest"))).toMatchObject({
      spec: { expirationSeconds: 3600, boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" } },
    });
  });

  test("times, quantities, numbers, inlined structs and named lists", () => {
    const object = {
      metadata: { name: "p", creationTimestamp: "2026-01-02T03:04:05Z", labels: { b: "2", a: "1" }, generation: 7 },
      spec: {
        containers: [
          {
            name: "c",
            resources: { requests: { cpu: "100m", memory: "64Mi" } },
            ports: [{ containerPort: 80 }],
            livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: -3 },
            env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "m", key: "k" } } }],
          },
        ],
        ephemeralContainers: [{ name: "debug", image: "x", resources: {}, targetContainerName: "c" }],
        volumes: [{ name: "v", emptyDir: {} }],
        terminationGracePeriodSeconds: 0,
        priority: -2147483648,
      },
      status: {},
    };
    expect(roundTrip(object)).toEqual(object);
    const review = { spec: { user: "u", extra: { scopes: ["a", "b"], none: [] } }, metadata: {}, status: { allowed: false } };
    expect(roundTrip(review, structOf("authorization/v1.SubjectAccessReview"))).toEqual(review);
  });

  test("large numbers keep their value", () => {
    for (const generation of [1, 127, 128, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1, -1, -(2 ** 40)]) {
      expect(roundTrip({ metadata: { generation } })).toMatchObject({ metadata: { generation } });
    }
  });

  test("what isn't protobuf, or is cut off, is refused with upstream's words", () => {
    const good = encodeProtobuf({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { nodeName: "n" } }, pod);
    expect(() => decodeProtobuf(new Uint8Array([1, 2, 3]))).toThrow(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
    expect(() => decodeProtobuf(good.subarray(0, 4))).toThrow("empty body");
    expect(() => decodeProtobuf(good.subarray(0, good.length - 3)).decode(pod)).toThrow("unexpected EOF");
    const wrongType = new Uint8Array([0x6b, 0x38, 0x73, 0, 0x12, 2, 0x08, 1]);
    expect(() => decodeProtobuf(wrongType).decode(pod)).toThrow("proto: wrong wireType = 0 for field Metadata");
  });

  test("property: every kind of struct survives encode and decode", () => {
    const names = structNames().filter((name) => structOf(name).declared.some((f) => f.number > 0));
    fc.assert(
      fc.property(
        fc.constantFrom(...names).chain((name) => anObject(structOf(name)).map((object) => ({ name, object }))),
        ({ name, object }) => {
          const struct = structOf(name);
          const canonical = conform(object, struct).object;
          expect(roundTrip(canonical, struct)).toEqual(canonical);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("property: truncated and mutated bytes either decode or throw DecodeError", () => {
    fc.assert(
      fc.property(
        anObject(pod),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
        fc.nat(),
        (object, changes, cut) => {
          const bytes = encodeProtobuf(conform(object, pod).object, pod).slice();
          for (const [at, value] of changes) bytes[4 + (at % Math.max(1, bytes.length - 4))] = value;
          const body = cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
          expect(["decoded", "refused"]).toContain(outcome(body));
        },
      ),
      { numRuns: 500 },
    );
  });
});
