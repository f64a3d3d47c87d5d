// jmap-jam, a client library from npm: ann writes to bob and keeps her mail in order.
//
// node session.mjs ORIGIN USER OTHER PASSWORD, ORIGIN with https. Ends with "N passed, N failed". The library is looked
// for from the working directory.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(pathToFileURL(`${process.cwd()}/session.mjs`));
const { JamClient } = await import(pathToFileURL(installed.resolve("jmap-jam")));

const [origin, user, other, password] = process.argv.slice(2);
const subject = "Plum cake";
const needle = "cinnamon";
// How long to wait for what comes by itself, in milliseconds: a delivery, an event.
const patience = 15_000;

const client = (name) =>
  new JamClient({ sessionUrl: `${origin}/.well-known/jmap`, bearerToken: `${name}:${password}` });
const [ann, bob] = [client(user), client(other)];

/** What one step leaves for the next. */
const story = {};

const steps = {
  async session() {
    story.account = await ann.getPrimaryAccount();
    story.bobs = await bob.getPrimaryAccount();
    assert.notEqual(story.account, story.bobs);
    assert.equal((await ann.session).username, user);
  },

  async mailboxes() {
    const [{ list }] = await ann.api.Mailbox.get({ accountId: story.account });
    story.mailboxes = Object.fromEntries(list.map(({ role, id }) => [role, id]));
    assert.ok(story.mailboxes.inbox && story.mailboxes.drafts && story.mailboxes.sent);
  },

  async identities() {
    const [{ list }] = await ann.api.Identity.get({ accountId: story.account });
    [story.identity] = list;
    assert.equal(story.identity.email, user);
  },

  async upload() {
    const blob = new Blob(["Stone the plums."], { type: "text/plain" });
    story.blob = await ann.uploadBlob(story.account, blob);
    assert.equal(story.blob.size, 16);
  },

  async "draft with a body structure"() {
    const draft = {
      mailboxIds: { [story.mailboxes.drafts]: true },
      keywords: { $draft: true, $seen: true },
      from: [{ name: "Ann", email: user }],
      to: [{ name: "Bob", email: other }],
      subject,
      bodyStructure: {
        type: "multipart/mixed",
        subParts: [
          { type: "text/plain", partId: "text" },
          { type: "text/plain", blobId: story.blob.blobId, name: "recipe.txt", disposition: "attachment" },
        ],
      },
      bodyValues: { text: { value: `With ${needle}.` } },
    };
    const [{ created, notCreated }] = await ann.api.Email.set({
      accountId: story.account,
      create: { draft },
    });
    assert.ok(created?.draft, JSON.stringify(notCreated));
    story.email = created.draft.id;
  },

  async "query and get in one request"() {
    const [{ query, get }] = await ann.requestMany((methods) => {
      const query = methods.Email.query({
        accountId: story.account,
        filter: { inMailbox: story.mailboxes.drafts },
        sort: [{ property: "receivedAt", isAscending: false }],
        limit: 1,
        calculateTotal: true,
      });
      const properties = ["id", "subject", "preview", "hasAttachment", "attachments"];
      return { query, get: methods.Email.get({ accountId: story.account, ids: query.$ref("/ids"), properties }) };
    });
    assert.deepEqual(query.ids, [story.email]);
    assert.equal(query.total, 1);
    const [draft] = get.list;
    assert.equal(draft.hasAttachment, true);
    assert.equal(draft.preview.trim(), `With ${needle}.`);
    story.attachment = draft.attachments[0];
  },

  async download() {
    const response = await ann.downloadBlob({
      accountId: story.account,
      blobId: story.attachment.blobId,
      mimeType: "text/plain",
      fileName: "recipe.txt",
    });
    assert.equal(await response.text(), "Stone the plums.");
    assert.match(response.headers.get("content-type"), /^text\/plain/);
  },

  async "send, and an event of it"() {
    const [events] = await openEvents();
    const submission = { emailId: story.email, identityId: story.identity.id };
    const move = {
      [`mailboxIds/${story.mailboxes.drafts}`]: null,
      [`mailboxIds/${story.mailboxes.sent}`]: true,
      "keywords/$draft": null,
    };
    const [{ created, notCreated }] = await ann.api.EmailSubmission.set({
      accountId: story.account,
      create: { mail: submission },
      onSuccessUpdateEmail: { "#mail": move },
    });
    assert.ok(created?.mail, JSON.stringify(notCreated));
    // The server closes the stream after the state that it tells.
    assert.match(await events, /^event: state$[^]*"@type":\s*"StateChange"/m);
  },

  async "bob has it"() {
    const ids = await waitFor(async () => {
      const [{ ids }] = await bob.api.Email.query({ accountId: story.bobs, filter: { text: needle } });
      return ids.length > 0 && ids;
    });
    const properties = ["subject", "from", "threadId"];
    const [{ list }] = await bob.api.Email.get({ accountId: story.bobs, ids, properties });
    assert.equal(list.length, 1);
    assert.equal(list[0].subject, subject);
    assert.equal(list[0].from[0].email, user);
    story.received = list[0];
  },

  async "flag and changes"() {
    const [{ state }] = await bob.api.Email.get({ accountId: story.bobs, ids: [] });
    const update = { [story.received.id]: { "keywords/$flagged": true } };
    await bob.api.Email.set({ accountId: story.bobs, update });
    const [{ updated }] = await bob.api.Email.changes({ accountId: story.bobs, sinceState: state });
    assert.deepEqual(updated, [story.received.id]);
  },

  async thread() {
    const [{ list }] = await bob.api.Thread.get({ accountId: story.bobs, ids: [story.received.threadId] });
    assert.deepEqual(list[0].emailIds, [story.received.id]);
  },

  async destroy() {
    const [{ destroyed }] = await ann.api.Email.set({ accountId: story.account, destroy: [story.email] });
    assert.deepEqual(destroyed, [story.email]);
  },
};

/** Opens the event source. In the array, so that it is not awaited here, stands all that it says until it closes. */
async function openEvents() {
  const { eventSourceUrl } = await ann.session;
  const url = eventSourceUrl.replace("{types}", "*").replace("{closeafter}", "state").replace("{ping}", "0");
  const headers = { authorization: ann.authHeader, accept: "text/event-stream" };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
  assert.equal(response.status, 200);
  return [response.text()];
}

async function waitFor(look) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const found = await look();
    if (found) {
      return found;
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`nothing came within ${patience} ms`);
}

let passed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
  } catch (error) {
    // The steps after it build upon it.
    console.log(`jmap-jam: ${name}: FAILED: ${error.message ?? JSON.stringify(error)}`);
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
  passed += 1;
  console.log(`jmap-jam: ${name}: ok`);
}
console.log(`${passed} passed, 0 failed`);
// A connection that is kept alive must not keep the process alive.
process.exit(0);
