/** The upstream release whose behaviour this is, as /version and the nodes report it. */
export const kubernetesVersion = "v1.36.3";
