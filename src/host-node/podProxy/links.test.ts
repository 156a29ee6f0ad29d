import { describe, expect, it } from "vitest";
import { htmlThrough, linkThrough } from "./links.ts";

const prefix = "/api/v1/namespaces/default/services/web:http/proxy";
const place = { prefix, hosts: new Set(["10.244.1.2:80", "127.0.0.1:8001"]) };

describe("a link of a proxied pod", () => {
  it.each([
    ["/", `${prefix}/`],
    ["/a/b?c=d#e", `${prefix}/a/b?c=d#e`],
    ["http://10.244.1.2:80/login", `${prefix}/login`],
    ["https://127.0.0.1:8001", `${prefix}/`],
    ["//127.0.0.1:8001/x", `${prefix}/x`],
    [`${prefix}/already`, `${prefix}/already`],
    ["a/b", "a/b"],
    ["../up", "../up"],
    ["#here", "#here"],
    ["?q=1", "?q=1"],
    ["https://elsewhere/x", "https://elsewhere/x"],
    ["mailto:somebody@example.com", "mailto:somebody@example.com"],
    ["", ""],
  ])("%j becomes %j", (link, through) => {
    expect(linkThrough(link, place)).toBe(through);
  });

  it("is found in HTML, of which nothing else changes", async () => {
    const page = `<!DOCTYPE html>\n<A HREF='/x?a=1&amp;b=2' title=/x>to /x</A>\n<!-- <a href="/no"> --><script src=/s.js>"<a href='/no'>"</script><p data-href="/no" >é</p><img src="/i.png"/>`;
    const html = htmlThrough(place);
    const changed = html.toArray();
    html.end(page);
    expect((await changed).join("")).toBe(
      `<!DOCTYPE html>\n<a href="${prefix}/x?a=1&amp;b=2" title="/x">to /x</A>\n<!-- <a href="/no"> --><script src="${prefix}/s.js">"<a href='/no'>"</script><p data-href="/no" >é</p><img src="${prefix}/i.png"/>`,
    );
  });
});
