/** The load generator of `cox rehearse`. */
import { serveLoad } from "../cli/rehearse/loadProcess.ts";

serveLoad(process.stdin, (text) => void process.stdout.write(text));
