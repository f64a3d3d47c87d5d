// A TLS front on localhost for clients that insist on https or on bearer tokens: node front.mjs TARGET.
//
// Prints its address, https://localhost:PORT, once it listens. A bearer token USER:PASSWORD becomes HTTP Basic; nothing
// else is changed, and responses are passed on as they come, so that event streams flow.
import { readFileSync } from "node:fs";
import { request as forward } from "node:http";
import { createServer } from "node:https";

const target = new URL(process.argv[2]);
const folder = process.env.SIGNET_TEST_TLS;

const front = createServer(
  { cert: readFileSync(`${folder}/localhost.pem`), key: readFileSync(`${folder}/localhost.key`) },
  (request, response) => {
    const headers = { ...request.headers, "x-forwarded-proto": "https" };
    const token = /^Bearer (.+:.+)$/.exec(headers.authorization ?? "")?.[1];
    if (token) {
      headers.authorization = `Basic ${Buffer.from(token).toString("base64")}`;
    }
    const { hostname, port } = target;
    const onward = forward({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on("error", (error) => {
      response.writeHead(502).end(String(error));
    });
    // A client that goes away ends its request behind us too.
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  },
);
front.listen(0, "127.0.0.1", () => console.log(`https://localhost:${front.address().port}`));
