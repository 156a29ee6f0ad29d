/** Event. Upstream: pkg/registry/events/event/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Event } from "../../../schema/shapes/events.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const event: Kind<Event> = defineKind({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  shortNames: ["ev"],
  struct: "k8s.io/api/events/v1.Event",
});
