/**
 * Makes sure that a container's image is there, by its pull policy, and tells by events where it came from. Pods that want the same image at
 * the same time share one pull.
 * Upstream: pkg/kubelet/images/image_manager.go
 */
import type { EventRecorder } from "../../client/client.ts";
import { goQuote } from "../../machinery/goText.ts";
import { goDuration } from "../../machinery/time.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import { ImageError, type Images, type ImageStatus } from "../ports/runtime.ts";
import { StartFailure } from "../worker/startFailure.ts";
import { partOf } from "../worker/podText.ts";
import type { Clock } from "../../base/clock.ts";
import { defaultPullPolicy, withDefaultTag } from "./imageName.ts";

interface PullerDeps {
  readonly images: Images;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export class ImagePuller implements Disposable {
  private readonly deps: PullerDeps;
  private readonly pulls = new Map<string, Promise<ImageStatus>>();
  private readonly stop = new AbortController();

  constructor(deps: PullerDeps) {
    this.deps = deps;
  }

  /** Throws StartFailure with upstream's reason when the image can't be had. `secrets`: the pod's pull secrets, asked for when a pull is needed. */
  async ensure(pod: Pod, container: Container, secrets: () => Promise<readonly string[]>): Promise<ImageStatus> {
    const { events } = this.deps;
    const part = partOf(pod, container.name);
    const named = container.image ?? "";
    const image = withDefaultTag(named);
    if (image === undefined) {
      const message = `Failed to apply default image tag ${goQuote(named)}: couldn't parse image name ${goQuote(named)}: invalid reference format`;
      events.event(part, "Warning", "InspectFailed", message);
      throw new StartFailure("InvalidImageName", message, "image");
    }
    const policy = container.imagePullPolicy ?? defaultPullPolicy(named);
    const present = await this.present(image, pod, container);
    if (present !== undefined && policy !== "Always") {
      const text = `Container image ${goQuote(named)} already present on machine and can be accessed by the pod`;
      events.event(part, "Normal", "Pulled", `${text}${sourceText(present)}`);
      return present;
    }
    if (policy === "Never") {
      const message = `Container image ${goQuote(named)} is not present with pull policy of Never`;
      events.event(part, "Warning", "ErrImageNeverPull", message);
      throw new StartFailure("ErrImageNeverPull", message, "image");
    }
    return await this.pull(image, pod, container, secrets);
  }

  [Symbol.dispose](): void {
    this.stop.abort(new Error("the kubelet stops"));
  }

  private async present(image: string, pod: Pod, container: Container): Promise<ImageStatus | undefined> {
    try {
      return await this.deps.images.status(image);
    } catch (error) {
      const message = `Failed to inspect image ${goQuote(container.image ?? "")}: ${error instanceof Error ? error.message : String(error)}`;
      this.deps.events.event(partOf(pod, container.name), "Warning", "InspectFailed", message);
      throw new StartFailure("ImageInspectError", message, "image");
    }
  }

  private async pull(image: string, pod: Pod, container: Container, secrets: () => Promise<readonly string[]>): Promise<ImageStatus> {
    const { events, clock } = this.deps;
    const part = partOf(pod, container.name);
    const named = container.image ?? "";
    events.event(part, "Normal", "Pulling", `Pulling image ${goQuote(named)}`);
    const askedAtMs = clock.now();
    try {
      const pulled = await this.shared(image, pod.metadata.uid ?? "", await secrets());
      const took = goDuration(Math.round(clock.now() - askedAtMs));
      const size = `Image size: ${pulled.sizeBytes} bytes.`;
      const text = `Successfully pulled image ${goQuote(named)} in ${took} (${took} including waiting). ${size}`;
      events.event(part, "Normal", "Pulled", `${text}${sourceText(pulled)}`);
      return pulled;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const reason = error instanceof ImageError ? error.reason : "ErrImagePull";
      events.event(part, "Warning", "Failed", `Failed to pull image ${goQuote(named)}: ${message}`);
      throw new StartFailure(reason, message, "image");
    }
  }

  private shared(image: string, podUid: string, secrets: readonly string[]): Promise<ImageStatus> {
    let pull = this.pulls.get(image);
    if (pull === undefined) {
      pull = this.deps.images.pull(image, { podUid, signal: this.stop.signal, secrets });
      this.pulls.set(image, pull);
      const forget = (): void => {
        this.pulls.delete(image);
      };
      pull.then(forget, forget);
    }
    return pull;
  }
}

/** Only where the image is not what its name promises elsewhere. */
function sourceText(image: ImageStatus): string {
  return image.source === "catalogue" ? " It is a stand-in from the built-in catalogue." : "";
}
