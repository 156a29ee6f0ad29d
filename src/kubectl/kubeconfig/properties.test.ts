import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyKubeconfig, type Kubeconfig } from "./model.ts";
import { changeProperty } from "./properties.ts";
import { wireOf } from "./wire.ts";

const text = (value: string): { value: string; raw: boolean } => ({ value, raw: false });

function config(): Kubeconfig {
  const made = emptyKubeconfig();
  made.clusters.set("one", { value: { server: "https://one.test" }, origin: "a" });
  made.clusters.set("my.dotted.cluster", { value: { server: "https://two.test" }, origin: "b" });
  made.users.set("me", { value: { token: "t" }, origin: "a" });
  made.contexts.set("here", { value: { cluster: "one", user: "me" }, origin: "a" });
  return made;
}

describe("laws", () => {
  const name = fc
    .stringMatching(/^[a-z]+(\.[a-z]+)?$/)
    .filter((one) => !/(^|\.)(server|token|user|cluster|namespace|exec|extensions)$/.test(one));

  test("what is set is there, what is unset is gone, and nothing else changes", () => {
    fc.assert(
      fc.property(name, fc.string(), (key, server) => {
        const changed = config();
        const path = `clusters.${key}.server`;
        changeProperty(changed, path, text(server));
        expect(changed.clusters.get(key)?.value.server).toBe(server);
        const expected = config();
        expected.clusters.set(key, { value: { server }, origin: expected.clusters.get(key)?.origin ?? "" });
        expect(wireOf(changed)).toEqual(wireOf(expected));
        changeProperty(changed, path, undefined);
        expect(changed.clusters.get(key)?.value).toEqual({});
      }),
    );
  });

  test("setting twice is setting once", () => {
    fc.assert(
      fc.property(name, fc.string(), (key, token) => {
        const [once, twice] = [config(), config()];
        changeProperty(once, `users.${key}.token`, text(token));
        for (let time = 0; time < 2; time += 1) changeProperty(twice, `users.${key}.token`, text(token));
        expect(wireOf(twice)).toEqual(wireOf(once));
      }),
    );
  });

  test("bytes given raw are the base64 that is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const changed = config();
        changeProperty(changed, "clusters.one.certificate-authority-data", { value, raw: true });
        const written = changed.clusters.get("one")?.value["certificate-authority-data"] ?? "";
        expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(atob(written), (c) => c.charCodeAt(0)))).toBe(value);
        const again = config();
        changeProperty(again, "clusters.one.certificate-authority-data", text(written));
        expect(again.clusters.get("one")?.value["certificate-authority-data"]).toBe(written);
      }),
    );
  });
});

test("a name with dots reaches to the field", () => {
  const changed = config();
  changeProperty(changed, "clusters.my.dotted.cluster.insecure-skip-tls-verify", text("true"));
  expect(changed.clusters.get("my.dotted.cluster")?.value["insecure-skip-tls-verify"]).toBe(true);
});

test("fields that go by another name in the file", () => {
  const changed = config();
  changeProperty(changed, "users.me.act-as", text("jane"));
  expect(changed.users.get("me")?.value.as).toBe("jane");
});

test("whole entries, sections and the current context can be unset", () => {
  const changed = config();
  changed.currentContext = "here";
  changeProperty(changed, "contexts.here", undefined);
  changeProperty(changed, "users", undefined);
  changeProperty(changed, "current-context", undefined);
  expect(wireOf(changed)).toMatchObject({ contexts: null, users: null, "current-context": "" });
  expect(changed.clusters.size).toBe(2);
});

test.each([
  ["nope.x", text("1"), "unable to parse nope.x after [] at api.Config"],
  ["clusters.one", text("1"), "can't set a map to a value: map[my.dotted.cluster:0x"],
  ["clusters.one.server.more", text("1"), "unable to parse one or more field values of clusters.one.server.more"],
  ["clusters.one.disable-compression", text("maybe"), 'strconv.ParseBool: parsing "maybe": invalid syntax'],
  ["clusters.one.certificate-authority-data", text("%"), "illegal base64 data at input byte 0"],
  ["users.me.exec", text("x"), "can't set a map to a value: map[]"],
  ["users.me.act-as-groups", text("x"), "unrecognized slice type. string"],
  ["users.nobody.token", undefined, "current map key `nobody` is invalid"],
  ["preferences.x", text("1"), "unable to parse preferences.x after [{preferences api.Preferences}] at api.Preferences"],
])("%s to %j is refused", (path, setting, problem) => {
  expect(() => changeProperty(config(), path, setting)).toThrow(problem);
});
