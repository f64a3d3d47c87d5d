# The two messages of the examples in RFC 9219 §4.1, with a PKI of their own: a good signature, and one whose
# certificate names another address and whose issuer's CRL cannot be had.

make_rfc9219() {
    local recipient_address=recipient@example.org
    pki=tests/data/rfc9219 messages=tests/data/rfc9219
    rm -rf "$pki"
    mkdir -p "$pki"
    authority root root 1 2019-01-01 2049-12-31 "RFC 9219 example root – worthless"
    authority issuing root 2 2019-01-01 2049-12-31 "RFC 9219 example issuing CA – worthless" \
        http://crl.demonstration.invalid/root.crl
    crl root 1 2020-01-01 2049-12-31
    person joe root 3 2019-01-01 2049-12-31 "Joe Bloggs" joe@bloggs.example.net rsa \
        http://crl.demonstration.invalid/root.crl
    person jane issuing 4 2019-01-01 2049-12-31 "Jane Doe" jane.doe@example.net rsa \
        http://crl.demonstration.invalid/unavailable.crl

    from='Joe Bloggs <joe@bloggs.example.net>' to=recipient@example.org
    subject='Dinner tonight?' sent=2020-07-07T14:12:00+00:00 id=dinner@bloggs.example.net
    plain >"$work/text" <<'TEXT'
At eight, at the usual place?

Joe
TEXT
    sign joe "$sent" "$work/text" root >"$work/p7s"
    clear_signed =_dinner "$work/text" "$work/p7s" >"$work/message"
    post dinner-tonight.eml 2020-07-07T14:15:18Z "$work/message"

    from='Jane Doe <jdoe@example.com>' to=recipient@example.org
    subject='Company takeover' sent=2020-01-31T23:00:00+00:00 id=takeover@example.com
    plain >"$work/text" <<'TEXT'
It is done. We sign tomorrow.

Jane
TEXT
    sign jane "$sent" "$work/text" issuing >"$work/p7s"
    clear_signed =_takeover "$work/text" "$work/p7s" >"$work/message"
    post company-takeover.eml 2020-01-31T23:00:09Z "$work/message"
}
