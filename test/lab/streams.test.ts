/** Streams of the genuine kubectl; test/long/streams.test.ts sends more through them. */
import { streamCases } from "./streamCases.ts";

streamCases(20);
