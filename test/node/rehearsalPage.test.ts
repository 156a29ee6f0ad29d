/** The report's page in a real browser: complete by itself, drawn, zoomed, by day and by night, on a small screen. Skipped where there is no chromium. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../src/rehearsal/report/model.ts";
import { coxRehearse, type Scratch, scratch } from "../rehearsal/coxRehearse.ts";
import { fixturePath } from "../rehearsal/fixtures.ts";
import { chromiumIsThere, openPage, type Page } from "./chromium.ts";

if (!chromiumIsThere) console.log("skipped: the report's page: chromium is not installed (apt-get install chromium)");
describe.skipIf(!chromiumIsThere)("the report's page (Debian package chromium)", () => {
  let folder: Scratch;
  let page: Page;
  let reports: readonly Report[];
  beforeAll(async () => {
    folder = scratch();
    const image = ["--set-image", "deployment/shop", "shop=coxswain/rehearsal-app:2.0.0", "--compare", "rolling,recreate"];
    const args = ["-f", fixturePath("no-prestop", "before.yaml"), ...image, "--simulate", "--report", folder.path("page.html")];
    ({ reports } = await coxRehearse(args, folder));
    page = await openPage(`file://${folder.path("page.html")}`);
    await page.command("Emulation.setDeviceMetricsOverride", { width: 1200, height: 900, deviceScaleFactor: 1, mobile: false });
  });
  afterAll(async () => {
    await page[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const rows = (list: string): Promise<number> => page.value(`document.querySelectorAll('.report:not([hidden]) .${list} tbody tr').length`);

  test("needs nothing but itself", async () => {
    expect(await page.value("document.title")).toBe("Rehearsal of shop");
    expect([page.requests, page.errors]).toEqual([[], []]);
  });

  test("shows the comparison, the charts, each pod and each failed request", async () => {
    expect(await page.value("document.querySelectorAll('.compare tbody tr').length")).toBe(2);
    expect(await page.value("document.querySelectorAll('.report:not([hidden]) .charts svg').length")).toBe(3);
    expect(await page.value("document.querySelectorAll('.report:not([hidden]) .lanes text.pod').length")).toBe(reports[0]?.pods.length);
    expect(reports[0]?.failures.length).toBeGreaterThan(50);
    expect(await rows("failures")).toBe(Math.min(500, reports[0]?.failures.length ?? 0));
    expect(await page.value("document.querySelector('.failures td:last-child').textContent")).toMatch(
      /^sent to a pod after SIGTERM: sent \d+ ms after SIGTERM$/,
    );
  });

  test("zooms by a drag, and back by a double click", async () => {
    const all = await rows("timeline");
    const box = await page.value<{ x: number; y: number; width: number }>(
      "(() => { const svg = document.querySelector('.charts svg'); svg.scrollIntoView({ block: 'center' }); const { x, y, width } = svg.getBoundingClientRect(); return { x, y, width }; })()",
    );
    const mouse = (type: string, share: number, clickCount = 1): Promise<unknown> =>
      page.command("Input.dispatchMouseEvent", {
        type,
        x: box.x + box.width * share,
        y: box.y + 60,
        button: "left",
        buttons: 1,
        clickCount,
      });
    await mouse("mousePressed", 0.1);
    await mouse("mouseMoved", 0.15);
    await mouse("mouseReleased", 0.2);
    const zoomed = await rows("timeline");
    expect(zoomed).toBeLessThan(all);
    expect(await page.value("document.querySelector('.charts svg').textContent")).not.toMatch(/\b0 s/);
    for (const clicks of [1, 2]) {
      await mouse("mousePressed", 0.5, clicks);
      await mouse("mouseReleased", 0.5, clicks);
    }
    expect(await rows("timeline")).toBe(all);
  });

  test("changes from strategy to strategy", async () => {
    await page.value("document.querySelectorAll('nav button')[1].click()");
    expect(await page.value("document.querySelector('.report:not([hidden]) .verdict span').textContent")).toBe("recreate");
    await page.value("document.querySelectorAll('nav button')[0].click()");
  });

  test("is dark by night, and light by day", async () => {
    const brightness = async (scheme: string): Promise<number> => {
      await page.command("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      const colour = await page.value<string>("getComputedStyle(document.body).backgroundColor");
      return (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    };
    expect(await brightness("dark")).toBeLessThan(60);
    const dark = await page.screenshot();
    expect(await brightness("light")).toBeGreaterThan(200);
    const light = await page.screenshot();
    expect(light.length).toBeGreaterThan(20_000);
    expect(light.equals(dark)).toBe(false);
  });

  test("fits a small screen, its letters no smaller", async () => {
    await page.command("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 1, mobile: true });
    await page.value("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
    expect(await page.value("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
    const scale = await page.value<number>(
      "(() => { const svg = document.querySelector('.charts svg'); return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; })()",
    );
    expect(scale).toBeGreaterThan(0.95);
    expect(page.errors).toEqual([]);
  });
});
