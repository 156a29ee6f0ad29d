/** Volumes that nobody reads: only which pods have some is kept, and what a FailedMount would need to be told is checked by the kubelet. */
import type { Volumes } from "../ports/volumes.ts";

export function simulatedVolumes(): Volumes {
  const pods = new Set<string>();
  const path = (podUid: string, volume: string): Promise<string> => {
    pods.add(podUid);
    return Promise.resolve(`/simulated/${podUid}/${volume}`);
  };
  return {
    discards: true,
    publish: path,
    emptyDir: path,
    usedBytes: () => Promise.resolve(0),
    messageFile: path,
    readMessage: () => Promise.resolve(new Uint8Array()),
    hostPath: (hostPath) => Promise.resolve(hostPath),
    subPath: (volumePath, subPath) => Promise.resolve(`${volumePath}/${subPath}`),
    remove(podUid) {
      pods.delete(podUid);
      return Promise.resolve();
    },
    list: () => Promise.resolve([...pods]),
  };
}
