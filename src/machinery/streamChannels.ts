/** The numbers of a StreamSession's channels, and what its error channel says of a command that has ended. */

/** Of exec and attach. Upstream: staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go */
export const commandChannels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Of one connection of port-forward. */
export const forwardChannels = { data: 0, error: 1 } as const;

/** A command's end as the Status, in JSON, that its client waits for. Upstream: staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/exec.go */
export function exitStatus(exitCode: number): Uint8Array {
  const failure = {
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
  return new TextEncoder().encode(JSON.stringify({ metadata: {}, ...(exitCode === 0 ? { status: "Success" } : failure) }));
}
