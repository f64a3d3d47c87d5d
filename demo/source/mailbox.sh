# The mailbox of demo@example.org: a small office that buys lamps, rents a reading room and is written to by good
# people and by others.

recipient_address=demo@example.org
readonly issuing_crl=http://crl.demonstration.invalid/issuing.crl
readonly stranger_crl=http://crl.stranger.invalid/stranger.crl

make_mailbox() {
    pki=demo/pki messages=demo/messages manifest=()
    rm -rf "$pki" "$messages"
    mkdir -p "$pki" "$messages"
    make_people
    reading_room_lamps
    inspection_report
    what_time_did
    what_others_did
    what_is_not_ours_to_check
    list_mailbox
    write_manifest
}

make_people() {
    authority root root 1 2020-01-01 2050-01-01 "Signet Demonstration Root – worthless"
    authority issuing root 2 2020-01-01 2050-01-01 "Signet Demonstration Issuing CA – worthless" \
        http://crl.demonstration.invalid/root.crl
    authority stranger stranger 1 2020-01-01 2050-01-01 "Signet Demonstration Stranger Root – worthless"
    crl root 1 2026-01-01 2049-12-31
    crl issuing 1 2026-01-01 2049-12-31 14 2025-06-01

    person alice issuing 11 2021-01-01 2049-12-31 "Alice Winter" alice.winter@example.com rsa "$issuing_crl"
    person juergen issuing 12 2021-01-01 2049-12-31 "Jürgen Groß" juergen.gross@example.net ecdsa "$issuing_crl"
    person expired issuing 13 2021-01-01 2025-03-01 "Carla Moreau" carla.moreau@example.com rsa "$issuing_crl"
    person revoked issuing 14 2021-01-01 2049-12-31 "David Okafor" david.okafor@example.net rsa "$issuing_crl"
    person not-yet-valid issuing 15 2045-01-01 2049-12-31 "Erin Walsh" erin.walsh@example.com rsa "$issuing_crl"
    person other-address issuing 16 2021-01-01 2049-12-31 "Frank Miller" frank.miller@example.net rsa "$issuing_crl"
    person unknown-root stranger 17 2021-01-01 2049-12-31 "Grace Lindqvist" grace.lindqvist@example.com rsa \
        "$stranger_crl"
    recipient demo issuing 18 2021-01-01 2049-12-31 "Demo" "$recipient_address" "$issuing_crl"
}

as_alice() { from='Alice Winter <alice.winter@example.com>' to='Demo <demo@example.org>'; }
as_juergen() { from="$(encoded 'Jürgen Groß') <juergen.gross@example.net>" to='Demo <demo@example.org>'; }

# A thread of three: signed, an unsigned answer, signed again.
reading_room_lamps() {
    as_alice
    subject='Quote 2024-017: lamps for the reading room' sent=2024-02-13T10:11:12+01:00 id=quote-2024-017@example.com
    plain >"$work/text" <<'TEXT'
Dear colleagues,

please find attached our quote for the twelve lamps that we looked at
together last week. The prices hold until the end of March.

Kind regards
Alice Winter
TEXT
    attachment text/csv quote-2024-017.csv >"$work/sheet" <<'SHEET'
item,quantity,price each (EUR)
reading lamp LR-4,12,86.50
mounting,1,140.00
SHEET
    multipart mixed =_quote "$work/text" "$work/sheet" >"$work/quote"
    sign alice "$sent" "$work/quote" issuing >"$work/quote.p7s"
    clear_signed =_signed_02 "$work/quote" "$work/quote.p7s" >"$work/message"
    post 02-quote-signed-rsa.eml 2024-02-13T09:11:20Z "$work/message"

    from='Demo <demo@example.org>' to='Alice Winter <alice.winter@example.com>'
    subject='Re: Quote 2024-017: lamps for the reading room' sent=2024-02-13T14:40:00+00:00 id=reply-017@example.org
    parent=quote-2024-017@example.com
    plain >"$work/message" <<'TEXT'
Hello Alice,

twelve is right, and we would like them before Easter. Can you do that?

> please find attached our quote for the twelve lamps
TEXT
    post 03-quote-answer-unsigned.eml 2024-02-13T14:40:01Z "$work/message"

    as_alice
    subject='Re: Quote 2024-017: lamps for the reading room' sent=2024-02-14T08:30:45+01:00
    id=quote-2024-017-confirmed@example.com parent=reply-017@example.org ancestors=quote-2024-017@example.com
    plain >"$work/text" <<'TEXT'
We can: the lamps leave our house on Monday, 11 March.

Kind regards
Alice Winter

> Can you do that?
TEXT
    sign alice "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_04 "$work/text" "$work/p7s" >"$work/message"
    post 04-quote-confirmed-signed-rsa.eml 2024-02-14T07:30:52Z "$work/message"
}

# A thread of two: signed with ECDSA, text and HTML, and a colleague's unsigned answer.
inspection_report() {
    as_juergen
    subject="$(encoded 'Prüfbericht März – drei kleine Änderungen')" sent=2024-03-18T16:05:00+01:00
    id=inspection-03@example.net
    unicode plain >"$work/text" <<'TEXT'
Guten Tag,

die Prüfung der neuen Lampen ist abgeschlossen. Drei kleine Änderungen
sind nötig, bevor wir freigeben können; die Liste folgt morgen.

Mit freundlichen Grüßen
Jürgen Groß
TEXT
    unicode html >"$work/html" <<'HTML'
<html><body><p>Guten Tag,</p>
<p>die Prüfung der neuen Lampen ist abgeschlossen. <b>Drei kleine
Änderungen</b> sind nötig, bevor wir freigeben können; die Liste folgt
morgen.</p>
<p>Mit freundlichen Grüßen<br>Jürgen Groß</p></body></html>
HTML
    multipart alternative =_report "$work/text" "$work/html" >"$work/report"
    sign juergen "$sent" "$work/report" issuing >"$work/report.p7s"
    clear_signed =_signed_05 "$work/report" "$work/report.p7s" >"$work/message"
    post 05-inspection-signed-ecdsa.eml 2024-03-18T15:05:09Z "$work/message"

    from="$(encoded '田中 芽衣') <mei.tanaka@example.org>"
    to="$(encoded 'Jürgen Groß') <juergen.gross@example.net>, Demo <demo@example.org>"
    subject="Re: $(encoded 'Prüfbericht März – drei kleine Änderungen')" sent=2024-03-19T09:00:30+00:00
    id=inspection-03-answer@example.org parent=inspection-03@example.net
    plain >"$work/message" <<'TEXT'
Thank you. Please send the list to me directly; I shall be in the
reading room all week.

Mei
TEXT
    post 06-inspection-answer-unsigned.eml 2024-03-19T09:00:33Z "$work/message"
}

# Certificates that expired or were revoked after delivery, and one that is not valid yet.
what_time_did() {
    from='Carla Moreau <carla.moreau@example.com>' to='Demo <demo@example.org>'
    subject='Contract for the reading room, renewed' sent=2024-11-12T11:20:00+01:00 id=contract-2025@example.com
    plain >"$work/text" <<'TEXT'
Dear tenants,

the contract for the reading room is renewed until 31 December 2026 at
the same rent. This signed message is your confirmation.

Carla Moreau
TEXT
    sign expired "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_07 "$work/text" "$work/p7s" >"$work/message"
    post 07-contract-expired-since.eml 2024-11-12T10:20:07Z "$work/message"

    from='David Okafor <david.okafor@example.net>' to='Demo <demo@example.org>'
    subject='Delivery note 4711' sent=2025-04-22T07:45:00+00:00 id=delivery-4711@example.net
    plain >"$work/text" <<'TEXT'
Hello,

two parcels left our warehouse this morning, 14.2 kg in all. They should
be with you on Thursday.

David Okafor
TEXT
    sign revoked "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_09 "$work/text" "$work/p7s" >"$work/message"
    post 09-delivery-note-revoked-since.eml 2025-04-22T07:45:06Z "$work/message"

    from='Erin Walsh <erin.walsh@example.com>' to='Demo <demo@example.org>'
    subject='Appointment on Thursday' sent=2025-08-11T13:00:00+01:00 id=appointment@example.com
    plain >"$work/text" <<'TEXT'
Can we move our appointment to Thursday at three?

Erin
TEXT
    sign not-yet-valid "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_16 "$work/text" "$work/p7s" >"$work/message"
    post 16-appointment-not-yet-valid.eml 2025-08-11T12:00:05Z "$work/message"
}

# Altered, forged, under another name, from nowhere, with a footer.
what_others_did() {
    as_alice
    subject='Invoice 2025-102' sent=2025-06-17T09:30:00+02:00 id=invoice-2025-102@example.com
    plain >"$work/text" <<'TEXT'
Dear colleagues,

invoice 2025-102: twelve replacement bulbs, EUR 148.80 in all, payable
within thirty days.

Alice Winter
TEXT
    sign alice "$sent" "$work/text" issuing >"$work/p7s"
    sed 's/EUR 148.80/EUR 9148.80/' "$work/text" >"$work/altered"
    clear_signed =_signed_11 "$work/altered" "$work/p7s" >"$work/message"
    post 11-invoice-altered.eml 2025-06-17T07:30:11Z "$work/message"

    subject='Invoice 2025-102, second copy' sent=2025-06-18T08:02:00+02:00 id=invoice-2025-102-b@example.com
    sign alice "$sent" "$work/text" issuing >"$work/p7s"
    damaged "$work/p7s" >"$work/forged"
    clear_signed =_signed_12 "$work/text" "$work/forged" >"$work/message"
    post 12-invoice-forged.eml 2025-06-18T06:02:09Z "$work/message"

    as_juergen
    subject='Approval of all lamps' sent=2025-06-20T17:00:00+02:00 id=approval@example.net
    plain >"$work/text" <<'TEXT'
All lamps are approved without changes. No further inspection is needed.

TEXT
    clear_signed =_signed_13 "$work/text" "$work/report.p7s" >"$work/message"
    post 13-approval-signature-of-another.eml 2025-06-20T15:00:14Z "$work/message"

    from='Accounts <accounts@example.com>' to='Demo <demo@example.org>'
    subject='Our new bank details' sent=2025-07-03T10:10:00+00:00 id=bank-details@example.com
    plain >"$work/text" <<'TEXT'
Please note that from today all payments go to our new account. The
details follow in a separate message.
TEXT
    sign other-address "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_14 "$work/text" "$work/p7s" >"$work/message"
    post 14-bank-details-wrong-from.eml 2025-07-03T10:10:08Z "$work/message"

    from='Grace Lindqvist <grace.lindqvist@example.com>' to='Demo <demo@example.org>'
    subject='An offer from a stranger' sent=2025-07-22T12:00:00+02:00 id=offer@example.com
    plain >"$work/text" <<'TEXT'
We sell lamps, too, and at half the price. My certificate comes from an
authority that you will not have heard of.

Grace Lindqvist
TEXT
    sign unknown-root "$sent" "$work/text" stranger >"$work/p7s"
    clear_signed =_signed_15 "$work/text" "$work/p7s" >"$work/message"
    post 15-offer-unknown-root.eml 2025-07-22T10:00:04Z "$work/message"

    as_juergen
    to='Lamp standards <standards@lists.example.net>' subject='[standards] Draft 3' sent=2025-10-08T15:15:00+02:00
    id=draft-3@example.net
    extra='List-Id: Lamp standards <standards.lists.example.net>'
    plain >"$work/text" <<'TEXT'
Draft 3 is ready for comments until the end of the month.

TEXT
    sign juergen "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_signed_19 "$work/text" "$work/p7s" >"$work/signed"
    plain >"$work/footer" <<'TEXT'
_______________________________________________
standards mailing list: standards@lists.example.net
TEXT
    multipart mixed =_list "$work/signed" "$work/footer" >"$work/message"
    post 19-list-footer-partly-signed.eml 2025-10-08T13:15:21Z "$work/message"
}

# Opaque, OpenPGP, encrypted, and not signed at all.
what_is_not_ours_to_check() {
    from='IT Service <it-service@example.org>' to='Demo <demo@example.org>'
    subject='Welcome' sent=2024-01-08T08:00:00+00:00 id=welcome@example.org
    plain >"$work/text" <<'TEXT'
Welcome to your new mailbox. Everything in it is made up.
TEXT
    unicode html >"$work/html" <<'HTML'
<html><body><h1>Welcome</h1><p>to your new mailbox. Everything in it is <i>made up</i>.</p></body></html>
HTML
    multipart alternative =_welcome "$work/text" "$work/html" >"$work/message"
    post 01-welcome-unsigned.eml 2024-01-08T08:00:02Z "$work/message"

    from='Reading Room News <news@example.net>'
    subject='Reading Room News, January' sent=2025-01-20T06:00:00+00:00 id=news-2025-01@example.net
    extra=$'List-Id: Reading Room News <news.example.net>\nList-Unsubscribe: <https://news.example.net/unsubscribe>'
    unicode html >"$work/message" <<'HTML'
<html><body><h1>January</h1><p>New opening hours: 9 – 20 h. A coffee is 1.80 € now.</p></body></html>
HTML
    post 08-newsletter-unsigned.eml 2025-01-20T06:00:44Z "$work/message"

    as_alice
    subject='Minutes of 5 May' sent=2025-05-06T09:00:00+02:00 id=minutes-05@example.com
    unicode plain >"$work/text" <<'TEXT'
Minutes of the meeting of 5 May 2025

1. The café opens on Saturdays from June on.
2. Alice orders replacement bulbs.
TEXT
    sign alice "$sent" "$work/text" issuing -nodetach >"$work/p7m"
    pkcs7_mime signed-data "$work/p7m" >"$work/message"
    post 10-minutes-opaque-signed.eml 2025-05-06T07:00:10Z "$work/message"

    from='Henrik Dahl <henrik.dahl@example.net>'
    subject='Key signing party' sent=2025-09-02T18:30:00+02:00 id=party@example.net
    openpgp_signed >"$work/message"
    post 17-openpgp.eml 2025-09-02T16:30:05Z "$work/message"

    as_alice
    subject='Confidential' sent=2025-09-15T11:00:00+02:00 id=confidential@example.com
    plain >"$work/text" <<'TEXT'
Nobody can read this: the key was thrown away.
TEXT
    crlf <"$work/text" | openssl cms -encrypt -binary -aes256 -outform DER -out "$work/p7m" "$pki/demo.pem"
    pkcs7_mime enveloped-data "$work/p7m" >"$work/message"
    post 18-confidential-encrypted.eml 2025-09-15T09:00:07Z "$work/message"

    from="$(encoded 'Zoë Fischer') <zoe.fischer@example.org>" to='Demo <demo@example.org>'
    subject='Lunch?' sent=2025-11-04T11:45:00+01:00 id=lunch@example.org
    plain >"$work/message" <<'TEXT'
The usual place at half past twelve?

Zoe
TEXT
    post 20-lunch-unsigned.eml 2025-11-04T10:45:03Z "$work/message"
}

# The form of RFC 3156 §5 around a signature that is none: nothing here reads OpenPGP.
openpgp_signed() {
    cat <<'MESSAGE'
Content-Type: multipart/signed; protocol="application/pgp-signature";
 micalg=pgp-sha256; boundary="=_pgp"

--=_pgp
Content-Type: text/plain; charset=us-ascii

Bring a passport and the fingerprint of your key.

Henrik
--=_pgp
Content-Type: application/pgp-signature; name="signature.asc"

-----BEGIN PGP SIGNATURE-----
Comment: a placeholder, worthless for anything else

aVRoaXMgaXMgbm90IGFuIE9wZW5QR1Agc2lnbmF0dXJlLCBvbmx5IGEgcGxhY2Vo
b2xkZXIgZm9yIG9uZSBpbiBhIGRlbW9uc3RyYXRpb24u
-----END PGP SIGNATURE-----
--=_pgp--
MESSAGE
}

# In the order of delivery. Mailboxes are named by their role (RFC 8621 §2).
list_mailbox() {
    list 01-welcome-unsigned.eml archive 2024-01-08T08:00:02Z '$seen'
    list 02-quote-signed-rsa.eml inbox 2024-02-13T09:11:20Z '$seen' '$answered'
    list 03-quote-answer-unsigned.eml sent 2024-02-13T14:40:01Z '$seen'
    list 04-quote-confirmed-signed-rsa.eml inbox 2024-02-14T07:30:52Z '$seen'
    list 05-inspection-signed-ecdsa.eml inbox 2024-03-18T15:05:09Z '$seen'
    list 06-inspection-answer-unsigned.eml inbox 2024-03-19T09:00:33Z '$seen'
    list 07-contract-expired-since.eml inbox 2024-11-12T10:20:07Z '$seen' '$flagged'
    list 08-newsletter-unsigned.eml archive 2025-01-20T06:00:44Z '$seen'
    list 09-delivery-note-revoked-since.eml inbox 2025-04-22T07:45:06Z '$seen'
    list 10-minutes-opaque-signed.eml inbox 2025-05-06T07:00:10Z '$seen'
    list 11-invoice-altered.eml inbox 2025-06-17T07:30:11Z
    list 12-invoice-forged.eml inbox 2025-06-18T06:02:09Z
    list 13-approval-signature-of-another.eml inbox 2025-06-20T15:00:14Z
    list 14-bank-details-wrong-from.eml inbox 2025-07-03T10:10:08Z
    list 15-offer-unknown-root.eml junk 2025-07-22T10:00:04Z '$junk'
    list 16-appointment-not-yet-valid.eml inbox 2025-08-11T12:00:05Z
    list 17-openpgp.eml inbox 2025-09-02T16:30:05Z '$seen'
    list 18-confidential-encrypted.eml inbox 2025-09-15T09:00:07Z
    list 19-list-footer-partly-signed.eml inbox 2025-10-08T13:15:21Z
    list 20-lunch-unsigned.eml inbox 2025-11-04T10:45:03Z '$flagged'
}
