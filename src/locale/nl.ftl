# Nederlands. en.ftl zegt wat elke melding betekent. Aanspreekvorm: u.

malformed-signature = { $reason ->
    [parts] Het ondertekende bericht bestaat niet uit precies twee delen, de inhoud en de handtekening. Het is onderweg beschadigd; vraag de afzender het opnieuw te sturen.
    [second-part] Het tweede deel van het ondertekende bericht is geen handtekening. Het is onderweg beschadigd; vraag de afzender het opnieuw te sturen.
    [no-content] De handtekening kwam zonder de inhoud die ondertekend is. Vraag de afzender het bericht opnieuw te sturen.
    [two-contents] De handtekening bevat een eigen inhoud, die afwijkt van de inhoud die het bericht toont. Vertrouw op geen van beide; vraag de afzender het bericht opnieuw te sturen.
    [no-signer] De handtekening noemt geen ondertekenaar. Vraag de afzender het bericht opnieuw te sturen.
    [attributes] De ondertekende attributen van de handtekening ontbreken of spreken elkaar tegen. Vraag de afzender het bericht opnieuw te sturen.
    [content-type] Het bericht heeft meerdere Content-Type-velden, of een veld dat mailprogramma’s verschillend lezen; ze kunnen iets anders tonen dan wat ondertekend is. Vraag de afzender het opnieuw te sturen.
    [too-large] De handtekening is groter dan deze server controleert. Vraag de afzender om een kleiner bericht.
    [too-many-signers] Het bericht heeft meer handtekeningen dan deze server controleert. Vraag de afzender het met minder handtekeningen te sturen.
   *[structure] De handtekening is beschadigd en onleesbaar. Vraag de afzender het bericht opnieuw te sturen.
}
partial-signature = Slechts een deel van dit bericht is ondertekend. Wat om het ondertekende deel heen staat, zoals de voettekst van een mailinglijst, kan van iedereen afkomstig zijn.
content-altered = Het bericht is gewijzigd nadat { $signer ->
    [none] het ondertekend was
   *[other] { $signer } het ondertekend had
}. Vertrouw niet op de inhoud; vraag de afzender het opnieuw te sturen.
signature-invalid = { $reason ->
    [signing-certificate] De handtekening van { $signer ->
        [none] dit bericht
       *[other] { $signer }
    } hoort bij een ander certificaat dan het meegestuurde. Ga er niet van uit dat het bericht van de getoonde afzender komt.
    [content-type] De handtekening van { $signer ->
        [none] dit bericht
       *[other] { $signer }
    } is gemaakt voor inhoud van een ander type. Ga er niet van uit dat het bericht van de getoonde afzender komt.
   *[value] De handtekening van { $signer ->
        [none] dit bericht
       *[other] { $signer }
    } is niet gemaakt met de sleutel van het certificaat: ze is vervalst of beschadigd. Ga er niet van uit dat het bericht van de getoonde afzender komt.
}
signer-certificate-missing = Het certificaat van de ondertekenaar ({ $serial ->
    [none] sleutelidentificatie { $keyIdentifier }
   *[other] serienummer { $serial }
}) kwam niet met het bericht mee en is niet bekend, zodat de handtekening niet gecontroleerd kan worden. Vraag de afzender het mee te sturen.
unsupported-algorithm = De handtekening { $signer ->
    [none] {""}
   *[other] van { $signer } {""}
}gebruikt het algoritme { $algorithm }, dat deze server niet kan controleren. Vraag de afzender met een ander algoritme te ondertekenen.
weak-digest = De handtekening { $signer ->
    [none] {""}
   *[other] van { $signer } {""}
}gebruikt het hashalgoritme { $algorithm }, waarmee vervalsing mogelijk is. Vraag de afzender te ondertekenen met SHA-256 of beter.
weak-key = De sleutel van het certificaat van { $signer ->
    [none] de ondertekenaar
   *[other] { $signer }
} ({ $algorithm }) heeft maar { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bits
} en kan worden gebroken. Vraag de afzender een certificaat met een langere sleutel aan te vragen.
from-mismatch = { $signedFrom ->
    [none] Het bericht zegt van { $from } te komen, maar het certificaat hoort bij { $addresses }. Beschouw het niet als een bericht van { $from }.
   *[other] Het bericht zegt van { $from } te komen, maar in de ondertekende berichtkop staat { $signedFrom }. Beschouw het niet als een bericht van { $from }.
}
ambiguous-from = { $reason ->
    [missing] Het bericht heeft geen From-veld, zodat er geen afzender genoemd is.
    [several-fields] Het bericht heeft meerdere From-velden; mailprogramma’s kunnen er een tonen dat de ondertekenaar nooit gezien heeft.
    [several-mailboxes] Het bericht noemt meerdere afzenders, zodat geen enkel certificaat voor allemaal kan instaan.
    [group] Het bericht noemt een groep als afzender, en geen enkel certificaat hoort bij een groep.
   *[no-address] Het From-veld van het bericht bevat geen adres dat met het certificaat te vergelijken is.
} Vraag de afzender het opnieuw te sturen vanaf één adres.
no-address-in-certificate = Het certificaat van de ondertekenaar noemt geen e-mailadres, zodat niets het met { $from } verbindt. Vraag de afzender een certificaat met dit adres aan te vragen.
certificate-expired = Het certificaat van { $subject } is verlopen op { $notAfter }. Vraag de afzender het te vernieuwen.
certificate-not-yet-valid = Het certificaat van { $subject } is niet geldig vóór { $notBefore }. Controleer uw klok en vraag de afzender hetzelfde te doen.
certificate-revoked = Het certificaat van { $subject } (serienummer { $serial }) is ingetrokken op { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} en is al sinds { $invalidityDate } niet meer te vertrouwen
}. Vertrouw niet op berichten die ermee ondertekend zijn.
issuer-expired = { $notAfter ->
    [none] Het certificaat van de uitgever { $subject } is niet geldig vóór { $notBefore }.
   *[other] Het certificaat van de uitgever { $subject } is verlopen op { $notAfter }.
} Vraag de afzender een certificaat van een geldige uitgever aan te vragen.
issuer-revoked = Het certificaat van de uitgever { $subject } (serienummer { $serial }) is ingetrokken op { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} en is al sinds { $invalidityDate } niet meer te vertrouwen
}. Vertrouw op niets wat deze uitgever heeft uitgegeven; vraag om een bericht dat met een ander certificaat ondertekend is.
issuer-not-found = De uitgever { $issuer } van het certificaat van { $subject } is niet gevonden. Vraag de afzender het certificaat van de uitgever mee te sturen, of uw systeembeheer om het toe te voegen.
untrusted-root = Het certificaat leidt naar { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] die deze server niet vertrouwt. Als u de uitgever kent, vraag uw systeembeheer dan om die toe te voegen.
       *[other] die deze server pas vanaf { $trustedFrom } vertrouwt. Vraag uw systeembeheer of dat de bedoeling is.
    }
   *[other] die deze server sinds { $trustedUntil } niet meer vertrouwt. Vraag de afzender een certificaat van een andere uitgever aan te vragen.
}
invalid-chain = { $rule ->
    [signature] Het certificaat van { $subject } is niet ondertekend met de sleutel van zijn uitgever.
    [too-long] De certificaatketen is langer dan deze server volgt (afgebroken bij { $subject }).
    [path-length] De certificaatketen is langer dan de uitgever { $subject } toestaat.
    [basic-constraints] { $subject } heeft een certificaat uitgegeven zonder een certificaatautoriteit te zijn.
    [key-usage] { $subject } heeft een certificaat uitgegeven met een sleutel die daar niet voor bedoeld is.
    [extended-key-usage] De uitgever { $subject } mag geen certificaten voor e-mail uitgeven.
    [authority-key-identifier] Het certificaat noemt een andere sleutel van zijn uitgever dan die van { $subject }.
    [weak-key] De sleutel van de uitgever { $subject } is te kort en kan worden gebroken{ algorithm-aside }.
    [weak-signature] Het certificaat van { $subject } is ondertekend met een hashalgoritme waarmee vervalsing mogelijk is{ algorithm-aside }.
    [algorithm] Het certificaat van { $subject } is ondertekend met het algoritme { $algorithm }, dat deze server niet aanneemt van certificaatautoriteiten onder dit stamcertificaat.
    [critical-extension] Het certificaat van { $subject } heeft een kritieke extensie die deze server niet kent.
    [extension] Een extensie van het certificaat van { $subject } is beschadigd.
    [policies] Het certificaatbeleid van de keten staat dit certificaat niet toe ({ $subject }).
    [name-constraints] Een uitgever mag geen certificaat uitgeven aan { $subject }: zijn naambeperkingen verbieden het.
    [encoding] Het certificaat van { $subject } is beschadigd en onleesbaar.
    [path-building] De certificaatketen die bij { $subject } begint, is op meer dan één manier te lezen.
    [evaluation] De certificaatketen kon niet gecontroleerd worden door een fout van deze server.
   *[other] De certificaatketen is niet geldig bij { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Probeer het later opnieuw of vraag uw systeembeheer.
   *[other] Raadpleeg de certificaatautoriteit van de afzender.
}
wrong-key-usage = Het certificaat van { $subject } is niet bedoeld voor handtekeningen. Vraag de afzender met het juiste certificaat te ondertekenen.
wrong-extended-key-usage = Het certificaat van { $subject } is niet bedoeld voor e-mail. Vraag de afzender met het juiste certificaat te ondertekenen.
revocation-unavailable = Het is niet bekend of het certificaat van { $subject } is ingetrokken: { $url ->
    [none] er is geen intrekkingsinformatie voorhanden
   *[other] van { $url } is niets verkregen
} ({ $kind ->
    [ocsp] OCSP-antwoord
   *[crl] lijst van ingetrokken certificaten
}). Probeer het later opnieuw of vraag uw systeembeheer.
revocation-expired = Wat er over intrekking van het certificaat van { $subject } bekend is, is { $nextUpdate ->
    [none] {""}
   *[other] sinds { $nextUpdate } {""}
}verouderd. Probeer het later opnieuw of vraag uw systeembeheer.

revocation-reason = { $reason ->
    [keyCompromise] de sleutel is in verkeerde handen gevallen
    [cACompromise] de sleutel van de certificaatautoriteit is in verkeerde handen gevallen
    [aACompromise] de sleutel van de attribuutautoriteit is in verkeerde handen gevallen
    [affiliationChanged] de organisatie of de naam van de houder is veranderd
    [superseded] het is vervangen door een ander
    [cessationOfOperation] het is niet meer nodig
    [certificateHold] het is opgeschort
    [privilegeWithdrawn] een recht dat het bevestigt, is ingetrokken
   *[unspecified] zonder opgave van reden
}

no-name = (zonder naam)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
