/** Nodes that have the pod's larger images are preferred. Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go */
import { maxNodeScore, type Plugin } from "../plugin.ts";
import { imageNamesOf, taggedName } from "../state/imageNames.ts";

const megabyte = 1024 * 1024;
/** Less than this is pulled in no time. */
const fromBytes = 23 * megabyte;
/** Per container; more makes no difference. */
const toBytes = 1000 * megabyte;

export const imageLocality: Plugin = {
  name: "ImageLocality",
  weight: 1,
  prepareScore: ({ info: { pod }, cache }) => {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    // An image counts by the share of nodes that have it, so that one node doesn't draw all its pods.
    const images = containers
      .map(({ image = "" }) => taggedName(image))
      .map((name) => ({ name, spread: cache.nodesWithImage(name) / Math.max(1, cache.nodes.length) }))
      .filter(({ spread }) => spread > 0);
    if (images.length === 0) return undefined;
    const most = toBytes * containers.length;
    return {
      score: ({ node }) => {
        const sizes = imageNamesOf(node);
        let sum = 0;
        for (const { name, spread } of images) sum += Math.floor((sizes.get(name) ?? 0) * spread);
        const within = Math.min(Math.max(sum, fromBytes), most);
        return Math.floor((maxNodeScore * (within - fromBytes)) / (most - fromBytes));
      },
    };
  },
};
