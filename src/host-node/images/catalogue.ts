/**
 * The built-in catalogue: stand-ins for the lab's images, which registries no longer serve. Each is a small root with one program of ours, run by
 * the Node that runs us; everything else in it is the machine's own /usr, read-only.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FoundImage, HostBind, ImageConfig, ImageSource, OpenImage } from "./image.ts";
import { canonicalImageName } from "./imageName.ts";

export interface CatalogueOptions {
  /** Where roots are made; kept between runs. */
  readonly folder: string;
  /** The built programs: auth.cjs, hello.cjs, nginx.cjs, rehearsalApp.cjs, rehearsalClient.cjs. */
  readonly programs: string;
  /** The Node that runs them. Default: this one. */
  readonly node?: string | undefined;
}

interface Entry {
  readonly names: readonly string[];
  readonly program: "auth" | "hello" | "nginx" | "rehearsalApp" | "rehearsalClient";
  /** Where the image's own command is, as people write it in manifests. */
  readonly path: string;
  readonly config: Partial<ImageConfig>;
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>> | undefined;
}

/** Counted up when roots are made differently: kept ones are then made anew. */
const layoutVersion = 2;
export const nodeInside = "/opt/coxswain/node";
/** Small heaps: these programs keep nothing. */
const nodeFlags = "--max-semi-space-size=2 --max-old-space-size=64 --no-deprecation";

function application(program: "auth" | "hello", version: string): Entry {
  const names = [`kelseyhightower/${program}:${version}`, `${program}:${version}`];
  const config = { entrypoint: [`/${program}`], env: [{ name: "APP_VERSION", value: version }] };
  return { names, program, path: `/${program}`, config, files: {} };
}

/** A service whose environment says how it misbehaves: for rehearsals (src/catalogue/rehearsalApp.ts). */
function rehearsalApp(version: string): Entry {
  const path = "/rehearsal-app";
  const config = { entrypoint: [path], env: [{ name: "APP_VERSION", value: version }] };
  return { names: [`coxswain/rehearsal-app:${version}`], program: "rehearsalApp", path, config, files: {} };
}

/** The load generator: a rehearsal runs it in a pod that waits (src/cli/rehearse/clientPod.ts). */
const rehearsalClient: Entry = {
  names: ["coxswain/rehearsal-client:1.0.0"],
  program: "rehearsalClient",
  path: "/rehearsal-client",
  config: { entrypoint: ["/rehearsal-client"] },
  files: {},
};

/** Tag by tag the version that `nginx -v` and the Server header show. */
const nginxVersions: Readonly<Record<string, string>> = {
  "1.9.14": "1.9.14",
  "1.9": "1.9.15",
  "1.25": "1.25.5",
  "1.26": "1.26.3",
  "1.27": "1.27.5",
  "1.28": "1.28.0",
  "1.29": "1.29.3",
  stable: "1.28.0",
  mainline: "1.29.3",
  latest: "1.29.3",
  alpine: "1.29.3",
};

function nginx(tag: string, version: string): Entry {
  return {
    names: [`nginx:${tag}`],
    program: "nginx",
    path: "/usr/sbin/nginx",
    config: { cmd: ["nginx", "-g", "daemon off;"], stopSignal: "SIGQUIT", env: [{ name: "NGINX_VERSION", value: version }] },
    files: nginxFiles,
    links: { "/var/log/nginx/access.log": "/dev/stdout", "/var/log/nginx/error.log": "/dev/stderr" },
  };
}

const nginxFiles: Readonly<Record<string, string>> = {
  "/etc/nginx/nginx.conf": `user  nginx;
worker_processes  1;

error_log  /var/log/nginx/error.log warn;
pid        /var/run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`,
  "/etc/nginx/mime.types": `types {
    text/html                             html htm shtml;
    text/css                              css;
    text/plain                            txt;
    application/javascript                js;
    application/json                      json;
    image/png                             png;
    image/jpeg                            jpeg jpg;
    image/svg+xml                         svg svgz;
    image/x-icon                          ico;
}
`,
  "/etc/nginx/conf.d/default.conf": `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`,
  "/usr/share/nginx/html/index.html": `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page comes from Coxswain's stand-in for nginx.</p>
</body>
</html>
`,
  "/usr/share/nginx/html/50x.html": `<!DOCTYPE html>
<html>
<head><title>Error</title></head>
<body><h1>An error occurred.</h1></body>
</html>
`,
};

const entries: readonly Entry[] = [
  application("auth", "1.0.0"),
  application("auth", "2.0.0"),
  application("hello", "1.0.0"),
  application("hello", "2.0.0"),
  rehearsalApp("1.0.0"),
  rehearsalApp("2.0.0"),
  rehearsalClient,
  ...Object.entries(nginxVersions).map(([tag, version]) => nginx(tag, version)),
];

/** The names that the catalogue answers to, as people write them. */
export const catalogueNames: readonly string[] = entries.flatMap((entry) => entry.names);

export function catalogueSource(options: CatalogueOptions): ImageSource {
  const byName = new Map(entries.flatMap((entry) => entry.names.map((name) => [canonicalImageName(name), entry] as const)));
  return {
    name: "catalogue",
    async find(canonicalName): Promise<FoundImage | undefined> {
      const entry = byName.get(canonicalName);
      if (entry === undefined) return undefined;
      const program = join(options.programs, `${entry.program}.cjs`);
      const { size } = await stat(program);
      const config = configOf(entry);
      const digest = createHash("sha256")
        .update(await readFile(program))
        .update(JSON.stringify([layoutVersion, config, entry, nodeFlags, options.node ?? process.execPath]))
        .digest("hex");
      return {
        ref: `sha256:${digest}`,
        sizeBytes: size,
        config,
        open: () => openEntry(entry, digest, { ...options, program }),
      };
    },
  };
}

function configOf(entry: Entry): ImageConfig {
  return { entrypoint: [], cmd: [], env: [], workingDir: "/", user: "", stopSignal: "SIGTERM", ...entry.config };
}

async function openEntry(entry: Entry, digest: string, options: CatalogueOptions & { readonly program: string }): Promise<OpenImage> {
  const root = join(options.folder, digest.slice(0, 24));
  const node = options.node ?? process.execPath;
  const top = await topFolders();
  if (!existsSync(root)) {
    // Made aside and renamed: a half-made root never counts.
    const draft = `${root}.${process.pid}`;
    await rm(draft, { recursive: true, force: true });
    await makeRoot(draft, entry, { node, program: options.program, top });
    await rename(draft, root);
  }
  const binds: HostBind[] = top.binds.map((path) => ({ target: path, sources: [path] }));
  // The image's own /usr lies over the machine's.
  binds.push({ target: "/usr", sources: addsToUsr(entry) ? [join(root, "usr"), "/usr"] : ["/usr"] });
  if (!node.startsWith("/usr/")) binds.push({ target: nodeInside, sources: [node] });
  return { ref: `sha256:${digest}`, config: configOf(entry), root, binds };
}

function addsToUsr(entry: Entry): boolean {
  return [entry.path, ...Object.keys(entry.files)].some((path) => path.startsWith("/usr/"));
}

interface TopFolders {
  /** Links such as /bin -> usr/bin, on most systems. */
  readonly links: ReadonlyMap<string, string>;
  /** Real folders instead, on some. */
  readonly binds: readonly string[];
}

async function topFolders(): Promise<TopFolders> {
  const links = new Map<string, string>();
  const binds: string[] = [];
  for (const name of await readdir("/")) {
    if (!/^(bin|sbin|lib(32|64|x32)?)$/.test(name)) continue;
    const link = await readlink(`/${name}`).catch(() => undefined);
    if (link === undefined) binds.push(`/${name}`);
    else links.set(`/${name}`, link);
  }
  return { links, binds };
}

async function makeRoot(
  root: string,
  entry: Entry,
  from: { readonly node: string; readonly program: string; readonly top: TopFolders },
): Promise<void> {
  const folders = [
    "dev",
    "etc",
    "usr",
    "proc",
    "sys",
    "run",
    "var/log",
    "root",
    "home",
    "opt/coxswain",
    ...from.top.binds.map((path) => path.slice(1)),
  ];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  for (const folder of ["tmp", "var/tmp"]) {
    await mkdir(join(root, folder), { recursive: true });
    // Apart from making: the process's umask must not count.
    await chmod(join(root, folder), 0o1777);
  }
  for (const [path, target] of from.top.links) await symlink(target, join(root, path));
  await symlink("/run", join(root, "var/run"));
  if (from.node.startsWith("/usr/")) await symlink(from.node, join(root, nodeInside));
  else await writeFile(join(root, nodeInside), "");
  await copyFile(from.program, join(root, "opt/coxswain/program.cjs"));
  const start = `#!/bin/sh\nexec ${nodeInside} ${nodeFlags} /opt/coxswain/program.cjs "$@"\n`;
  const files = { ...accounts, ...entry.files, [entry.path]: start };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: path === entry.path ? 0o755 : 0o644 });
  }
  for (const [path, target] of Object.entries(entry.links ?? {})) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  await copyFile("/etc/ld.so.cache", join(root, "etc/ld.so.cache")).catch(() => undefined);
}

const accounts = {
  "/etc/passwd": `root:x:0:0:root:/root:/bin/sh
nginx:x:101:101:nginx:/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`,
  "/etc/group": `root:x:0:
tty:x:5:
nginx:x:101:
nogroup:x:65534:
`,
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};
