import { describe, expect, it } from "vitest";
import { createProblems } from "../../../testing/kindCases.ts";
import { pod } from "./pod.ts";

type Json = Record<string, unknown>;
const container = (parts: Json = {}): Json => ({ name: "main", image: "nginx:1.9.14", ...parts });
const withContainer = (parts: Json): Json => ({ spec: { containers: [container(parts)] } });
const withSpec = (spec: Json): Json => ({ spec: { containers: [container()], ...spec } });
const labelForm =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe("validation", () => {
  const c = "spec.containers[0]";
  it.each<[string, Json, string[]]>([
    ["no containers", { spec: {} }, ["spec.containers: Required value"]],
    ["no name", withContainer({ name: "" }), [`${c}.name: Required value`]],
    ["a bad name", withContainer({ name: "A_b" }), [`${c}.name: Invalid value: "A_b": ${labelForm}`]],
    ["no image", withContainer({ image: "" }), [`${c}.image: Required value`]],
    ["a padded image", withContainer({ image: " x" }), [`${c}.image: Invalid value: " x": must not have leading or trailing whitespace`]],
    ["the same name twice", withSpec({ containers: [container(), container()] }), ['spec.containers[1].name: Duplicate value: "main"']],
    [
      "a pull policy that nobody knows",
      withContainer({ imagePullPolicy: "Maybe" }),
      [`${c}.imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"`],
    ],
    ["no port", withContainer({ ports: [{}] }), [`${c}.ports[0].containerPort: Required value`]],
    [
      "a port out of range",
      withContainer({ ports: [{ containerPort: 70000 }] }),
      [`${c}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      "a protocol that nobody knows",
      withContainer({ ports: [{ containerPort: 1, protocol: "tcp" }] }),
      [`${c}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`],
    ],
    [
      "two ports of one name",
      withContainer({
        ports: [
          { name: "http", containerPort: 1 },
          { name: "http", containerPort: 2 },
        ],
      }),
      [`${c}.ports[1].name: Duplicate value: "http"`],
    ],
    [
      "a host port twice",
      withContainer({
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 80 },
        ],
      }),
      [`${c}.ports[1].hostPort: Duplicate value: "TCP//80"`],
    ],
    [
      "an environment variable with an equals sign",
      withContainer({ env: [{ name: "a=b" }] }),
      [
        `${c}.env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      ],
    ],
    [
      "a variable with two sources",
      withContainer({ env: [{ name: "a", value: "x", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }),
      [`${c}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [
      "a field that can't be had",
      withContainer({ env: [{ name: "a", valueFrom: { fieldRef: { fieldPath: "spec.foo" } } }] }),
      [
        `${c}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`,
      ],
    ],
    [
      "a field that volumes alone have",
      withContainer({ env: [{ name: "a", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } }] }),
      [
        `${c}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      ],
    ],
    [
      "a source from nowhere",
      withContainer({ envFrom: [{}] }),
      [`${c}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
    ],
    [
      "a mount of no volume",
      withContainer({ volumeMounts: [{ name: "a", mountPath: "/x" }] }),
      [`${c}.volumeMounts[0].name: Not found: "a"`],
    ],
    [
      "two mounts in one place",
      {
        spec: {
          volumes: [{ name: "a" }, { name: "b" }],
          containers: [
            container({
              volumeMounts: [
                { name: "a", mountPath: "/x" },
                { name: "b", mountPath: "/x" },
              ],
            }),
          ],
        },
      },
      [`${c}.volumeMounts[1].mountPath: Invalid value: "/x": must be unique`],
    ],
    [
      "more asked for than allowed",
      withContainer({ resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } }),
      [`${c}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      "less than nothing",
      withContainer({ resources: { limits: { memory: "-1Mi" } } }),
      [
        `${c}.resources.limits[memory]: Invalid value: "-1Mi": must be greater than or equal to 0`,
        `${c}.resources.requests[memory]: Invalid value: "-1Mi": must be greater than or equal to 0`,
      ],
    ],
    [
      "a resource that nobody knows",
      withContainer({ resources: { requests: { gpu: "1" } } }),
      [
        `${c}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `${c}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ],
    ],
    [
      "a probe that asks nothing",
      withContainer({ livenessProbe: {} }),
      [`${c}.livenessProbe: Required value: must specify a handler type`],
    ],
    [
      "a probe that asks twice",
      withContainer({ readinessProbe: { tcpSocket: { port: 1 }, exec: { command: ["a"] } } }),
      [`${c}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      "a liveness probe that wants two successes",
      withContainer({ livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
      [`${c}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    ],
    [
      "a sleep beyond the grace period",
      withContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
      [`${c}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
    ],
    [
      "a restart policy that nobody knows",
      withSpec({ restartPolicy: "Sometimes" }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      "a volume of two types",
      withSpec({ volumes: [{ name: "a", emptyDir: {}, hostPath: { path: "/x" } }] }),
      ["spec.volumes[0].emptyDir: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "a volume that climbs out",
      withSpec({ volumes: [{ name: "a", configMap: { name: "x", items: [{ key: "k", path: "../x" }] } }] }),
      ["spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'"],
    ],
    ["the same volume twice", withSpec({ volumes: [{ name: "a" }, { name: "a" }] }), ['spec.volumes[1].name: Duplicate value: "a"']],
    [
      "an init container with a probe",
      withSpec({ initContainers: [container({ name: "init", livenessProbe: { tcpSocket: { port: 1 } } })] }),
      ["spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"],
    ],
    [
      "a toleration of everything that isn't",
      withSpec({ tolerations: [{ operator: "Equal" }] }),
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      "an affinity without terms",
      withSpec({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
      ],
    ],
    [
      "an affinity without a topology",
      withSpec({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "" }] } } }),
      [
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      "a spread without skew",
      withSpec({ topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "Never" }] }),
      [
        "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than 0",
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      "a user below none",
      withContainer({ securityContext: { runAsUser: -1 } }),
      [`${c}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`],
    ],
    [
      "privileges taken and given",
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        `${c}.securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
      ],
    ],
    [
      "a deadline of nothing",
      withSpec({ activeDeadlineSeconds: 0 }),
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ],
    [
      "a new pod with a debugger",
      withSpec({ ephemeralContainers: [{ name: "debug", image: "busybox" }] }),
      ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ],
    [
      "no name server at all",
      withSpec({ dnsPolicy: "None" }),
      ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    ],
    [
      "a bad node name",
      withSpec({ nodeName: "Not A Node" }),
      [
        "spec.nodeName: Invalid value: \"Not A Node\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
  ])("refuses %s", (_, sent, problems) => {
    expect(createProblems(pod, sent)).toEqual(problems);
  });

  it("refuses annotations and labels that are no such thing", () => {
    const sent = { ...withSpec({}), metadata: { labels: { "a b": "ok" }, annotations: { x: "y".repeat(256 * 1024) } } };
    expect(createProblems(pod, sent)).toEqual([
      "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ]);
  });
});
