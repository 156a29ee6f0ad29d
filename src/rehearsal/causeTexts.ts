/** What each cause is called and how it comes about. */
import type { Cause } from "./causes.ts";

export interface CauseText {
  readonly title: string;
  readonly explanation: string;
}

export const causeTexts: Readonly<Record<Cause, CauseText>> = {
  notReady: {
    title: "sent to a pod that was not ready to serve",
    explanation:
      "The pod counted as ready before its program listened. Without a readiness probe (or with one that asks something else) a container is ready the moment it runs.",
  },
  staleEndpoint: {
    title: "sent to a pod after SIGTERM",
    explanation:
      "Deleting a pod does two things at once: its program gets SIGTERM, and its endpoint is removed. Until the removal has reached a node's Service rules, that node goes on sending to a program that has stopped listening.",
  },
  cutInFlight: {
    title: "cut in flight when the pod's process ended",
    explanation:
      "The request was under way when the process ended: it exits on SIGTERM without finishing what it has begun, or it was killed when the grace period was over.",
  },
  keepAliveClosed: {
    title: "kept-alive connection closed under it",
    explanation:
      "The client sent on a connection that it had been told it may keep, while the server closed it. Removing the endpoint does not move connections that are open; only the program can, by answering the last request on each with 'Connection: close'.",
  },
  noEndpoint: {
    title: "no pod was there to take it",
    explanation: "The Service had no ready endpoint at all: every pod was taken away before a new one was ready.",
  },
  crashed: {
    title: "the pod's container crashed",
    explanation: "The container ended by itself, without being asked to, and took its requests with it.",
  },
  overloaded: {
    title: "overloaded while capacity dipped",
    explanation: "Fewer pods than usual were ready, and those that were did not answer in time.",
  },
  applicationError: {
    title: "the application answered with an error",
    explanation: "A ready pod answered with an error status: no race of the rollout, but what this version does.",
  },
  unknown: { title: "unknown", explanation: "Nothing that the cluster did at the time explains it." },
};
