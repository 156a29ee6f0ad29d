/**
 * Images made of Debian's own programs, the way people's images look: a busybox base with accounts, a layer with the program and its libraries, a layer
 * with its configuration and logs linked to the standard streams.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { buildImage, type BuiltImage, layer, type LayerFile } from "../node/images/builder.ts";

const paths = { busybox: "/bin/busybox", nginx: "/usr/sbin/nginx", redis: "/usr/bin/redis-server", etcd: "/usr/bin/etcd" } as const;
export type DebianProgram = keyof typeof paths;

export function missingPrograms(programs: readonly DebianProgram[]): readonly string[] {
  return programs.filter((name) => !existsSync(paths[name]));
}

const redisUser = { uid: 999, gid: 1000 };

const makers: Readonly<Record<DebianProgram, () => BuiltImage>> = {
  busybox: () => buildImage({ layers: [busyboxLayer()], config: { Cmd: ["sh"], Env: [pathVariable] } }),
  nginx: nginxImage,
  redis: () =>
    buildImage({
      layers: [busyboxLayer(), programLayer(paths.redis), layer([{ path: "data/", type: "folder", ...redisUser }])],
      config: {
        Entrypoint: ["redis-server"],
        Cmd: ["--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes"],
        WorkingDir: "/data",
        User: "redis",
        Env: [pathVariable],
      },
    }),
  etcd: () =>
    buildImage({
      layers: [busyboxLayer(), programLayer(paths.etcd)],
      config: { Entrypoint: ["etcd"], Cmd: ["--data-dir=/var/etcd"], Env: [pathVariable] },
    }),
};

export function debianImage(name: DebianProgram): BuiltImage {
  return makers[name]();
}

const pathVariable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function busyboxLayer(): Buffer {
  const applets = spawnSync(paths.busybox, ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
  return layer([
    { path: "bin/busybox", content: readFileSync(paths.busybox), mode: 0o755 },
    ...applets
      .filter((each) => each !== "busybox")
      .map((each): LayerFile => ({ path: `bin/${each}`, type: "symlink", linkPath: "busybox" })),
    {
      path: "etc/passwd",
      content: "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\nredis:x:999:1000::/data:/bin/false\n",
    },
    { path: "etc/group", content: "root:x:0:\ntty:x:5:www-data\nwww-data:x:33:\nredis:x:1000:\n" },
    { path: "tmp/", type: "folder", mode: 0o1777 },
    ...["root", "run", "var", "etc"].map((path): LayerFile => ({ path: `${path}/`, type: "folder" })),
  ]);
}

/** A program with what it is linked to. */
function programLayer(path: string): Buffer {
  const libraries = spawnSync("ldd", [path], { encoding: "utf8" }).stdout.match(/(?<=\s)\/\S+(?=\s\()/g) ?? [];
  return layer([path, ...libraries].map((each) => ({ path: each.slice(1), content: readFileSync(each), mode: 0o755 })));
}

/** Begins as root; its workers are www-data's, as in the package and in the image that everybody uses. */
function nginxImage(): BuiltImage {
  const folders = ["var/log/nginx/", "var/lib/nginx/", "run/nginx/", "etc/nginx/conf.d/"];
  const configuration = [
    "user www-data;",
    "pid /run/nginx/nginx.pid;",
    "error_log /var/log/nginx/error.log notice;",
    "events {}",
    "http { include mime.types; access_log /var/log/nginx/access.log; include /etc/nginx/conf.d/*.conf; }\n",
  ].join("\n");
  return buildImage({
    layers: [
      busyboxLayer(),
      programLayer(paths.nginx),
      layer([
        ...folders.map((path): LayerFile => ({ path, type: "folder" })),
        { path: "var/log/nginx/access.log", type: "symlink", linkPath: "/dev/stdout" },
        { path: "var/log/nginx/error.log", type: "symlink", linkPath: "/dev/stderr" },
        { path: "etc/nginx/nginx.conf", content: configuration },
        { path: "etc/nginx/mime.types", content: readFileSync("/etc/nginx/mime.types") },
        { path: "etc/nginx/conf.d/default.conf", content: "server { listen 80; root /usr/share/nginx/html; }\n" },
        ...readdirSync("/usr/share/nginx/html").map((each): LayerFile => ({
          path: `usr/share/nginx/html/${basename(each)}`,
          content: readFileSync(`/usr/share/nginx/html/${each}`),
        })),
      ]),
    ],
    config: { Cmd: ["nginx", "-g", "daemon off;"], StopSignal: "SIGQUIT", Env: [pathVariable] },
  });
}
