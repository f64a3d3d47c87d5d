# Deutsch. en.ftl sagt, was jede Meldung bedeutet. Anrede: Sie; Personen ohne Geschlecht ("die Absenderseite").

malformed-signature = { $reason ->
    [parts] Die signierte Nachricht besteht nicht aus genau zwei Teilen, dem Inhalt und seiner Signatur. Sie wurde unterwegs beschädigt; bitten Sie die Absenderseite, sie erneut zu senden.
    [second-part] Der zweite Teil der signierten Nachricht ist keine Signatur. Sie wurde unterwegs beschädigt; bitten Sie die Absenderseite, sie erneut zu senden.
    [no-content] Die Signatur kam ohne den Inhalt an, der signiert wurde. Bitten Sie die Absenderseite, die Nachricht erneut zu senden.
    [two-contents] Die Signatur enthält einen eigenen Inhalt, der von dem angezeigten Inhalt der Nachricht abweicht. Verlassen Sie sich auf keinen der beiden; bitten Sie die Absenderseite, die Nachricht erneut zu senden.
    [no-signer] Die Signatur nennt niemanden, der signiert hat. Bitten Sie die Absenderseite, die Nachricht erneut zu senden.
    [attributes] Die signierten Attribute der Signatur fehlen oder widersprechen einander. Bitten Sie die Absenderseite, die Nachricht erneut zu senden.
    [content-type] Die Nachricht hat mehrere Content-Type-Felder oder eines, das Mailprogramme unterschiedlich lesen; sie könnten etwas anderes anzeigen als das, was signiert wurde. Bitten Sie die Absenderseite, sie erneut zu senden.
    [too-large] Die Signatur ist größer, als dieser Server prüft. Bitten Sie die Absenderseite um eine kleinere Nachricht.
    [too-many-signers] Die Nachricht hat mehr Signaturen, als dieser Server prüft. Bitten Sie die Absenderseite, sie mit weniger Signaturen zu senden.
   *[structure] Die Signatur ist beschädigt und nicht lesbar. Bitten Sie die Absenderseite, die Nachricht erneut zu senden.
}
partial-signature = Nur ein Teil dieser Nachricht ist signiert. Was um den signierten Teil herum steht, etwa die Fußzeile einer Mailingliste, kann von beliebigen Dritten stammen.
content-altered = Die Nachricht wurde verändert, nachdem { $signer ->
    [none] sie signiert worden war
   *[other] { $signer } sie signiert hatte
}. Verlassen Sie sich nicht auf ihren Inhalt; bitten Sie die Absenderseite, sie erneut zu senden.
signature-invalid = { $reason ->
    [signing-certificate] Die Signatur { $signer ->
        [none] dieser Nachricht
       *[other] von { $signer }
    } gehört zu einem anderen Zertifikat als dem mitgesandten. Gehen Sie nicht davon aus, dass die Nachricht von der angegebenen Adresse stammt.
    [content-type] Die Signatur { $signer ->
        [none] dieser Nachricht
       *[other] von { $signer }
    } wurde für Inhalt eines anderen Typs erstellt. Gehen Sie nicht davon aus, dass die Nachricht von der angegebenen Adresse stammt.
   *[value] Die Signatur { $signer ->
        [none] dieser Nachricht
       *[other] von { $signer }
    } wurde nicht mit dem Schlüssel des Zertifikats erstellt: Sie ist gefälscht oder beschädigt. Gehen Sie nicht davon aus, dass die Nachricht von der angegebenen Adresse stammt.
}
signer-certificate-missing = Das Zertifikat, mit dem signiert wurde ({ $serial ->
    [none] Schlüsselkennung { $keyIdentifier }
   *[other] Seriennummer { $serial }
}), kam nicht mit der Nachricht und ist nicht bekannt, sodass die Signatur nicht geprüft werden kann. Bitten Sie die Absenderseite, es mitzusenden.
unsupported-algorithm = Die Signatur { $signer ->
    [none] {""}
   *[other] von { $signer } {""}
}verwendet das Verfahren { $algorithm }, das dieser Server nicht prüfen kann. Bitten Sie die Absenderseite, mit einem anderen zu signieren.
weak-digest = Die Signatur { $signer ->
    [none] {""}
   *[other] von { $signer } {""}
}verwendet das Hashverfahren { $algorithm }, bei dem Fälschungen möglich sind. Bitten Sie die Absenderseite, mit SHA-256 oder einem stärkeren zu signieren.
weak-key = Der Schlüssel { $signer ->
    [none] des Zertifikats, mit dem signiert wurde,
   *[other] des Zertifikats von { $signer }
} ({ $algorithm }) hat nur { $bits ->
    [one] { $bits } Bit
   *[other] { $bits } Bit
} und kann gebrochen werden. Bitten Sie die Absenderseite, ein Zertifikat mit einem längeren Schlüssel zu beschaffen.
from-mismatch = { $signedFrom ->
    [none] Die Nachricht gibt an, von { $from } zu stammen, aber das Zertifikat gehört zu { $addresses }. Halten Sie sie nicht für eine Nachricht von { $from }.
   *[other] Die Nachricht gibt an, von { $from } zu stammen, aber im signierten Nachrichtenkopf steht { $signedFrom }. Halten Sie sie nicht für eine Nachricht von { $from }.
}
ambiguous-from = { $reason ->
    [missing] Die Nachricht hat kein From-Feld, sodass nicht angegeben ist, von wem sie stammt.
    [several-fields] Die Nachricht hat mehrere From-Felder; Mailprogramme könnten eines anzeigen, das beim Signieren nicht vorlag.
    [several-mailboxes] Die Nachricht nennt mehrere Adressen als Absender, sodass kein Zertifikat für alle bürgen kann.
    [group] Die Nachricht nennt eine Gruppe als Absender, und kein Zertifikat gehört zu einer Gruppe.
   *[no-address] Das From-Feld der Nachricht enthält keine Adresse, die sich mit dem Zertifikat vergleichen lässt.
} Bitten Sie die Absenderseite, sie erneut von genau einer Adresse zu senden.
no-address-in-certificate = Das Zertifikat, mit dem signiert wurde, nennt keine E-Mail-Adresse, sodass nichts es mit { $from } verbindet. Bitten Sie die Absenderseite, ein Zertifikat mit dieser Adresse zu beschaffen.
certificate-expired = Das Zertifikat von { $subject } ist am { $notAfter } abgelaufen. Bitten Sie die Absenderseite, es zu erneuern.
certificate-not-yet-valid = Das Zertifikat von { $subject } ist nicht vor { $notBefore } gültig. Prüfen Sie Ihre Uhr, und lassen Sie die Uhr der Absenderseite prüfen.
certificate-revoked = Das Zertifikat von { $subject } (Seriennummer { $serial }) wurde am { $revokedAt } gesperrt ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} und ist schon seit { $invalidityDate } nicht mehr vertrauenswürdig
}. Verlassen Sie sich nicht auf Nachrichten, die damit signiert sind.
issuer-expired = { $notAfter ->
    [none] Das Zertifikat des Ausstellers { $subject } ist nicht vor { $notBefore } gültig.
   *[other] Das Zertifikat des Ausstellers { $subject } ist am { $notAfter } abgelaufen.
} Bitten Sie die Absenderseite, ein Zertifikat von einem gültigen Aussteller zu beschaffen.
issuer-revoked = Das Zertifikat des Ausstellers { $subject } (Seriennummer { $serial }) wurde am { $revokedAt } gesperrt ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} und ist schon seit { $invalidityDate } nicht mehr vertrauenswürdig
}. Auf nichts, was er ausgestellt hat, ist Verlass; bitten Sie um eine Nachricht mit einem anderen Zertifikat.
issuer-not-found = Der Aussteller { $issuer } des Zertifikats von { $subject } wurde nicht gefunden. Bitten Sie die Absenderseite, sein Zertifikat mitzusenden, oder Ihre Systemadministration, es aufzunehmen.
untrusted-root = Das Zertifikat führt zu { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] und dieser Stelle vertraut dieser Server nicht. Wenn Ihnen der Aussteller bekannt ist, bitten Sie Ihre Systemadministration, ihn aufzunehmen.
       *[other] und dieser Stelle vertraut dieser Server erst ab { $trustedFrom }. Fragen Sie Ihre Systemadministration, ob das so gewollt ist.
    }
   *[other] und dieser Stelle vertraut dieser Server seit { $trustedUntil } nicht mehr. Bitten Sie die Absenderseite, ein Zertifikat von einem anderen Aussteller zu beschaffen.
}
invalid-chain = { $rule ->
    [signature] Das Zertifikat von { $subject } wurde nicht mit dem Schlüssel seines Ausstellers signiert.
    [too-long] Die Zertifikatskette ist länger, als dieser Server sie verfolgt (abgebrochen bei { $subject }).
    [path-length] Die Zertifikatskette ist länger, als der Aussteller { $subject } es zulässt.
    [basic-constraints] { $subject } hat ein Zertifikat ausgestellt und ist keine Zertifizierungsstelle.
    [key-usage] { $subject } hat ein Zertifikat mit einem Schlüssel ausgestellt, der dafür nicht vorgesehen ist.
    [extended-key-usage] Der Aussteller { $subject } darf keine Zertifikate für E-Mail ausstellen.
    [authority-key-identifier] Das Zertifikat nennt einen anderen Schlüssel seines Ausstellers als den von { $subject }.
    [weak-key] Der Schlüssel des Ausstellers { $subject } ist zu kurz und kann gebrochen werden{ algorithm-aside }.
    [weak-signature] Das Zertifikat von { $subject } wurde mit einem Hashverfahren signiert, bei dem Fälschungen möglich sind{ algorithm-aside }.
    [algorithm] Das Zertifikat von { $subject } wurde mit dem Verfahren { $algorithm } signiert, das dieser Server von Zertifizierungsstellen dieser Wurzel nicht annimmt.
    [critical-extension] Das Zertifikat von { $subject } hat eine kritische Erweiterung, die dieser Server nicht kennt.
    [extension] Eine Erweiterung des Zertifikats von { $subject } ist beschädigt.
    [policies] Die Zertifizierungsrichtlinien der Kette lassen dieses Zertifikat nicht zu ({ $subject }).
    [name-constraints] Ein Aussteller darf kein Zertifikat für { $subject } ausstellen: Seine Namensbeschränkungen verbieten es.
    [encoding] Das Zertifikat von { $subject } ist beschädigt und nicht lesbar.
    [path-building] Die Zertifikatskette, die bei { $subject } beginnt, lässt sich auf mehr als eine Weise lesen.
    [evaluation] Die Zertifikatskette konnte wegen eines Fehlers dieses Servers nicht geprüft werden.
   *[other] Die Zertifikatskette ist bei { $subject } nicht gültig{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Versuchen Sie es später erneut, oder wenden Sie sich an Ihre Systemadministration.
   *[other] Wenden Sie sich an die Zertifizierungsstelle der Absenderseite.
}
wrong-key-usage = Das Zertifikat von { $subject } ist nicht für Signaturen vorgesehen. Bitten Sie die Absenderseite, mit dem richtigen Zertifikat zu signieren.
wrong-extended-key-usage = Das Zertifikat von { $subject } ist nicht für E-Mail vorgesehen. Bitten Sie die Absenderseite, mit dem richtigen Zertifikat zu signieren.
revocation-unavailable = Ob das Zertifikat von { $subject } gesperrt wurde, ist nicht bekannt: { $url ->
    [none] Es liegen keine Sperrinformationen vor
   *[other] Von { $url } war nichts zu erhalten
} ({ $kind ->
    [ocsp] OCSP-Auskunft
   *[crl] Sperrliste
}). Versuchen Sie es später erneut, oder wenden Sie sich an Ihre Systemadministration.
revocation-expired = Was über eine Sperrung des Zertifikats von { $subject } bekannt ist, ist { $nextUpdate ->
    [none] {""}
   *[other] seit { $nextUpdate } {""}
}veraltet. Versuchen Sie es später erneut, oder wenden Sie sich an Ihre Systemadministration.

revocation-reason = { $reason ->
    [keyCompromise] sein Schlüssel ist in falsche Hände geraten
    [cACompromise] der Schlüssel der Zertifizierungsstelle ist in falsche Hände geraten
    [aACompromise] der Schlüssel der Attribut-Zertifizierungsstelle ist in falsche Hände geraten
    [affiliationChanged] Zugehörigkeit oder Name haben sich geändert
    [superseded] es wurde durch ein anderes ersetzt
    [cessationOfOperation] es wird nicht mehr benötigt
    [certificateHold] es ist vorläufig gesperrt
    [privilegeWithdrawn] eine Berechtigung, die es bestätigt, wurde entzogen
   *[unspecified] ohne Angabe eines Grundes
}

no-name = (ohne Namen)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
