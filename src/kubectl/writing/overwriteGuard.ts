/**
 * The warnings of `apply --overwrite=false`: upstream makes the patch by the server's schemas first, and only warns where that is refused.
 * Upstream: kubectl/pkg/cmd/apply/patcher.go (patchSimple), kubectl/pkg/util/openapi/openapi.go (GetConsumes)
 */
import type { KindRef } from "../../machinery/kind.ts";
import { patchTypes } from "../resources/requests.ts";
import type { Session } from "../session.ts";
import type { Guard } from "./threeWay.ts";

/** `openApi`: what --openapi-patch says. */
export function overwriteGuard(session: Session, mapping: KindRef, openApi: boolean): Guard {
  return async (reason) => {
    if (!openApi) return;
    session.err(`warning: error calculating patch from openapi v3 spec: ${reason}\n`);
    if (await patchedByOpenApiV2(session, mapping)) session.err(`warning: error calculating patch from openapi spec: ${reason}\n`);
  };
}

interface Swagger {
  readonly paths?: Readonly<Record<string, { readonly patch?: SwaggerPatch }>>;
}

interface SwaggerPatch {
  readonly consumes?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: { readonly group: string; readonly version: string; readonly kind: string };
}

/** Whether the server's document of the old format says that the kind takes strategic merge patches. */
async function patchedByOpenApiV2(session: Session, { group, version, kind }: KindRef): Promise<boolean> {
  let swagger: Swagger;
  try {
    swagger = (await (await session.api()).object({ path: "/openapi/v2" })) as Swagger;
  } catch {
    return false;
  }
  return Object.values(swagger.paths ?? {}).some(({ patch }) => {
    const of = patch?.["x-kubernetes-group-version-kind"];
    return of?.group === group && of.version === version && of.kind === kind && patch?.consumes?.includes(patchTypes.strategic) === true;
  });
}
