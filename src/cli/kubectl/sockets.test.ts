import { connect } from "node:net";
import { expect, test } from "vitest";
import { nodeListen } from "./sockets.ts";

test("a client that has said all still gets its answer", async () => {
  using listener = await nodeListen("127.0.0.1", 0, (socket) => {
    void (async () => {
      let asked = "";
      for await (const data of socket.incoming) asked += Buffer.from(data).toString();
      await socket.write(Buffer.from(asked.toUpperCase()));
      socket.end();
    })();
  });
  const client = connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true });
  client.end("question");
  expect(Buffer.concat((await client.toArray()) as Buffer[]).toString()).toBe("QUESTION");
});
