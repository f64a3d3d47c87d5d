"""jmapc, a client library from PyPI: ann writes to bob and keeps her mail in order.

usage: session.py HOST:PORT USER OTHER PASSWORD, over https. Ends with "N passed, N failed".
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

from jmapc import (
    Address,
    Client,
    Email,
    EmailAddress,
    EmailBodyPart,
    EmailBodyValue,
    EmailQueryFilterCondition,
    EmailSubmission,
    Envelope,
    MailboxQueryFilterCondition,
    Ref,
)
from jmapc.methods import (
    CoreEcho,
    EmailChanges,
    EmailGet,
    EmailQuery,
    EmailSet,
    EmailSubmissionSet,
    IdentityGet,
    MailboxGet,
    MailboxQuery,
    SearchSnippetGet,
    ThreadGet,
)

HOST, USER, OTHER, PASSWORD = sys.argv[1:]
SUBJECT = "Quince jelly"
NEEDLE = "marmalade"
# How long to wait for what comes by itself: a delivery, an event.
PATIENCE = 15

steps = []


def step(function):
    steps.append(function)
    return function


class Story:
    """What one step leaves for the next."""

    ann = Client.create_with_password(HOST, USER, PASSWORD)
    bob = Client.create_with_password(HOST, OTHER, PASSWORD)
    folder = Path(tempfile.mkdtemp())
    events = []


def call(client, method):
    return client.request(method, raise_errors=True)


def calls(client, *methods):
    return [answer.response for answer in client.request(list(methods), raise_errors=True)]


def wait_for(look):
    """The first answer of `look` that is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing came within {PATIENCE} seconds")


@step
def session(story):
    assert story.ann.jmap_session.username == USER
    assert story.ann.account_id != story.bob.account_id


@step
def echo(story):
    assert call(story.ann, CoreEcho(data={"hello": "world"})).data == {"hello": "world"}


@step
def mailboxes(story):
    found = call(story.ann, MailboxGet(ids=None)).data
    story.mailboxes = {mailbox.role: mailbox.id for mailbox in found}
    assert {"inbox", "drafts", "sent", "archive", "junk", "trash"} <= story.mailboxes.keys()


@step
def mailbox_by_role_and_back_reference(story):
    query = MailboxQuery(filter=MailboxQueryFilterCondition(role="inbox"))
    _, got = calls(story.ann, query, MailboxGet(ids=Ref("/ids")))
    assert [mailbox.id for mailbox in got.data] == [story.mailboxes["inbox"]]


@step
def identity(story):
    [story.identity] = call(story.ann, IdentityGet()).data
    assert story.identity.email == USER


@step
def upload(story):
    file = story.folder / "recipe.txt"
    file.write_text("Wash the quinces.")
    story.blob = story.ann.upload_blob(file)
    assert story.blob.size == len("Wash the quinces.")


@step
def draft_with_attachment(story):
    attachment = EmailBodyPart(
        blob_id=story.blob.id, type="text/plain", name="recipe.txt", disposition="attachment"
    )
    draft = Email(
        mail_from=[EmailAddress(name="Ann", email=story.identity.email)],
        to=[EmailAddress(name="Bob", email=OTHER)],
        subject=SUBJECT,
        mailbox_ids={story.mailboxes["drafts"]: True},
        keywords={"$draft": True, "$seen": True},
        body_values={"text": EmailBodyValue(value=f"Better than {NEEDLE}.")},
        text_body=[EmailBodyPart(part_id="text", type="text/plain")],
        attachments=[attachment],
    )
    answer = call(story.ann, EmailSet(create={"draft": draft}))
    assert answer.created, answer.not_created
    story.email = answer.created["draft"].id


@step
def event_stream_opens(story):
    def listen():
        for event in story.ann.events:
            story.events.append(event)

    threading.Thread(target=listen, daemon=True).start()
    # The stream is open when a change is heard. Until one is, a flag comes and goes.
    flags = [True, None]

    def change():
        flags.reverse()
        call(story.ann, EmailSet(update={story.email: {"keywords/$flagged": flags[0]}}))
        time.sleep(0.2)
        return story.events

    wait_for(change)
    call(story.ann, EmailSet(update={story.email: {"keywords/$flagged": None}}))
    changed = story.events[0].data.changed[story.ann.account_id]
    assert changed.email, changed


@step
def send(story):
    story.state = call(story.ann, EmailGet(ids=[])).state
    story.events.clear()
    submission = EmailSubmission(
        email_id=story.email,
        identity_id=story.identity.id,
        envelope=Envelope(mail_from=Address(email=USER), rcpt_to=[Address(email=OTHER)]),
    )
    move = {
        "keywords/$draft": None,
        f"mailboxIds/{story.mailboxes['drafts']}": None,
        f"mailboxIds/{story.mailboxes['sent']}": True,
    }
    sent, moved = story.ann.request(
        EmailSubmissionSet(create={"mail": submission}, on_success_update_email={"#mail": move}),
        raise_errors=True,
    )
    assert sent.created, sent.not_created
    assert story.email in moved.updated


@step
def moved_to_sent(story):
    [email] = call(story.ann, EmailGet(ids=[story.email], properties=["mailboxIds", "keywords"])).data
    assert list(email.mailbox_ids) == [story.mailboxes["sent"]]
    assert "$draft" not in email.keywords


@step
def event_of_sending(story):
    event = wait_for(lambda: story.events)[0]
    assert event.data.changed[story.ann.account_id].email != story.state


@step
def changes_name_the_email(story):
    assert story.email in call(story.ann, EmailChanges(since_state=story.state)).updated


@step
def bob_has_it(story):
    def look():
        query = EmailQuery(filter=EmailQueryFilterCondition(text=SUBJECT))
        get = EmailGet(ids=Ref("/ids"), fetch_text_body_values=True)
        return calls(story.bob, query, get)[1].data

    [email] = wait_for(look)
    assert email.mail_from[0].email == USER
    assert email.body_values[email.text_body[0].part_id].value.strip() == f"Better than {NEEDLE}."
    story.received = email


@step
def bob_downloads_the_attachment(story):
    [attachment] = story.received.attachments
    copy = story.folder / "copy.txt"
    story.bob.download_attachment(attachment, copy)
    assert copy.read_text() == "Wash the quinces."


@step
def search_with_snippets(story):
    condition = EmailQueryFilterCondition(text=NEEDLE)
    query, snippets = calls(
        story.bob, EmailQuery(filter=condition), SearchSnippetGet(filter=condition, ids=Ref("/ids"))
    )
    assert query.ids == [story.received.id]
    assert f"<mark>{NEEDLE}</mark>" in snippets.data[0].preview


@step
def flag_and_query(story):
    call(story.bob, EmailSet(update={story.received.id: {"keywords/$flagged": True}}))
    flagged = EmailQuery(filter=EmailQueryFilterCondition(has_keyword="$flagged"))
    assert call(story.bob, flagged).ids == [story.received.id]


@step
def thread(story):
    [found] = call(story.bob, ThreadGet(ids=[story.received.thread_id])).data
    assert found.email_ids == [story.received.id]


@step
def destroy(story):
    assert call(story.ann, EmailSet(destroy=[story.email])).destroyed == [story.email]


def main():
    story = Story()
    for passed, function in enumerate(steps):
        name = function.__name__.replace("_", " ")
        try:
            function(story)
        except Exception as error:
            # The steps after it build upon it.
            print(f"jmapc: {name}: FAILED: {type(error).__name__}: {error}")
            print(f"{passed} passed, 1 failed")
            return 1
        print(f"jmapc: {name}: ok")
    print(f"{len(steps)} passed, 0 failed")
    return 0


sys.exit(main())
