import { describeConformance } from "./conformance.ts";

describeConformance({ name: "the embedded runtime, as root", asRoot: true });
describeConformance({ name: "the embedded runtime, as an ordinary user", asRoot: false });
