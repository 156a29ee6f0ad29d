/** An archive that is damaged or hostile; the message names what is wrong in it. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}
