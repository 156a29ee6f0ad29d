/** What a plan asks for: each is begun once and comes back as a change of the record. */
export type StopReason = "podStopping" | "liveness" | "startup" | "definition" | "resize" | "postStart";

export type Action =
  | { readonly type: "setUpVolumes" }
  | { readonly type: "createSandbox" }
  | { readonly type: "start"; readonly name: string }
  /** A crash is held back until then. */
  | { readonly type: "crashLoop"; readonly name: string; readonly untilMs: number }
  /** A failed pull is held back from here on. */
  | { readonly type: "pullBackOff"; readonly name: string }
  | { readonly type: "stop"; readonly name: string; readonly why: StopReason }
  /** Running containers get what was granted meanwhile. */
  | { readonly type: "resize" }
  /** Nothing will run any more: the pod is over by itself. */
  | { readonly type: "finish" }
  | { readonly type: "fail"; readonly reason: string; readonly message: string }
  /** No container runs any more: the sandbox and the volumes go. */
  | { readonly type: "tearDown" }
  /** The pod's object can go. */
  | { readonly type: "release" }
  | { readonly type: "wake"; readonly atMs: number };
