/** The load generator of `cox rehearse`. */
import { serveLoad } from "../cli/rehearse/loadServer.ts";

serveLoad(process.stdin, (text) => void process.stdout.write(text));
