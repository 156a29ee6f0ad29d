/** A container that can't be made as asked: becomes CreateContainerError. */
export class UnsupportedContainer extends Error {
  override readonly name = "UnsupportedContainer";
}
