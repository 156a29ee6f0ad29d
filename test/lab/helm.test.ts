/** The genuine Helm 4 on a real cluster: the chart that `helm create` writes, and one with a ConfigMap, a Secret and two Deployments. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { genuineTools, realCluster, type RealCluster } from "./realCluster.ts";

const tools = genuineTools();

const workload = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-${name}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: hello
          image: kelseyhightower/hello:{{ .Values.version }}
          envFrom: [{configMapRef: {name: "{{ .Release.Name }}-settings"}}, {secretRef: {name: "{{ .Release.Name }}-keys"}}]
          readinessProbe: {httpGet: {path: /readiness, port: 81}}
`;

const files: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: pair\nversion: 0.1.0\nappVersion: 1.0.0\n",
  "values.yaml": "replicas: 1\nversion: 1.0.0\nmode: calm\n",
  "templates/settings.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-settings}\ndata: {MODE: {{ .Values.mode }}}\n",
  "templates/keys.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}-keys}\nstringData: {KEY: hidden}\n",
  "templates/front.yaml": workload("front"),
  "templates/back.yaml": workload("back"),
};

describe.skipIf(tools === undefined)("Helm", () => {
  let cluster: RealCluster;
  const run = async (text: string): Promise<string> => {
    const result = await cluster.sh(text);
    expect(result.code, `${text}\n${result.stdout}${result.stderr}`).toBe(0);
    return result.stdout;
  };
  beforeAll(async () => {
    if (tools !== undefined) cluster = await realCluster({ name: "helm", nodes: 2, tools });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it("installs, upgrades, rolls back and uninstalls the chart that it creates", async () => {
    await run("helm create made");
    expect(await run("helm install one made --set image.tag=1.27 --wait --timeout 60s")).toMatch(/STATUS: deployed\nREVISION: 1/);
    expect(await run("kubectl get deployment one-made --no-headers")).toMatch(/1\/1/);
    expect(await run("helm list")).toMatch(/^one\s+default\s+1\s.*deployed\s+made-0\.1\.0/m);
    expect(await run("helm upgrade one made --set image.tag=1.27,replicaCount=2 --wait --timeout 60s")).toMatch(/REVISION: 2/);
    expect(await run("kubectl get deployment one-made --no-headers")).toMatch(/2\/2/);
    expect(await run("helm rollback one 1 --wait --timeout 60s")).toMatch(/Rollback was a success/);
    expect(await run("helm history one")).toMatch(/1\s.*superseded[^]*2\s.*superseded[^]*3\s.*deployed.*Rollback to 1/);
    expect(await run("kubectl get deployment one-made -o jsonpath={.spec.replicas}")).toBe("1");
    expect(await run("helm uninstall one --wait")).toMatch(/release "one" uninstalled/);
    expect(await run("kubectl get deployment,service,serviceaccount -l app.kubernetes.io/instance=one -o name")).toBe("");
  });

  it("runs a chart with a ConfigMap, a Secret and two Deployments", async () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(cluster.folder, "pair", path, ".."), { recursive: true });
      writeFileSync(join(cluster.folder, "pair", path), text);
    }
    await run("helm install two pair --wait --timeout 60s");
    expect(await run("kubectl exec deployment/two-front -- sh -c 'echo $MODE $KEY'")).toBe("calm hidden\n");
    await run("helm upgrade two pair --set mode=wild,version=2.0.0 --wait --timeout 60s");
    expect(await run("kubectl exec deployment/two-back -- sh -c 'echo $MODE $KEY'")).toBe("wild hidden\n");
    const managers = await run(
      "kubectl get configmap two-settings -o jsonpath='{.metadata.managedFields[*].manager}:{.metadata.managedFields[*].operation}' --show-managed-fields",
    );
    expect(managers).toBe("helm:Apply");
    await run("helm uninstall two --wait");
    expect(await run("kubectl get configmap,secret -o name")).toBe("configmap/kube-root-ca.crt\n");
  });
});
