/** The virtual clock under the name by which tests know it. */
export { virtualClock, type VirtualClock } from "../base/virtualClock.ts";
