/** How storage is shown. Upstream: pkg/printers/internalversion/printers.go, pkg/apis/core/helper (GetAccessModesAsString) */
const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** `RWO,ROX`: each once, always in this order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

/** The class, or what an older client wrote into the annotation. */
export function storageClassText(annotations: Readonly<Record<string, string>> | undefined, name: string | undefined): string {
  return annotations?.["volume.beta.kubernetes.io/storage-class"] ?? name ?? "";
}
