/** Images that a node has, by every name, with their sizes; read once per version of the node. */
import type { Node } from "../../schema/shapes/core.v1.ts";

const known = new WeakMap<Node, ReadonlyMap<string, number>>();

export function imageNamesOf(node: Node): ReadonlyMap<string, number> {
  const found = known.get(node);
  if (found !== undefined) return found;
  const sizes = new Map<string, number>();
  for (const { names, sizeBytes = 0 } of node.status?.images ?? []) for (const name of names ?? []) sizes.set(name, sizeBytes);
  known.set(node, sizes);
  return sizes;
}

/** An image without a tag is the one tagged latest. */
export function taggedName(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}
