import { expect, test } from "vitest";
import { pod } from "../../api/core/v1/pod.ts";
import type { Kind } from "../../machinery/kind.ts";
import { Audience } from "./audience.ts";
import { ObjectCodec } from "./codec.ts";
import { Stored } from "./stored.ts";

const codec = new ObjectCodec(pod);
function onNode(nodeName: string): Stored {
  const object = { kind: "Pod", apiVersion: "v1", metadata: { name: "a" }, spec: { nodeName } };
  return new Stored(codec, "k", codec.encode(object), 1);
}
const kind: Kind = pod;
const interest = (value: string) => ({ field: "spec.nodeName", value, read: kind.selectableFields?.["spec.nodeName"] ?? (() => "") });

function told(audience: Audience<string>, current: Stored | undefined, previous: Stored | undefined): string[] {
  const names: string[] = [];
  audience.tell(current, previous, (name) => void names.push(name));
  return names;
}

test("those who want one node hear of its pods only; the others of all", () => {
  const audience = new Audience<string>();
  audience.add("all", undefined);
  audience.add("n1", interest("n1"));
  const leaving = audience.add("n2", interest("n2"));
  expect(told(audience, onNode("n1"), undefined)).toEqual(["all", "n1"]);
  expect(told(audience, onNode("n2"), onNode("n1"))).toEqual(["all", "n2", "n1"]);
  expect(told(audience, undefined, onNode("n1"))).toEqual(["all", "n1"]);
  expect(told(audience, onNode("n3"), onNode("n3"))).toEqual(["all"]);
  leaving[Symbol.dispose]();
  leaving[Symbol.dispose]();
  expect([told(audience, onNode("n2"), undefined), audience.size]).toEqual([["all"], 2]);
  expect([audience.clear().sort(), audience.size, told(audience, onNode("n1"), undefined)]).toEqual([["all", "n1"], 0, []]);
});
