/** The calls of CRI v1's ImageService with what they take and give. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto */
import { type Message, message } from "../codec.ts";
import type { Method } from "../grpc.ts";
import { type ImageSpec, imageSpec } from "./container.ts";
import { int64Value } from "./sandbox.ts";

const empty: Message<object> = message<object>({});

function method<Q extends object, A extends object>(name: string, request: Message<Q>, response: Message<A>): Method<Q, A> {
  return { path: `/runtime.v1.ImageService/${name}`, request, response };
}

export interface Image {
  readonly id: string;
  readonly repo_tags: readonly string[];
  readonly repo_digests: readonly string[];
  readonly size: number;
  readonly uid: { readonly value: number } | undefined;
  readonly username: string;
  /** Nobody's to remove. Newer runtimes only. */
  readonly pinned: boolean;
}
const image: Message<Image> = message<Image>({
  id: [1, "text"],
  repo_tags: [2, "text", "repeated"],
  repo_digests: [3, "text", "repeated"],
  size: [4, "int"],
  uid: [5, int64Value],
  username: [6, "text"],
  pinned: [8, "bool"],
});

interface WithImage {
  readonly image: ImageSpec | undefined;
}
const withImage: Message<WithImage> = message<WithImage>({ image: [1, imageSpec] });

interface ImageList {
  readonly images: readonly Image[];
}
export const listImages: Method<object, ImageList> = method("ListImages", empty, message<ImageList>({ images: [1, image, "repeated"] }));

interface ImageStatusAnswer {
  readonly image: Image | undefined;
}
export const imageStatus: Method<WithImage, ImageStatusAnswer> = method(
  "ImageStatus",
  withImage,
  message<ImageStatusAnswer>({ image: [1, image] }),
);
export const removeImage: Method<WithImage, object> = method("RemoveImage", withImage, empty);

export interface AuthConfig {
  readonly username: string;
  readonly password: string;
  readonly identity_token: string;
}
interface PullImage extends WithImage {
  readonly auth: AuthConfig | undefined;
}
interface PullAnswer {
  readonly image_ref: string;
}
const auth: Message<AuthConfig> = message<AuthConfig>({ username: [1, "text"], password: [2, "text"], identity_token: [5, "text"] });
export const pullImage: Method<PullImage, PullAnswer> = method(
  "PullImage",
  message<PullImage>({ image: [1, imageSpec], auth: [2, auth] }),
  message<PullAnswer>({ image_ref: [1, "text"] }),
);

interface FilesystemId {
  readonly mountpoint: string;
}
interface FilesystemUsage {
  readonly fs_id: FilesystemId | undefined;
  readonly used_bytes: { readonly value: number } | undefined;
}
interface ImageFsInfo {
  readonly image_filesystems: readonly FilesystemUsage[];
}
const usage: Message<FilesystemUsage> = message<FilesystemUsage>({
  fs_id: [2, message<FilesystemId>({ mountpoint: [1, "text"] })],
  used_bytes: [3, int64Value],
});
export const imageFsInfo: Method<object, ImageFsInfo> = method(
  "ImageFsInfo",
  empty,
  message<ImageFsInfo>({ image_filesystems: [1, usage, "repeated"] }),
);
