# What is wrong with a signature, for the person who reads the message. One message for each code of
# src/smime/problem.rs; each sentence says what is wrong, and then what can be done.
#
# This catalogue is the measure for the others: the same messages, the same variants, the same parameters in each.
# A parameter that a problem does not have is "none". Dates and addresses come ready to be shown.

malformed-signature = { $reason ->
    [parts] The signed message does not consist of exactly two parts, the content and its signature. It was damaged on its way; ask the sender to send it again.
    [second-part] The second part of the signed message is not a signature. It was damaged on its way; ask the sender to send it again.
    [no-content] The signature came without the content that was signed. Ask the sender to send the message again.
    [two-contents] The signature carries a content of its own, which differs from the content that the message shows. Rely on neither of them; ask the sender to send the message again.
    [no-signer] The signature names no signer. Ask the sender to send the message again.
    [attributes] The signed attributes of the signature are missing or contradictory. Ask the sender to send the message again.
    [content-type] The message has several Content-Type fields, or one that mail programs read differently; they may show something else than what was signed. Ask the sender to send it again.
    [too-large] The signature is larger than this server checks. Ask the sender for a smaller message.
    [too-many-signers] The message has more signatures than this server checks. Ask the sender to send it with fewer.
   *[structure] The signature is damaged and cannot be read. Ask the sender to send the message again.
}
partial-signature = Only a part of this message is signed. What stands around the signed part, such as the footer of a mailing list, can come from anybody.
content-altered = The message was altered after { $signer ->
    [none] it was signed
   *[other] { $signer } signed it
}. Do not rely on its content; ask the sender to send it again.
signature-invalid = { $reason ->
    [signing-certificate] The signature of { $signer ->
        [none] this message
       *[other] { $signer }
    } belongs to another certificate than the one that came with it. Do not take the message for the sender's.
    [content-type] The signature of { $signer ->
        [none] this message
       *[other] { $signer }
    } was made for content of another type. Do not take the message for the sender's.
   *[value] The signature of { $signer ->
        [none] this message
       *[other] { $signer }
    } was not made with the key of the certificate: it is forged or damaged. Do not take the message for the sender's.
}
signer-certificate-missing = The signer's certificate ({ $serial ->
    [none] key identifier { $keyIdentifier }
   *[other] serial number { $serial }
}) did not come with the message and is not known, so that the signature cannot be checked. Ask the sender to include it.
unsupported-algorithm = The signature { $signer ->
    [none] {""}
   *[other] of { $signer } {""}
}uses the algorithm { $algorithm }, which this server cannot check. Ask the sender to sign with another one.
weak-digest = The signature { $signer ->
    [none] {""}
   *[other] of { $signer } {""}
}uses the digest algorithm { $algorithm }, which can be forged. Ask the sender to sign with SHA-256 or better.
weak-key = The key of { $signer ->
    [none] the signer's certificate
   *[other] the certificate of { $signer }
} ({ $algorithm }) has only { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bits
} and can be broken. Ask the sender to get a certificate with a longer key.
from-mismatch = { $signedFrom ->
    [none] The message claims to be from { $from }, but the certificate belongs to { $addresses }. Do not take it for a message of { $from }.
   *[other] The message claims to be from { $from }, but the header that was signed says { $signedFrom }. Do not take it for a message of { $from }.
}
ambiguous-from = { $reason ->
    [missing] The message has no From field, so that nobody is named as its sender.
    [several-fields] The message has several From fields; mail programs may show one that the signer never saw.
    [several-mailboxes] The message names several senders, so that no certificate can vouch for them all.
    [group] The message names a group as its sender, and no certificate belongs to a group.
   *[no-address] The From field of the message holds no address that can be compared with the certificate.
} Ask the sender to send it again from one address.
no-address-in-certificate = The certificate of the signer names no e-mail address, so that nothing ties it to { $from }. Ask the sender to get a certificate with this address.
certificate-expired = The certificate of { $subject } expired at { $notAfter }. Ask the sender to renew it.
certificate-not-yet-valid = The certificate of { $subject } is not valid before { $notBefore }. Check the sender's clock, and yours.
certificate-revoked = The certificate of { $subject } (serial number { $serial }) was revoked at { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] , and has not been trustworthy since { $invalidityDate }
}. Do not rely on messages signed with it.
issuer-expired = { $notAfter ->
    [none] The certificate of the issuer { $subject } is not valid before { $notBefore }.
   *[other] The certificate of the issuer { $subject } expired at { $notAfter }.
} Ask the sender to get a certificate from a current issuer.
issuer-revoked = The certificate of the issuer { $subject } (serial number { $serial }) was revoked at { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] , and has not been trustworthy since { $invalidityDate }
}. Nothing that it issued can be relied upon; ask for a message signed with another certificate.
issuer-not-found = The issuer { $issuer } of the certificate of { $subject } was not found. Ask the sender to include it, or your administrator to add it.
untrusted-root = The certificate leads to { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] which this server does not trust. If you know the issuer, ask your administrator to add it.
       *[other] which this server trusts from { $trustedFrom } on, and not before. Ask your administrator whether that is meant.
    }
   *[other] which this server has not trusted since { $trustedUntil }. Ask the sender to get a certificate from another issuer.
}
invalid-chain = { $rule ->
    [signature] The certificate of { $subject } was not signed by the key of its issuer.
    [too-long] The chain of certificates is longer than this server follows (it was given up at { $subject }).
    [path-length] The chain of certificates is longer than the issuer { $subject } allows.
    [basic-constraints] { $subject } has issued a certificate and is no certification authority.
    [key-usage] { $subject } has issued a certificate with a key that is not meant for it.
    [extended-key-usage] The issuer { $subject } may not issue certificates for e-mail.
    [authority-key-identifier] The certificate names another key of its issuer than that of { $subject }.
    [weak-key] The key of the issuer { $subject } is too short and can be broken{ algorithm-aside }.
    [weak-signature] The certificate of { $subject } was signed with a digest algorithm that can be forged{ algorithm-aside }.
    [algorithm] The certificate of { $subject } was signed with the algorithm { $algorithm }, which this server does not accept from certification authorities of this root.
    [critical-extension] The certificate of { $subject } has a critical extension that this server does not know.
    [extension] An extension of the certificate of { $subject } is damaged.
    [policies] The certificate policies of the chain do not allow this certificate ({ $subject }).
    [name-constraints] An issuer may not issue a certificate to { $subject }: its name constraints forbid it.
    [encoding] The certificate of { $subject } is damaged and cannot be read.
    [path-building] The chain of certificates that begins at { $subject } can be read in more than one way.
    [evaluation] The chain of certificates could not be checked, by a fault of this server.
   *[other] The chain of certificates is not valid at { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Try again later, or ask your administrator.
   *[other] Ask the sender's certification authority.
}
wrong-key-usage = The certificate of { $subject } is not meant for signatures. Ask the sender to sign with the right certificate.
wrong-extended-key-usage = The certificate of { $subject } is not meant for e-mail. Ask the sender to sign with the right certificate.
revocation-unavailable = Whether the certificate of { $subject } was revoked is not known: { $url ->
    [none] no revocation information is at hand
   *[other] nothing was got from { $url }
} ({ $kind ->
    [ocsp] OCSP
   *[crl] certificate revocation list
}). Try again later, or ask your administrator.
revocation-expired = What is known about revocation of the certificate of { $subject } is out of date{ $nextUpdate ->
    [none] {""}
   *[other] {""} since { $nextUpdate }
}. Try again later, or ask your administrator.

# Why a certificate was revoked (RFC 5280 §5.3.1), as it stands in parentheses behind the date.
revocation-reason = { $reason ->
    [keyCompromise] its key fell into the wrong hands
    [cACompromise] the key of the certification authority fell into the wrong hands
    [aACompromise] the key of the attribute authority fell into the wrong hands
    [affiliationChanged] the holder's affiliation or name changed
    [superseded] it was replaced by another one
    [cessationOfOperation] it is no longer needed
    [certificateHold] it is on hold
    [privilegeWithdrawn] a right that it confirms was withdrawn
   *[unspecified] no reason was given
}

# What stands for the name of a certificate's subject that has none.
no-name = (no name)

# An algorithm in parentheses, where it is known.
algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
