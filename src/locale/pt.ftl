# Português. en.ftl diz o que cada mensagem significa. Tratamento formal, sem palavras que só se usem no Brasil ou só
# em Portugal: pt-BR e pt-PT leem este mesmo catálogo.

malformed-signature = { $reason ->
    [parts] A mensagem assinada não é composta por exatamente duas partes, o conteúdo e a sua assinatura. Foi danificada no caminho; peça ao remetente que a envie novamente.
    [second-part] A segunda parte da mensagem assinada não é uma assinatura. A mensagem foi danificada no caminho; peça ao remetente que a envie novamente.
    [no-content] A assinatura chegou sem o conteúdo que foi assinado. Peça ao remetente que envie a mensagem novamente.
    [two-contents] A assinatura traz um conteúdo próprio, diferente do que a mensagem mostra. Não confie em nenhum dos dois; peça ao remetente que envie a mensagem novamente.
    [no-signer] A assinatura não indica nenhum signatário. Peça ao remetente que envie a mensagem novamente.
    [attributes] Os atributos assinados da assinatura faltam ou são contraditórios. Peça ao remetente que envie a mensagem novamente.
    [content-type] A mensagem tem vários campos Content-Type, ou um que os programas de e-mail interpretam de maneiras diferentes; eles podem mostrar algo diferente do que foi assinado. Peça ao remetente que a envie novamente.
    [too-large] A assinatura é maior do que este servidor verifica. Peça ao remetente uma mensagem menor.
    [too-many-signers] A mensagem tem mais assinaturas do que este servidor verifica. Peça ao remetente que a envie com menos assinaturas.
   *[structure] A assinatura está danificada e não pode ser lida. Peça ao remetente que envie a mensagem novamente.
}
partial-signature = Apenas uma parte desta mensagem está assinada. O que rodeia a parte assinada, como o rodapé de uma lista de e-mail, pode vir de qualquer pessoa.
content-altered = A mensagem foi alterada depois de { $signer ->
    [none] ter sido assinada
   *[other] ter sido assinada por { $signer }
}. Não confie no seu conteúdo; peça ao remetente que a envie novamente.
signature-invalid = { $reason ->
    [signing-certificate] A assinatura { $signer ->
        [none] desta mensagem
       *[other] de { $signer }
    } pertence a um certificado diferente daquele que a acompanha. Não considere que a mensagem vem do remetente indicado.
    [content-type] A assinatura { $signer ->
        [none] desta mensagem
       *[other] de { $signer }
    } foi feita para um conteúdo de outro tipo. Não considere que a mensagem vem do remetente indicado.
   *[value] A assinatura { $signer ->
        [none] desta mensagem
       *[other] de { $signer }
    } não foi feita com a chave do certificado: foi falsificada ou está danificada. Não considere que a mensagem vem do remetente indicado.
}
signer-certificate-missing = O certificado do signatário ({ $serial ->
    [none] identificador de chave { $keyIdentifier }
   *[other] número de série { $serial }
}) não veio com a mensagem e não é conhecido, pelo que a assinatura não pode ser verificada. Peça ao remetente que o inclua.
unsupported-algorithm = A assinatura { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}usa o algoritmo { $algorithm }, que este servidor não sabe verificar. Peça ao remetente que assine com outro.
weak-digest = A assinatura { $signer ->
    [none] {""}
   *[other] de { $signer } {""}
}usa o algoritmo de hash { $algorithm }, que permite falsificações. Peça ao remetente que assine com SHA-256 ou melhor.
weak-key = A chave do certificado { $signer ->
    [none] do signatário
   *[other] de { $signer }
} ({ $algorithm }) tem apenas { $bits ->
    [one] { $bits } bit
   *[other] { $bits } bits
} e pode ser quebrada. Peça ao remetente que obtenha um certificado com uma chave mais longa.
from-mismatch = { $signedFrom ->
    [none] A mensagem afirma vir de { $from }, mas o certificado pertence a { $addresses }. Não a tome por uma mensagem de { $from }.
   *[other] A mensagem afirma vir de { $from }, mas o cabeçalho assinado indica { $signedFrom }. Não a tome por uma mensagem de { $from }.
}
ambiguous-from = { $reason ->
    [missing] A mensagem não tem campo From e, por isso, não indica nenhum remetente.
    [several-fields] A mensagem tem vários campos From; os programas de e-mail podem mostrar um que o signatário nunca viu.
    [several-mailboxes] A mensagem indica vários remetentes e, por isso, nenhum certificado pode responder por todos.
    [group] A mensagem indica um grupo como remetente, e nenhum certificado pertence a um grupo.
   *[no-address] O campo From da mensagem não contém nenhum endereço que possa ser comparado com o certificado.
} Peça ao remetente que a envie novamente a partir de um único endereço.
no-address-in-certificate = O certificado do signatário não indica nenhum endereço de e-mail e, por isso, nada o liga a { $from }. Peça ao remetente que obtenha um certificado com este endereço.
certificate-expired = O certificado de { $subject } expirou em { $notAfter }. Peça ao remetente que o renove.
certificate-not-yet-valid = O certificado de { $subject } não é válido antes de { $notBefore }. Verifique o seu relógio e peça ao remetente que verifique o dele.
certificate-revoked = O certificado de { $subject } (número de série { $serial }) foi revogado em { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} e não merece confiança desde { $invalidityDate }
}. Não confie em mensagens assinadas com ele.
issuer-expired = { $notAfter ->
    [none] O certificado do emissor { $subject } não é válido antes de { $notBefore }.
   *[other] O certificado do emissor { $subject } expirou em { $notAfter }.
} Peça ao remetente que obtenha um certificado de um emissor válido.
issuer-revoked = O certificado do emissor { $subject } (número de série { $serial }) foi revogado em { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} e não merece confiança desde { $invalidityDate }
}. Não confie em nada do que ele emitiu; peça uma mensagem assinada com outro certificado.
issuer-not-found = O emissor { $issuer } do certificado de { $subject } não foi encontrado. Peça ao remetente que inclua o certificado do emissor, ou à administração do seu sistema que o adicione.
untrusted-root = O certificado conduz a { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] em quem este servidor não confia. Se conhece o emissor, peça à administração do seu sistema que o adicione.
       *[other] em quem este servidor só confia a partir de { $trustedFrom }. Pergunte à administração do seu sistema se é isso o pretendido.
    }
   *[other] em quem este servidor deixou de confiar em { $trustedUntil }. Peça ao remetente que obtenha um certificado de outro emissor.
}
invalid-chain = { $rule ->
    [signature] O certificado de { $subject } não foi assinado com a chave do seu emissor.
    [too-long] A cadeia de certificados é mais longa do que este servidor percorre (interrompida em { $subject }).
    [path-length] A cadeia de certificados é mais longa do que o emissor { $subject } permite.
    [basic-constraints] { $subject } emitiu um certificado sem ser uma autoridade de certificação.
    [key-usage] { $subject } emitiu um certificado com uma chave que não se destina a isso.
    [extended-key-usage] O emissor { $subject } não pode emitir certificados para e-mail.
    [authority-key-identifier] O certificado indica uma chave do seu emissor diferente da chave de { $subject }.
    [weak-key] A chave do emissor { $subject } é demasiado curta e pode ser quebrada{ algorithm-aside }.
    [weak-signature] O certificado de { $subject } foi assinado com um algoritmo de hash que permite falsificações{ algorithm-aside }.
    [algorithm] O certificado de { $subject } foi assinado com o algoritmo { $algorithm }, que este servidor não aceita das autoridades de certificação desta raiz.
    [critical-extension] O certificado de { $subject } tem uma extensão crítica que este servidor não conhece.
    [extension] Uma extensão do certificado de { $subject } está danificada.
    [policies] As políticas de certificação da cadeia não permitem este certificado ({ $subject }).
    [name-constraints] Um emissor não pode emitir um certificado para { $subject }: as suas restrições de nomes não o permitem.
    [encoding] O certificado de { $subject } está danificado e não pode ser lido.
    [path-building] A cadeia de certificados que começa em { $subject } pode ser lida de mais de uma maneira.
    [evaluation] A cadeia de certificados não pôde ser verificada devido a uma falha deste servidor.
   *[other] A cadeia de certificados não é válida em { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Tente novamente mais tarde ou consulte a administração do seu sistema.
   *[other] Consulte a autoridade de certificação do remetente.
}
wrong-key-usage = O certificado de { $subject } não se destina a assinaturas. Peça ao remetente que assine com o certificado correto.
wrong-extended-key-usage = O certificado de { $subject } não se destina a e-mail. Peça ao remetente que assine com o certificado correto.
revocation-unavailable = Não se sabe se o certificado de { $subject } foi revogado: { $url ->
    [none] não há informação de revogação disponível
   *[other] não se obteve nada de { $url }
} ({ $kind ->
    [ocsp] resposta OCSP
   *[crl] lista de certificados revogados
}). Tente novamente mais tarde ou consulte a administração do seu sistema.
revocation-expired = O que se sabe sobre a revogação do certificado de { $subject } está desatualizado{ $nextUpdate ->
    [none] {""}
   *[other] {""} desde { $nextUpdate }
}. Tente novamente mais tarde ou consulte a administração do seu sistema.

revocation-reason = { $reason ->
    [keyCompromise] a sua chave caiu em mãos erradas
    [cACompromise] a chave da autoridade de certificação caiu em mãos erradas
    [aACompromise] a chave da autoridade de atributos caiu em mãos erradas
    [affiliationChanged] a afiliação ou o nome do titular mudou
    [superseded] foi substituído por outro
    [cessationOfOperation] já não é necessário
    [certificateHold] está suspenso
    [privilegeWithdrawn] foi retirado um direito que ele atesta
   *[unspecified] sem motivo indicado
}

no-name = (sem nome)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
