// Keeps the conformance suite on loopback: node --import THIS dist/cli.js …
//
// Its tests of push subscriptions ask a public web-hook relay, smee.io, for a channel, subscribe with the channel's
// address, and hear over server-sent events what was posted there. Here an https server on localhost plays the relay,
// and every request to another machine fails.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const RELAY = "https://smee.io";
const folder = process.env.SIGNET_TEST_TLS;
const realFetch = globalThis.fetch;
/** Each channel's path, with the writer of the one stream of events that listens to it, if it does. */
const channels = new Map();

const receiver = createServer(
  { cert: readFileSync(`${folder}/localhost.pem`), key: readFileSync(`${folder}/localhost.key`) },
  async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const deliver = channels.get(request.url);
    if (request.method !== "POST" || !deliver) {
      response.writeHead(404).end();
      return;
    }
    deliver(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(201).end();
  },
);
await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
receiver.unref();
const origin = `https://localhost:${receiver.address().port}`;

globalThis.fetch = async (input, options = {}) => {
  const url = new URL(input.url ?? input);
  if (url.href === `${RELAY}/new`) {
    return newChannel();
  }
  if (url.origin === origin) {
    return eventsOf(url.pathname, options.signal);
  }
  if (!["127.0.0.1", "localhost"].includes(url.hostname)) {
    throw new TypeError(`${url} is not on this machine`);
  }
  return realFetch(input, options);
};

function newChannel() {
  const path = `/${channels.size + 1}`;
  channels.set(path, () => {});
  return new Response(null, { status: 307, headers: { location: origin + path } });
}

function eventsOf(path, signal) {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(stream) {
      const send = (text) => stream.enqueue(encoder.encode(text));
      send("event: ready\ndata: {}\n\n");
      channels.set(path, (body) => send(`data: ${JSON.stringify({ body })}\n\n`));
      signal?.addEventListener("abort", () => {
        channels.set(path, () => {});
        stream.error(signal.reason);
      });
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
