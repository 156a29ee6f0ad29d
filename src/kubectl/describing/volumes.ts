/** Volumes of pods and what PersistentVolumes stand for. Upstream: kubectl/pkg/describe/describe.go (describeVolumes) */
import { sortedEntries } from "../printers/goValue.ts";
import type {
  CSIPersistentVolumeSource,
  CSIVolumeSource,
  DownwardAPIVolumeSource,
  EphemeralVolumeSource,
  PersistentVolumeSource,
  ProjectedVolumeSource,
  Volume,
} from "../../schema/shapes/core.v1.ts";
import { putClaim } from "./claimParts.ts";
import type { Page } from "./page.ts";
import { type Source, text, volumeSources } from "./volumeSources.ts";

/** Names whose label upstream ends in another way. */
const oddLabels: Readonly<Record<string, string>> = { ISCSIInterface: "ISCSIInterface\t", Kind: "Kind: \t" };

export function putVolumes(page: Page, volumes: readonly Volume[], space: string): void {
  if (volumes.length === 0) return page.line(0, `${space}Volumes:\t<none>`);
  page.line(0, `${space}Volumes:`);
  for (const volume of volumes) {
    page.line(1, `${space === "" ? "" : " "}${volume.name}:`);
    putSource(page, volume as unknown as Source, false);
  }
  return undefined;
}

export function putPersistentSource(page: Page, spec: PersistentVolumeSource): void {
  putSource(page, spec as unknown as Source, true);
}

function putSource(page: Page, holder: Source, persistent: boolean): void {
  const found = Object.entries(volumeSources).find(([name]) => holder[name] !== undefined);
  if (found === undefined) return page.line(1, "<unknown>");
  const [name, { title, fields }] = found;
  const source = holder[name] as Source;
  page.field(2, "Type", title);
  for (const [label, field, show = text] of fields) {
    const shown = show(source[field], persistent);
    if (shown !== undefined) page.line(2, `${oddLabels[label] ?? `${label}:\t`}${shown}`);
  }
  if (name === "projected") putProjected(page, source);
  if (name === "downwardAPI") putDownward(page, source);
  if (name === "csi") putAttributes(page, (source as unknown as CSIVolumeSource | CSIPersistentVolumeSource).volumeAttributes);
  if (name === "ephemeral") {
    const template = (source as unknown as EphemeralVolumeSource).volumeClaimTemplate;
    if (template !== undefined) putClaim(page.nested(2), template, false);
  }
  return undefined;
}

function putProjected(page: Page, { sources: parts = [] }: Partial<ProjectedVolumeSource>): void {
  for (const { secret, downwardAPI, configMap, serviceAccountToken } of parts) {
    if (secret !== undefined) {
      page.field(2, "SecretName", secret.name);
      page.field(2, "Optional", secret.optional === true);
    } else if (downwardAPI !== undefined) page.field(2, "DownwardAPI", "true");
    else if (configMap !== undefined) {
      page.field(2, "ConfigMapName", configMap.name);
      page.field(2, "Optional", configMap.optional === true);
    } else if (serviceAccountToken !== undefined) page.field(2, "TokenExpirationSeconds", serviceAccountToken.expirationSeconds ?? 0);
  }
}

function putDownward(page: Page, { items = [] }: DownwardAPIVolumeSource): void {
  page.line(2, "Items:");
  for (const { fieldRef, resourceFieldRef, path } of items) {
    if (fieldRef !== undefined) page.line(3, `${fieldRef.fieldPath} -> ${path}`);
    if (resourceFieldRef !== undefined) page.line(3, `${resourceFieldRef.resource} -> ${path}`);
  }
}

const longest = 140;

function putAttributes(page: Page, attributes: Readonly<Record<string, string>> | undefined): void {
  const lines = sortedEntries(attributes ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  page.write(2, "VolumeAttributes:\t");
  if (lines.length === 0) return page.line(0, "<none>");
  lines.forEach((line, at) => {
    // Each piece is indented on its own.
    if (at > 0) page.write(2, "    \t");
    page.line(2, line.length > longest ? `${line.slice(0, longest)}...` : line);
  });
  return undefined;
}
