# Français. en.ftl dit le sens de chaque message. Vouvoiement ; espace insécable (U+00A0) devant « : » et « ; ».

malformed-signature = { $reason ->
    [parts] Le message signé ne se compose pas d’exactement deux parties, le contenu et sa signature. Il a été endommagé en chemin ; demandez à l’expéditeur de le renvoyer.
    [second-part] La seconde partie du message signé n’est pas une signature. Il a été endommagé en chemin ; demandez à l’expéditeur de le renvoyer.
    [no-content] La signature est arrivée sans le contenu qui a été signé. Demandez à l’expéditeur de renvoyer le message.
    [two-contents] La signature renferme son propre contenu, qui diffère de celui que le message affiche. Ne vous fiez ni à l’un ni à l’autre ; demandez à l’expéditeur de renvoyer le message.
    [no-signer] La signature ne désigne aucun signataire. Demandez à l’expéditeur de renvoyer le message.
    [attributes] Les attributs signés de la signature sont absents ou contradictoires. Demandez à l’expéditeur de renvoyer le message.
    [content-type] Le message comporte plusieurs champs Content-Type, ou un champ que les logiciels de messagerie lisent différemment ; ils peuvent afficher autre chose que ce qui a été signé. Demandez à l’expéditeur de le renvoyer.
    [too-large] La signature est plus volumineuse que ce que ce serveur vérifie. Demandez à l’expéditeur un message plus petit.
    [too-many-signers] Le message porte plus de signatures que ce serveur n’en vérifie. Demandez à l’expéditeur de l’envoyer avec moins de signatures.
   *[structure] La signature est endommagée et illisible. Demandez à l’expéditeur de renvoyer le message.
}
partial-signature = Une partie seulement de ce message est signée. Ce qui entoure la partie signée, comme le pied de page d’une liste de diffusion, peut venir de n’importe qui.
content-altered = Le message a été modifié après { $signer ->
    [none] sa signature
   *[other] sa signature par { $signer }
}. Ne vous fiez pas à son contenu ; demandez à l’expéditeur de le renvoyer.
signature-invalid = { $reason ->
    [signing-certificate] La signature { $signer ->
        [none] de ce message
       *[other] de { $signer }
    } se rapporte à un autre certificat que celui qui l’accompagne. Ne considérez pas que ce message vient de l’expéditeur affiché.
    [content-type] La signature { $signer ->
        [none] de ce message
       *[other] de { $signer }
    } a été faite pour un contenu d’un autre type. Ne considérez pas que ce message vient de l’expéditeur affiché.
   *[value] La signature { $signer ->
        [none] de ce message
       *[other] de { $signer }
    } n’a pas été faite avec la clé du certificat : elle est falsifiée ou endommagée. Ne considérez pas que ce message vient de l’expéditeur affiché.
}
signer-certificate-missing = Le certificat du signataire ({ $serial ->
    [none] identifiant de clé { $keyIdentifier }
   *[other] numéro de série { $serial }
}) n’accompagne pas le message et n’est pas connu ; la signature ne peut donc pas être vérifiée. Demandez à l’expéditeur de le joindre.
unsupported-algorithm = La signature { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}utilise l’algorithme { $algorithm }, que ce serveur ne sait pas vérifier. Demandez à l’expéditeur de signer avec un autre.
weak-digest = La signature { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}utilise l’algorithme de hachage { $algorithm }, qui permet des falsifications. Demandez à l’expéditeur de signer avec SHA-256 ou mieux.
weak-key = La clé du certificat { $signer ->
    [none] du signataire
   *[other] de { $signer }
} ({ $algorithm }) n’a que { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bits
} et peut être cassée. Demandez à l’expéditeur d’obtenir un certificat avec une clé plus longue.
from-mismatch = { $signedFrom ->
    [none] Le message se présente comme venant de { $from }, mais le certificat appartient à { $addresses }. Ne le prenez pas pour un message de { $from }.
   *[other] Le message se présente comme venant de { $from }, mais l’en-tête signé indique { $signedFrom }. Ne le prenez pas pour un message de { $from }.
}
ambiguous-from = { $reason ->
    [missing] Le message n’a pas de champ From ; aucun expéditeur n’est donc désigné.
    [several-fields] Le message comporte plusieurs champs From ; les logiciels de messagerie peuvent en afficher un que le signataire n’a jamais vu.
    [several-mailboxes] Le message désigne plusieurs expéditeurs ; aucun certificat ne peut donc répondre de tous.
    [group] Le message désigne un groupe comme expéditeur, et aucun certificat n’appartient à un groupe.
   *[no-address] Le champ From du message ne contient aucune adresse que l’on puisse comparer au certificat.
} Demandez à l’expéditeur de le renvoyer depuis une seule adresse.
no-address-in-certificate = Le certificat du signataire n’indique aucune adresse électronique ; rien ne le relie donc à { $from }. Demandez à l’expéditeur d’obtenir un certificat portant cette adresse.
certificate-expired = Le certificat de { $subject } a expiré le { $notAfter }. Demandez à l’expéditeur de le renouveler.
certificate-not-yet-valid = Le certificat de { $subject } n’est pas valide avant le { $notBefore }. Vérifiez votre horloge et demandez à l’expéditeur de vérifier la sienne.
certificate-revoked = Le certificat de { $subject } (numéro de série { $serial }) a été révoqué le { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} et n’est plus digne de confiance depuis le { $invalidityDate }
}. Ne vous fiez pas aux messages signés avec ce certificat.
issuer-expired = { $notAfter ->
    [none] Le certificat de l’émetteur { $subject } n’est pas valide avant le { $notBefore }.
   *[other] Le certificat de l’émetteur { $subject } a expiré le { $notAfter }.
} Demandez à l’expéditeur d’obtenir un certificat auprès d’un émetteur en cours de validité.
issuer-revoked = Le certificat de l’émetteur { $subject } (numéro de série { $serial }) a été révoqué le { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} et n’est plus digne de confiance depuis le { $invalidityDate }
}. Ne vous fiez à rien de ce qu’il a émis ; demandez un message signé avec un autre certificat.
issuer-not-found = L’émetteur { $issuer } du certificat de { $subject } est introuvable. Demandez à l’expéditeur de joindre son certificat, ou à votre service informatique de l’ajouter.
untrusted-root = Le certificat mène à { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] à qui ce serveur ne fait pas confiance. Si vous connaissez l’émetteur, demandez à votre service informatique de l’ajouter.
       *[other] à qui ce serveur ne fait confiance qu’à partir du { $trustedFrom }. Demandez à votre service informatique si cela est voulu.
    }
   *[other] à qui ce serveur ne fait plus confiance depuis le { $trustedUntil }. Demandez à l’expéditeur d’obtenir un certificat auprès d’un autre émetteur.
}
invalid-chain = { $rule ->
    [signature] Le certificat de { $subject } n’a pas été signé avec la clé de son émetteur.
    [too-long] La chaîne de certificats est plus longue que ce que ce serveur suit (abandon à { $subject }).
    [path-length] La chaîne de certificats est plus longue que ce que l’émetteur { $subject } permet.
    [basic-constraints] { $subject } a émis un certificat sans être une autorité de certification.
    [key-usage] { $subject } a émis un certificat avec une clé qui n’est pas prévue pour cela.
    [extended-key-usage] L’émetteur { $subject } n’a pas le droit d’émettre des certificats pour le courrier électronique.
    [authority-key-identifier] Le certificat désigne une autre clé de son émetteur que celle de { $subject }.
    [weak-key] La clé de l’émetteur { $subject } est trop courte et peut être cassée{ algorithm-aside }.
    [weak-signature] Le certificat de { $subject } a été signé avec un algorithme de hachage qui permet des falsifications{ algorithm-aside }.
    [algorithm] Le certificat de { $subject } a été signé avec l’algorithme { $algorithm }, que ce serveur n’accepte pas des autorités de certification de cette racine.
    [critical-extension] Le certificat de { $subject } comporte une extension critique que ce serveur ne connaît pas.
    [extension] Une extension du certificat de { $subject } est endommagée.
    [policies] Les politiques de certification de la chaîne n’autorisent pas ce certificat ({ $subject }).
    [name-constraints] Un émetteur n’a pas le droit d’émettre un certificat pour { $subject } : ses contraintes de noms l’interdisent.
    [encoding] Le certificat de { $subject } est endommagé et illisible.
    [path-building] La chaîne de certificats qui commence à { $subject } peut être lue de plusieurs façons.
    [evaluation] La chaîne de certificats n’a pas pu être vérifiée, à cause d’une défaillance de ce serveur.
   *[other] La chaîne de certificats n’est pas valide à { $subject }{ $detail ->
        [none] {""}
       *[other] {""} : { $detail }
    }.
} { $rule ->
    [evaluation] Réessayez plus tard ou adressez-vous à votre service informatique.
   *[other] Adressez-vous à l’autorité de certification de l’expéditeur.
}
wrong-key-usage = Le certificat de { $subject } n’est pas destiné aux signatures. Demandez à l’expéditeur de signer avec le bon certificat.
wrong-extended-key-usage = Le certificat de { $subject } n’est pas destiné au courrier électronique. Demandez à l’expéditeur de signer avec le bon certificat.
revocation-unavailable = On ignore si le certificat de { $subject } a été révoqué : { $url ->
    [none] aucune information de révocation n’est disponible
   *[other] rien n’a pu être obtenu de { $url }
} ({ $kind ->
    [ocsp] réponse OCSP
   *[crl] liste de révocation de certificats
}). Réessayez plus tard ou adressez-vous à votre service informatique.
revocation-expired = Les informations sur la révocation du certificat de { $subject } sont périmées{ $nextUpdate ->
    [none] {""}
   *[other] {""} depuis le { $nextUpdate }
}. Réessayez plus tard ou adressez-vous à votre service informatique.

revocation-reason = { $reason ->
    [keyCompromise] sa clé est tombée entre de mauvaises mains
    [cACompromise] la clé de l’autorité de certification est tombée entre de mauvaises mains
    [aACompromise] la clé de l’autorité d’attributs est tombée entre de mauvaises mains
    [affiliationChanged] l’appartenance ou le nom du titulaire a changé
    [superseded] il a été remplacé par un autre
    [cessationOfOperation] il n’est plus nécessaire
    [certificateHold] il est suspendu
    [privilegeWithdrawn] un droit qu’il atteste a été retiré
   *[unspecified] sans motif indiqué
}

no-name = (sans nom)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
