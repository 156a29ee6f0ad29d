import manifest from "../../package.json" with { type: "json" };

/** Coxswain's own version. */
export const version: string = manifest.version;
