# Italiano. en.ftl dice che cosa significa ogni messaggio. Forma di cortesia: Lei.

malformed-signature = { $reason ->
    [parts] Il messaggio firmato non è composto esattamente da due parti, il contenuto e la sua firma. Si è danneggiato durante il trasporto; chieda al mittente di inviarlo di nuovo.
    [second-part] La seconda parte del messaggio firmato non è una firma. Si è danneggiato durante il trasporto; chieda al mittente di inviarlo di nuovo.
    [no-content] La firma è arrivata senza il contenuto che è stato firmato. Chieda al mittente di inviare di nuovo il messaggio.
    [two-contents] La firma porta con sé un proprio contenuto, diverso da quello mostrato dal messaggio. Non faccia affidamento su nessuno dei due; chieda al mittente di inviare di nuovo il messaggio.
    [no-signer] La firma non indica alcun firmatario. Chieda al mittente di inviare di nuovo il messaggio.
    [attributes] Gli attributi firmati della firma mancano o si contraddicono. Chieda al mittente di inviare di nuovo il messaggio.
    [content-type] Il messaggio ha più campi Content-Type, o uno che i programmi di posta leggono in modo diverso; potrebbero mostrare qualcosa di diverso da ciò che è stato firmato. Chieda al mittente di inviarlo di nuovo.
    [too-large] La firma è più grande di quanto questo server verifichi. Chieda al mittente un messaggio più piccolo.
    [too-many-signers] Il messaggio ha più firme di quante questo server ne verifichi. Chieda al mittente di inviarlo con meno firme.
   *[structure] La firma è danneggiata e illeggibile. Chieda al mittente di inviare di nuovo il messaggio.
}
partial-signature = Solo una parte di questo messaggio è firmata. Ciò che circonda la parte firmata, come il piè di pagina di una lista di distribuzione, può provenire da chiunque.
content-altered = Il messaggio è stato modificato dopo { $signer ->
    [none] la firma
   *[other] la firma di { $signer }
}. Non faccia affidamento sul contenuto; chieda al mittente di inviarlo di nuovo.
signature-invalid = { $reason ->
    [signing-certificate] La firma { $signer ->
        [none] di questo messaggio
       *[other] di { $signer }
    } appartiene a un certificato diverso da quello che la accompagna. Non consideri il messaggio come proveniente dal mittente indicato.
    [content-type] La firma { $signer ->
        [none] di questo messaggio
       *[other] di { $signer }
    } è stata apposta a un contenuto di altro tipo. Non consideri il messaggio come proveniente dal mittente indicato.
   *[value] La firma { $signer ->
        [none] di questo messaggio
       *[other] di { $signer }
    } non è stata creata con la chiave del certificato: è falsificata o danneggiata. Non consideri il messaggio come proveniente dal mittente indicato.
}
signer-certificate-missing = Il certificato del firmatario ({ $serial ->
    [none] identificativo della chiave { $keyIdentifier }
   *[other] numero di serie { $serial }
}) non è arrivato con il messaggio e non è noto, perciò la firma non può essere verificata. Chieda al mittente di allegarlo.
unsupported-algorithm = La firma { $signer ->
    [none] {""}
   *[other] di { $signer } {""}
}usa l’algoritmo { $algorithm }, che questo server non è in grado di verificare. Chieda al mittente di firmare con un altro.
weak-digest = La firma { $signer ->
    [none] {""}
   *[other] di { $signer } {""}
}usa l’algoritmo di hash { $algorithm }, che consente falsificazioni. Chieda al mittente di firmare con SHA-256 o superiore.
weak-key = La chiave del certificato { $signer ->
    [none] del firmatario
   *[other] di { $signer }
} ({ $algorithm }) ha soltanto { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bit
} e può essere violata. Chieda al mittente di procurarsi un certificato con una chiave più lunga.
from-mismatch = { $signedFrom ->
    [none] Il messaggio dichiara di provenire da { $from }, ma il certificato appartiene a { $addresses }. Non lo consideri un messaggio di { $from }.
   *[other] Il messaggio dichiara di provenire da { $from }, ma l’intestazione firmata indica { $signedFrom }. Non lo consideri un messaggio di { $from }.
}
ambiguous-from = { $reason ->
    [missing] Il messaggio non ha un campo From, quindi non indica alcun mittente.
    [several-fields] Il messaggio ha più campi From; i programmi di posta potrebbero mostrarne uno che il firmatario non ha mai visto.
    [several-mailboxes] Il messaggio indica più mittenti, quindi nessun certificato può garantire per tutti.
    [group] Il messaggio indica come mittente un gruppo, e nessun certificato appartiene a un gruppo.
   *[no-address] Il campo From del messaggio non contiene alcun indirizzo confrontabile con il certificato.
} Chieda al mittente di inviarlo di nuovo da un solo indirizzo.
no-address-in-certificate = Il certificato del firmatario non indica alcun indirizzo e-mail, quindi nulla lo lega a { $from }. Chieda al mittente di procurarsi un certificato con questo indirizzo.
certificate-expired = Il certificato di { $subject } è scaduto il { $notAfter }. Chieda al mittente di rinnovarlo.
certificate-not-yet-valid = Il certificato di { $subject } non è valido prima del { $notBefore }. Controlli il Suo orologio e chieda al mittente di controllare il proprio.
certificate-revoked = Il certificato di { $subject } (numero di serie { $serial }) è stato revocato il { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] , e non è più affidabile dal { $invalidityDate }
}. Non faccia affidamento sui messaggi firmati con esso.
issuer-expired = { $notAfter ->
    [none] Il certificato dell’emittente { $subject } non è valido prima del { $notBefore }.
   *[other] Il certificato dell’emittente { $subject } è scaduto il { $notAfter }.
} Chieda al mittente di procurarsi un certificato da un emittente valido.
issuer-revoked = Il certificato dell’emittente { $subject } (numero di serie { $serial }) è stato revocato il { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] , e non è più affidabile dal { $invalidityDate }
}. Non faccia affidamento su nulla di ciò che ha emesso; chieda un messaggio firmato con un altro certificato.
issuer-not-found = L’emittente { $issuer } del certificato di { $subject } non è stato trovato. Chieda al mittente di allegarne il certificato, o all’amministrazione del sistema di aggiungerlo.
untrusted-root = Il certificato conduce a { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] di cui questo server non si fida. Se conosce l’emittente, chieda all’amministrazione del sistema di aggiungerlo.
       *[other] di cui questo server si fida soltanto a partire dal { $trustedFrom }. Chieda all’amministrazione del sistema se ciò è voluto.
    }
   *[other] di cui questo server non si fida più dal { $trustedUntil }. Chieda al mittente di procurarsi un certificato da un altro emittente.
}
invalid-chain = { $rule ->
    [signature] Il certificato di { $subject } non è stato firmato con la chiave del suo emittente.
    [too-long] La catena di certificati è più lunga di quanto questo server segua (interrotta a { $subject }).
    [path-length] La catena di certificati è più lunga di quanto l’emittente { $subject } consenta.
    [basic-constraints] { $subject } ha emesso un certificato senza essere un’autorità di certificazione.
    [key-usage] { $subject } ha emesso un certificato con una chiave non destinata a questo scopo.
    [extended-key-usage] L’emittente { $subject } non può emettere certificati per la posta elettronica.
    [authority-key-identifier] Il certificato indica una chiave del suo emittente diversa da quella di { $subject }.
    [weak-key] La chiave dell’emittente { $subject } è troppo corta e può essere violata{ algorithm-aside }.
    [weak-signature] Il certificato di { $subject } è stato firmato con un algoritmo di hash che consente falsificazioni{ algorithm-aside }.
    [algorithm] Il certificato di { $subject } è stato firmato con l’algoritmo { $algorithm }, che questo server non accetta dalle autorità di certificazione di questa radice.
    [critical-extension] Il certificato di { $subject } ha un’estensione critica che questo server non conosce.
    [extension] Un’estensione del certificato di { $subject } è danneggiata.
    [policies] Le politiche di certificazione della catena non consentono questo certificato ({ $subject }).
    [name-constraints] Un emittente non può emettere un certificato per { $subject }: i suoi vincoli sui nomi lo vietano.
    [encoding] Il certificato di { $subject } è danneggiato e illeggibile.
    [path-building] La catena di certificati che inizia da { $subject } si può leggere in più di un modo.
    [evaluation] La catena di certificati non ha potuto essere verificata a causa di un guasto di questo server.
   *[other] La catena di certificati non è valida in corrispondenza di { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Riprovi più tardi o si rivolga all’amministrazione del sistema.
   *[other] Si rivolga all’autorità di certificazione del mittente.
}
wrong-key-usage = Il certificato di { $subject } non è destinato alle firme. Chieda al mittente di firmare con il certificato giusto.
wrong-extended-key-usage = Il certificato di { $subject } non è destinato alla posta elettronica. Chieda al mittente di firmare con il certificato giusto.
revocation-unavailable = Non si sa se il certificato di { $subject } sia stato revocato: { $url ->
    [none] non sono disponibili informazioni di revoca
   *[other] non si è ottenuto nulla da { $url }
} ({ $kind ->
    [ocsp] risposta OCSP
   *[crl] elenco dei certificati revocati
}). Riprovi più tardi o si rivolga all’amministrazione del sistema.
revocation-expired = Ciò che si sa sulla revoca del certificato di { $subject } non è più aggiornato{ $nextUpdate ->
    [none] {""}
   *[other] {""} dal { $nextUpdate }
}. Riprovi più tardi o si rivolga all’amministrazione del sistema.

revocation-reason = { $reason ->
    [keyCompromise] la sua chiave è finita in mani sbagliate
    [cACompromise] la chiave dell’autorità di certificazione è finita in mani sbagliate
    [aACompromise] la chiave dell’autorità di attributi è finita in mani sbagliate
    [affiliationChanged] sono cambiati l’appartenenza o il nome del titolare
    [superseded] è stato sostituito da un altro
    [cessationOfOperation] non serve più
    [certificateHold] è sospeso
    [privilegeWithdrawn] è stato ritirato un diritto che esso attesta
   *[unspecified] senza indicazione del motivo
}

no-name = (senza nome)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
