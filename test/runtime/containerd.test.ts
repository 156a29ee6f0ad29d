import { isContainerd1, privateContainerd, whyNoContainerd } from "../node/cri/privateContainerd.ts";
import { describeConformance } from "./conformance.ts";

describeConformance({
  name: "containerd",
  asRoot: true,
  missing: whyNoContainerd(),
  cannot: {
    "deleting tells the program, kills what doesn't listen, and sends the signal that the pod names":
      "containerd up to 2.1 doesn't take a container's stop signal",
    ...(isContainerd1()
      ? { "groups are the image's and the pod's, or by policy the pod's alone": "containerd 1 doesn't know the policy" }
      : {}),
  },
  async prepare() {
    const containerd = await privateContainerd();
    return { up: ["--runtime", `cri=${containerd.socket}`], [Symbol.asyncDispose]: () => containerd[Symbol.asyncDispose]() };
  },
});
