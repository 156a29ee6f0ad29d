/** 100 MB through each of the genuine kubectl's streams, with equal checksums. */
import { streamCases } from "../lab/streamCases.ts";

streamCases(100);
