# Keys, certificates and CRLs. A NAME stands for $work/NAME.key and for the certificate NAME.pem in the folder
# $pki, which the caller sets.

readonly organisation="Signet Demonstration – worthless for anything else"
readonly preamble="Made for a demonstration, worthless for anything else."

# key NAME rsa|ecdsa
key() {
    local algorithm=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)
    [[ $2 == rsa ]] || algorithm=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)
    # What openssl writes here is a row of dots.
    openssl genpkey "${algorithm[@]}" -out "$work/$1.key" 2>/dev/null
}

# certificate NAME ISSUER SERIAL FROM UNTIL COMMON_NAME EXTENSIONS: dates are YYYY-MM-DD, at midnight.
certificate() {
    local name=$1 issuer=$2 serial=$3 from=$4 until=$5 common_name=$6 extensions=$7
    local days=$((($(date -d "$until" +%s) - $(date -d "$from" +%s)) / 86400))
    local signed_by=(-CA "$pki/$issuer.pem" -CAkey "$work/$issuer.key")
    [[ $issuer != "$name" ]] || signed_by=(-signkey "$work/$name.key")
    # A slash would start the next part of the name.
    openssl req -new -utf8 -sha256 -key "$work/$name.key" -out "$work/$name.csr" \
        -config <(printf '[req]\nstring_mask = utf8only\ndistinguished_name = name\n[name]\n') \
        -subj "/O=$organisation/CN=$common_name"
    {
        echo "$preamble"
        faketime "$from 00:00:00" openssl x509 -req -sha256 -in "$work/$name.csr" -days "$days" \
            -set_serial "$serial" "${signed_by[@]}" -extfile <(printf '%s\n' "$extensions") 2>/dev/null
    } >"$work/$name.crt"
    mv "$work/$name.crt" "$pki/$name.pem"
}

# authority NAME ISSUER SERIAL FROM UNTIL COMMON_NAME [CRL_URL]
authority() {
    key "$1" rsa
    certificate "$1" "$2" "$3" "$4" "$5" "$6" "basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
${7:+crlDistributionPoints = URI:$7}"
}

# person NAME ISSUER SERIAL FROM UNTIL COMMON_NAME ADDRESS KEY CRL_URL
person() {
    key "$1" "$8"
    certificate "$1" "$2" "$3" "$4" "$5" "$6" "basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = email:$7
crlDistributionPoints = URI:$9"
}

# recipient NAME ISSUER SERIAL FROM UNTIL COMMON_NAME ADDRESS CRL_URL: a certificate to encrypt to.
recipient() {
    key "$1" rsa
    certificate "$1" "$2" "$3" "$4" "$5" "$6" "basicConstraints = critical, CA:FALSE
keyUsage = critical, keyEncipherment
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = email:$7
crlDistributionPoints = URI:$8"
}

# crl ISSUER NUMBER THIS_UPDATE NEXT_UPDATE [SERIAL REVOKED_AT]: dates are YYYY-MM-DD; at most one is revoked.
crl() {
    local issuer=$1 number=$2 this_update=$3 next_update=$4
    local folder=$work/crl-$issuer
    mkdir -p "$folder"
    printf '%02X\n' "$number" >"$folder/number"
    : >"$folder/index"
    if (($# > 4)); then
        # openssl's own list of certificates: status, expiry, revocation, serial, file, subject.
        printf 'R\t491231000000Z\t%s\t%02X\tunknown\t/CN=revoked\n' "$(date -d "$6" +%y%m%d000000Z),keyCompromise" "$5" \
            >"$folder/index"
    fi
    cat >"$folder/config" <<CONFIG
[ca]
default_ca = authority
[authority]
database = $folder/index
crlnumber = $folder/number
default_md = sha256
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid:always
CONFIG
    {
        echo "$preamble"
        openssl ca -gencrl -config "$folder/config" -cert "$pki/$issuer.pem" -keyfile "$work/$issuer.key" \
            -crl_lastupdate "$(date -d "$this_update" +%Y%m%d000000Z)" \
            -crl_nextupdate "$(date -d "$next_update" +%Y%m%d000000Z)" 2>"$work/complaints" ||
            { cat "$work/complaints" >&2 && return 1; }
    } >"$pki/$issuer.crl"
}
