-- isSubscribed is each user's own where several have access to a mailbox (RFC 8621 §2).

-- What a login says of a mailbox. Where it says nothing, mailbox.is_subscribed counts for whoever owns the account,
-- and nobody else is subscribed.
CREATE TABLE mailbox_subscription (
    account_id    bigint  NOT NULL,
    mailbox_id    bigint  NOT NULL,
    -- The name of the login. Whoever lost its access to the account does not get here.
    login_name    text    NOT NULL,
    is_subscribed boolean NOT NULL,
    PRIMARY KEY (account_id, mailbox_id, login_name),
    FOREIGN KEY (account_id, mailbox_id) REFERENCES mailbox (account_id, id) ON DELETE CASCADE
);
