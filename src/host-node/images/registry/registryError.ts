/** What a registry refused or how it failed. `kind` decides whether another credential or mirror, or another try, can help. */
export type RegistryErrorKind = "unauthorized" | "notFound" | "unreachable" | "broken" | "refused";

export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly kind: RegistryErrorKind;
  constructor(kind: RegistryErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
