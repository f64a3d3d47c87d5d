# Español. en.ftl dice qué significa cada mensaje. Tratamiento: usted.

malformed-signature = { $reason ->
    [parts] El mensaje firmado no consta de exactamente dos partes, el contenido y su firma. Se dañó por el camino; pida al remitente que lo envíe de nuevo.
    [second-part] La segunda parte del mensaje firmado no es una firma. Se dañó por el camino; pida al remitente que lo envíe de nuevo.
    [no-content] La firma llegó sin el contenido que se firmó. Pida al remitente que envíe el mensaje de nuevo.
    [two-contents] La firma lleva un contenido propio, distinto del que muestra el mensaje. No se fíe de ninguno de los dos; pida al remitente que envíe el mensaje de nuevo.
    [no-signer] La firma no indica ningún firmante. Pida al remitente que envíe el mensaje de nuevo.
    [attributes] Los atributos firmados de la firma faltan o se contradicen. Pida al remitente que envíe el mensaje de nuevo.
    [content-type] El mensaje tiene varios campos Content-Type, o uno que los programas de correo interpretan de distinta manera; pueden mostrar algo diferente de lo que se firmó. Pida al remitente que lo envíe de nuevo.
    [too-large] La firma es más grande de lo que este servidor comprueba. Pida al remitente un mensaje más pequeño.
    [too-many-signers] El mensaje tiene más firmas de las que este servidor comprueba. Pida al remitente que lo envíe con menos.
   *[structure] La firma está dañada y no se puede leer. Pida al remitente que envíe el mensaje de nuevo.
}
partial-signature = Solo está firmada una parte de este mensaje. Lo que rodea a la parte firmada, como el pie de una lista de correo, puede proceder de cualquiera.
content-altered = El mensaje fue modificado después de que { $signer ->
    [none] se firmara
   *[other] { $signer } lo firmara
}. No se fíe de su contenido; pida al remitente que lo envíe de nuevo.
signature-invalid = { $reason ->
    [signing-certificate] La firma { $signer ->
        [none] de este mensaje
       *[other] de { $signer }
    } corresponde a un certificado distinto del que la acompaña. No dé por hecho que el mensaje procede del remitente indicado.
    [content-type] La firma { $signer ->
        [none] de este mensaje
       *[other] de { $signer }
    } se hizo para un contenido de otro tipo. No dé por hecho que el mensaje procede del remitente indicado.
   *[value] La firma { $signer ->
        [none] de este mensaje
       *[other] de { $signer }
    } no se hizo con la clave del certificado: está falsificada o dañada. No dé por hecho que el mensaje procede del remitente indicado.
}
signer-certificate-missing = El certificado del firmante ({ $serial ->
    [none] identificador de clave { $keyIdentifier }
   *[other] número de serie { $serial }
}) no llegó con el mensaje ni es conocido, por lo que la firma no se puede comprobar. Pida al remitente que lo incluya.
unsupported-algorithm = La firma { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}usa el algoritmo { $algorithm }, que este servidor no puede comprobar. Pida al remitente que firme con otro.
weak-digest = La firma { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}usa el algoritmo de resumen { $algorithm }, que permite falsificaciones. Pida al remitente que firme con SHA-256 o uno mejor.
weak-key = La clave del certificado { $signer ->
    [none] del firmante
   *[other] de { $signer }
} ({ $algorithm }) tiene solo { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bits
} y puede romperse. Pida al remitente que obtenga un certificado con una clave más larga.
from-mismatch = { $signedFrom ->
    [none] El mensaje dice proceder de { $from }, pero el certificado pertenece a { $addresses }. No lo tome por un mensaje de { $from }.
   *[other] El mensaje dice proceder de { $from }, pero el encabezado firmado indica { $signedFrom }. No lo tome por un mensaje de { $from }.
}
ambiguous-from = { $reason ->
    [missing] El mensaje no tiene campo From, por lo que no indica ningún remitente.
    [several-fields] El mensaje tiene varios campos From; los programas de correo pueden mostrar uno que el firmante nunca vio.
    [several-mailboxes] El mensaje indica varios remitentes, por lo que ningún certificado puede responder por todos ellos.
    [group] El mensaje indica un grupo como remitente, y ningún certificado pertenece a un grupo.
   *[no-address] El campo From del mensaje no contiene ninguna dirección que se pueda comparar con el certificado.
} Pida al remitente que lo envíe de nuevo desde una sola dirección.
no-address-in-certificate = El certificado del firmante no indica ninguna dirección de correo electrónico, por lo que nada lo vincula con { $from }. Pida al remitente que obtenga un certificado con esa dirección.
certificate-expired = El certificado de { $subject } caducó el { $notAfter }. Pida al remitente que lo renueve.
certificate-not-yet-valid = El certificado de { $subject } no es válido antes del { $notBefore }. Compruebe su reloj y pida al remitente que compruebe el suyo.
certificate-revoked = El certificado de { $subject } (número de serie { $serial }) fue revocado el { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} y no es de confianza desde el { $invalidityDate }
}. No se fíe de los mensajes firmados con él.
issuer-expired = { $notAfter ->
    [none] El certificado del emisor { $subject } no es válido antes del { $notBefore }.
   *[other] El certificado del emisor { $subject } caducó el { $notAfter }.
} Pida al remitente que obtenga un certificado de un emisor vigente.
issuer-revoked = El certificado del emisor { $subject } (número de serie { $serial }) fue revocado el { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} y no es de confianza desde el { $invalidityDate }
}. No se fíe de nada de lo que haya emitido; pida un mensaje firmado con otro certificado.
issuer-not-found = No se encontró al emisor { $issuer } del certificado de { $subject }. Pida al remitente que incluya el certificado del emisor, o a la administración de su sistema que lo añada.
untrusted-root = El certificado conduce a { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] en quien este servidor no confía. Si usted conoce al emisor, pida a la administración de su sistema que lo añada.
       *[other] en quien este servidor confía solo a partir del { $trustedFrom }. Pregunte a la administración de su sistema si es lo que se pretende.
    }
   *[other] en quien este servidor ya no confía desde el { $trustedUntil }. Pida al remitente que obtenga un certificado de otro emisor.
}
invalid-chain = { $rule ->
    [signature] El certificado de { $subject } no fue firmado con la clave de su emisor.
    [too-long] La cadena de certificados es más larga de lo que este servidor recorre (se abandonó en { $subject }).
    [path-length] La cadena de certificados es más larga de lo que permite el emisor { $subject }.
    [basic-constraints] { $subject } ha emitido un certificado sin ser una autoridad de certificación.
    [key-usage] { $subject } ha emitido un certificado con una clave que no está destinada a ello.
    [extended-key-usage] El emisor { $subject } no puede emitir certificados para correo electrónico.
    [authority-key-identifier] El certificado señala una clave de su emisor distinta de la de { $subject }.
    [weak-key] La clave del emisor { $subject } es demasiado corta y puede romperse{ algorithm-aside }.
    [weak-signature] El certificado de { $subject } fue firmado con un algoritmo de resumen que permite falsificaciones{ algorithm-aside }.
    [algorithm] El certificado de { $subject } fue firmado con el algoritmo { $algorithm }, que este servidor no acepta de las autoridades de certificación de esta raíz.
    [critical-extension] El certificado de { $subject } tiene una extensión crítica que este servidor no conoce.
    [extension] Una extensión del certificado de { $subject } está dañada.
    [policies] Las políticas de certificación de la cadena no permiten este certificado ({ $subject }).
    [name-constraints] Un emisor no puede emitir un certificado para { $subject }: sus restricciones de nombres lo prohíben.
    [encoding] El certificado de { $subject } está dañado y no se puede leer.
    [path-building] La cadena de certificados que empieza en { $subject } se puede leer de más de una manera.
    [evaluation] La cadena de certificados no se pudo comprobar por un fallo de este servidor.
   *[other] La cadena de certificados no es válida en { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Inténtelo más tarde o consulte a la administración de su sistema.
   *[other] Consulte a la autoridad de certificación del remitente.
}
wrong-key-usage = El certificado de { $subject } no está destinado a firmas. Pida al remitente que firme con el certificado correcto.
wrong-extended-key-usage = El certificado de { $subject } no está destinado al correo electrónico. Pida al remitente que firme con el certificado correcto.
revocation-unavailable = No se sabe si el certificado de { $subject } fue revocado: { $url ->
    [none] no hay información de revocación disponible
   *[other] no se obtuvo nada de { $url }
} ({ $kind ->
    [ocsp] respuesta OCSP
   *[crl] lista de revocación de certificados
}). Inténtelo más tarde o consulte a la administración de su sistema.
revocation-expired = Lo que se sabe de la revocación del certificado de { $subject } no está actualizado{ $nextUpdate ->
    [none] {""}
   *[other] {""} desde el { $nextUpdate }
}. Inténtelo más tarde o consulte a la administración de su sistema.

revocation-reason = { $reason ->
    [keyCompromise] su clave cayó en malas manos
    [cACompromise] la clave de la autoridad de certificación cayó en malas manos
    [aACompromise] la clave de la autoridad de atributos cayó en malas manos
    [affiliationChanged] cambió la afiliación o el nombre del titular
    [superseded] fue sustituido por otro
    [cessationOfOperation] ya no se necesita
    [certificateHold] está suspendido
    [privilegeWithdrawn] se retiró un derecho que acredita
   *[unspecified] sin motivo indicado
}

no-name = (sin nombre)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
