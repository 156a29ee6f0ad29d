/** Event. Upstream: pkg/registry/core/event/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Event } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const event: Kind<Event> = defineKind({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  shortNames: ["ev"],
  struct: "k8s.io/api/core/v1.Event",
});
