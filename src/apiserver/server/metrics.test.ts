import { expect, test } from "vitest";
import { requestInfoOf } from "../request/requestInfo.ts";
import { Metrics } from "./metrics.ts";

test("requests are counted and timed under upstream's names", () => {
  const metrics = new Metrics();
  const list = requestInfoOf("GET", "/api/v1/namespaces/default/pods");
  metrics.observe(list, 200, 0.003, true);
  metrics.observe(list, 200, 0.3, true);
  metrics.addGauge({ name: "apiserver_storage_objects", help: "Stored objects.", read: () => [{ labels: 'resource="pods"', value: 4 }] });
  const labels = 'verb="LIST",group="",version="v1",resource="pods",subresource="",scope="namespace"';
  const text = metrics.text();
  expect(text).toContain(`apiserver_request_total{code="200",${labels}} 2\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_bucket{${labels},le="0.005"} 1\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_bucket{${labels},le="0.4"} 2\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_count{${labels}} 2\n`);
  expect(text).toContain('apiserver_storage_objects{resource="pods"} 4\n');
});

test("what clients make up gets no series of its own", () => {
  const metrics = new Metrics();
  metrics.observe(requestInfoOf("GET", '/api/v1/a"b'), 404, 0, false);
  metrics.observe(requestInfoOf("GET", "/api/v1/things"), 404, 0, false);
  expect(metrics.text()).toContain(
    'apiserver_request_total{code="404",verb="LIST",group="",version="",resource="",subresource="",scope=""} 2\n',
  );
});
