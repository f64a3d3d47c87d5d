# MIME and S/MIME. Everything is composed with LF line ends and turned to CRLF where bytes are signed or stored.
# The folders $pki and $messages are set by the caller.

crlf() {
    sed 's/$/\r/'
}

# encoded TEXT: an encoded-word (RFC 2047).
encoded() {
    printf '=?utf-8?B?%s?=' "$(printf '%s' "$1" | base64 -w0)"
}

# rfc5322_date 2024-02-13T10:11:12+01:00: with the offset as given.
rfc5322_date() {
    local sign=${1: -6:1} offset=${1: -5}
    [[ $sign == + ]] && sign=- || sign=+
    TZ="LOC$sign$offset" date -R -d "$1"
}

# The entities below are MIME header fields, an empty line and a body.

# plain: text from standard input, in ASCII.
plain() {
    printf 'Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n'
    cat
}

# unicode SUBTYPE: text from standard input, quoted-printable for the few letters that need it.
unicode() {
    printf 'Content-Type: text/%s; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n' "$1"
    sed 's/=/=3D/g; s/ä/=C3=A4/g; s/ö/=C3=B6/g; s/ü/=C3=BC/g; s/ß/=C3=9F/g; s/Ä/=C3=84/g; s/é/=C3=A9/g
         s/–/=E2=80=93/g; s/€/=E2=82=AC/g'
}

# attachment TYPE NAME: standard input, base64.
attachment() {
    printf 'Content-Type: %s; name="%s"\nContent-Transfer-Encoding: base64\n' "$1" "$2"
    printf 'Content-Disposition: attachment; filename="%s"\n\n' "$2"
    crlf | base64
}

# multipart SUBTYPE BOUNDARY ENTITY…: from files.
multipart() {
    local subtype=$1 boundary=$2 entity
    shift 2
    printf 'Content-Type: multipart/%s; boundary="%s"\n\n' "$subtype" "$boundary"
    for entity in "$@"; do
        printf -- '--%s\n' "$boundary"
        cat "$entity"
        echo
    done
    printf -- '--%s--\n' "$boundary"
}

# sign WHO SENT ENTITY CHAIN [OPTION…]: DER of a signature made at the time SENT, with the certificate $pki/CHAIN.pem
# beside the signer's own; detached, unless the options say otherwise.
sign() {
    local who=$1 sent=$2 entity=$3 chain=$4
    shift 4
    crlf <"$entity" | faketime "$(date -d "$sent" '+%Y-%m-%d %H:%M:%S')" openssl cms -sign -binary -md sha256 \
        -signer "$pki/$who.pem" -inkey "$work/$who.key" -certfile "$pki/$chain.pem" -nosmimecap -outform DER "$@"
}

# clear_signed BOUNDARY ENTITY SIGNATURE (RFC 8551 §3.5.3)
clear_signed() {
    printf 'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\n'
    printf ' micalg=sha-256; boundary="%s"\n\n' "$1"
    printf 'This is a signed message in MIME format.\n'
    printf -- '--%s\n' "$1"
    cat "$2"
    printf -- '\n--%s\n' "$1"
    printf 'Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Transfer-Encoding: base64\n'
    printf 'Content-Disposition: attachment; filename="smime.p7s"\n\n'
    base64 "$3"
    printf -- '--%s--\n' "$1"
}

# pkcs7_mime SMIME_TYPE CMS (RFC 8551 §3.2)
pkcs7_mime() {
    printf 'Content-Type: application/pkcs7-mime; smime-type=%s; name="smime.p7m"\n' "$1"
    printf 'Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="smime.p7m"\n\n'
    base64 "$2"
}

# damaged SIGNATURE: its last bit is another. The signature value stands at the end.
damaged() {
    head -c -1 "$1"
    printf "\\x$(printf '%02x' $(($(tail -c 1 "$1" | od -An -tu1) ^ 1)))"
}

# post FILE RECEIVED ENTITY: completes a message with the header fields that $from, $to, $subject, $sent, $id and, in
# a thread, $parent and $ancestors give; $extra holds further ones. Then they are empty again.
post() {
    local file=$1 received=$2 entity=$3
    local sender=${from##*<}
    sender=${sender%>}
    {
        printf 'Return-Path: <%s>\n' "$sender"
        printf 'Received: from mail.%s (mail.%s [192.0.2.25])\n' "${sender#*@}" "${sender#*@}"
        printf '\tby mx.example.org (Signet demonstration) with ESMTPS id %s\n' "${file%%-*}"
        printf '\tfor <%s>; %s\n' "$recipient_address" "$(date -R -d "$received")"
        printf 'X-Demonstration: %s\n' "$preamble"
        printf 'From: %s\nTo: %s\nSubject: %s\n' "$from" "$to" "$subject"
        printf 'Date: %s\nMessage-ID: <%s>\n' "$(rfc5322_date "$sent")" "$id"
        [[ -z ${parent:-} ]] || printf 'In-Reply-To: <%s>\n' "$parent"
        [[ -z ${parent:-} ]] || printf 'References:%s <%s>\n' "${ancestors:+ <$ancestors>}" "$parent"
        [[ -z ${extra:-} ]] || printf '%s\n' "$extra"
        printf 'MIME-Version: 1.0\n'
        cat "$entity"
    } | crlf >"$messages/$file"
    parent='' ancestors='' extra=''
}

# list FILE MAILBOX RECEIVED [KEYWORD…]: enters a message into the manifest.
list() {
    local file=$1 mailbox=$2 received=$3 keywords=''
    shift 3
    (($# == 0)) || keywords=$(printf ', "%s"' "$@")
    manifest+=("$(printf '    { "file": "%s", "mailbox": "%s", "receivedAt": "%s", "keywords": [%s] }' \
        "$file" "$mailbox" "$received" "${keywords#, }")")
}

# write_manifest: what `list` has collected.
write_manifest() {
    {
        printf '{\n  "about": "%s",\n' "$preamble"
        printf '  "account": "%s",\n  "messages": [\n' "$recipient_address"
        local entries
        entries=$(printf '%s,\n' "${manifest[@]}")
        printf '%s\n  ]\n}\n' "${entries%,}"
    } >"$messages/manifest.json"
}
