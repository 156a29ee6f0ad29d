/**
 * Links to a pod's own paths, in redirects and in HTML, made to lead through the proxy again.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/transport.go
 */
import { RewritingStream } from "parse5-html-rewriting-stream";

/** Attributes that hold a link, by element. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

export interface LinkPlace {
  /** Below which the client sees the pod's root. */
  readonly prefix: string;
  /** As which the pod may name itself: its address, and what the client calls the API server. */
  readonly hosts: ReadonlySet<string>;
}

/** The link itself where it leads elsewhere, is relative, or has the prefix already. */
export function linkThrough(link: string, { prefix, hosts }: LinkPlace): string {
  const [, host, path = ""] = /^(?:(?:https?:)?\/\/([^/?#]*))?(.*)$/is.exec(link) ?? [];
  if (host !== undefined && !hosts.has(host)) return link;
  const local = host !== undefined && path === "" ? "/" : path;
  if (!local.startsWith("/") || local.startsWith(`${prefix}/`)) return link;
  return prefix + local;
}

/** HTML through which the links are changed; the rest is as it came. */
export function htmlThrough(place: LinkPlace): RewritingStream {
  const html = new RewritingStream();
  html.on("startTag", (tag, raw) => {
    const names = linkAttributes[tag.tagName] ?? [];
    let changed = false;
    for (const attribute of tag.attrs.filter(({ name }) => names.includes(name))) {
      const link = linkThrough(attribute.value, place);
      changed ||= link !== attribute.value;
      attribute.value = link;
    }
    if (changed) html.emitStartTag(tag);
    else html.emitRaw(raw);
  });
  return html;
}
