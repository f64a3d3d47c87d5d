# 简体中文。各条消息的含义见 en.ftl。称呼用“您”；名称加引号。

malformed-signature = { $reason ->
    [parts] 已签名的邮件并非恰好由两部分（内容及其签名）组成。邮件在途中已损坏；请让发件人重新发送。
    [second-part] 已签名邮件的第二部分不是签名。邮件在途中已损坏；请让发件人重新发送。
    [no-content] 只收到签名，没有收到被签名的内容。请让发件人重新发送邮件。
    [two-contents] 签名自带了一份内容，与邮件显示的内容不同。两者均不可信；请让发件人重新发送邮件。
    [no-signer] 签名没有指明签名者。请让发件人重新发送邮件。
    [attributes] 签名的已签名属性缺失或自相矛盾。请让发件人重新发送邮件。
    [content-type] 邮件含有多个 Content-Type 字段，或含有各邮件程序解读不一的此类字段；它们显示的内容可能与被签名的内容不同。请让发件人重新发送。
    [too-large] 签名过大，本服务器不予检查。请让发件人发送较小的邮件。
    [too-many-signers] 邮件的签名过多，本服务器不予检查。请让发件人减少签名后重新发送。
   *[structure] 签名已损坏，无法读取。请让发件人重新发送邮件。
}
partial-signature = 此邮件只有一部分经过签名。签名部分以外的内容（例如邮件列表的页脚）可能出自任何人之手。
content-altered = 此邮件在{ $signer ->
    [none] 签名之后
   *[other] “{ $signer }”签名之后
}被修改过。请勿相信其内容；请让发件人重新发送。
signature-invalid = { $reason ->
    [signing-certificate] { $signer ->
        [none] 此邮件
       *[other] “{ $signer }”
    }的签名属于另一张证书，而不是随附的证书。请勿认为此邮件来自所示发件人。
    [content-type] { $signer ->
        [none] 此邮件
       *[other] “{ $signer }”
    }的签名是针对另一种类型的内容生成的。请勿认为此邮件来自所示发件人。
   *[value] { $signer ->
        [none] 此邮件
       *[other] “{ $signer }”
    }的签名不是用证书的密钥生成的：签名是伪造的或已损坏。请勿认为此邮件来自所示发件人。
}
signer-certificate-missing = 签名者的证书（{ $serial ->
    [none] 密钥标识符 { $keyIdentifier }
   *[other] 序列号 { $serial }
}）没有随邮件送达，本服务器也没有该证书，因此无法检查签名。请让发件人附上证书。
unsupported-algorithm = { $signer ->
    [none] 此签名
   *[other] “{ $signer }”的签名
}使用的算法 { $algorithm } 是本服务器无法检查的。请让发件人改用其他算法签名。
weak-digest = { $signer ->
    [none] 此签名
   *[other] “{ $signer }”的签名
}使用的摘要算法 { $algorithm } 可被伪造。请让发件人使用 SHA-256 或更强的算法签名。
weak-key = { $signer ->
    [none] 签名者
   *[other] “{ $signer }”
}的证书的密钥（{ $algorithm }）只有 { $bits ->
   *[other] { $bits } 位
}，可被破解。请让发件人取得密钥更长的证书。
from-mismatch = { $signedFrom ->
    [none] 此邮件声称来自 { $from }，但证书属于 { $addresses }。请勿将其视为 { $from } 的邮件。
   *[other] 此邮件声称来自 { $from }，但经过签名的邮件头写的是 { $signedFrom }。请勿将其视为 { $from } 的邮件。
}
ambiguous-from = { $reason ->
    [missing] 邮件没有 From 字段，因此没有指明发件人。
    [several-fields] 邮件含有多个 From 字段；邮件程序显示的可能是签名者从未见过的那一个。
    [several-mailboxes] 邮件指明了多个发件人，没有任何证书能为所有发件人作证。
    [group] 邮件指明的发件人是一个群组，而证书不属于群组。
   *[no-address] 邮件的 From 字段不含可与证书比对的地址。
}请让发件人仅用一个地址重新发送。
no-address-in-certificate = 签名者的证书不含电子邮件地址，因此无法与 { $from } 对应。请让发件人取得含有此地址的证书。
certificate-expired = “{ $subject }”的证书已于 { $notAfter } 过期。请让发件人更新证书。
certificate-not-yet-valid = “{ $subject }”的证书在 { $notBefore } 之前无效。请检查您的时钟，并让发件人检查其时钟。
certificate-revoked = “{ $subject }”的证书（序列号 { $serial }）已于 { $revokedAt } 被吊销（{ revocation-reason }）{ $invalidityDate ->
    [none] {""}
   *[other] ，且自 { $invalidityDate } 起已不可信
}。请勿相信用该证书签名的邮件。
issuer-expired = { $notAfter ->
    [none] 颁发者“{ $subject }”的证书在 { $notBefore } 之前无效。
   *[other] 颁发者“{ $subject }”的证书已于 { $notAfter } 过期。
}请让发件人从证书有效的颁发者处取得证书。
issuer-revoked = 颁发者“{ $subject }”的证书（序列号 { $serial }）已于 { $revokedAt } 被吊销（{ revocation-reason }）{ $invalidityDate ->
    [none] {""}
   *[other] ，且自 { $invalidityDate } 起已不可信
}。请勿相信其颁发的任何证书；请对方改用其他证书签名。
issuer-not-found = 找不到“{ $subject }”的证书的颁发者“{ $issuer }”。请让发件人附上颁发者的证书，或请管理员添加。
untrusted-root = 该证书追溯到“{ $subject }”，{ $trustedUntil ->
    [none] { $trustedFrom ->
        [none] 而本服务器不信任它。如果您了解该颁发者，请让管理员添加。
       *[other] 而本服务器自 { $trustedFrom } 起才信任它。请向管理员确认这是否符合预期。
    }
   *[other] 而本服务器自 { $trustedUntil } 起已不再信任它。请让发件人从其他颁发者处取得证书。
}
invalid-chain = { $rule ->
    [signature] “{ $subject }”的证书不是用其颁发者的密钥签名的。
    [too-long] 证书链过长，本服务器不予追溯（在“{ $subject }”处停止）。
    [path-length] 证书链的长度超过了颁发者“{ $subject }”允许的长度。
    [basic-constraints] “{ $subject }”颁发了证书，但它不是证书颁发机构。
    [key-usage] “{ $subject }”用不具备签发用途的密钥颁发了证书。
    [extended-key-usage] 颁发者“{ $subject }”无权颁发用于电子邮件的证书。
    [authority-key-identifier] 证书指明的颁发者密钥与“{ $subject }”的密钥不同。
    [weak-key] 颁发者“{ $subject }”的密钥过短，可被破解{ algorithm-aside }。
    [weak-signature] “{ $subject }”的证书是用可被伪造的摘要算法签名的{ algorithm-aside }。
    [algorithm] “{ $subject }”的证书是用算法 { $algorithm } 签名的，本服务器不接受该根证书之下的颁发机构使用此算法。
    [critical-extension] “{ $subject }”的证书含有本服务器不认识的关键扩展。
    [extension] “{ $subject }”的证书的某个扩展已损坏。
    [policies] 证书链的证书策略不允许此证书（“{ $subject }”）。
    [name-constraints] 颁发者不得向“{ $subject }”颁发证书：其名称约束禁止这样做。
    [encoding] “{ $subject }”的证书已损坏，无法读取。
    [path-building] 从“{ $subject }”开始的证书链有不止一种解读方式。
    [evaluation] 由于本服务器的故障，未能检查证书链。
   *[other] 证书链在“{ $subject }”处无效{ $detail ->
        [none] {""}
       *[other] ：{ $detail }
    }。
}{ $rule ->
    [evaluation] 请稍后重试，或联系管理员。
   *[other] 请联系发件人的证书颁发机构。
}
wrong-key-usage = “{ $subject }”的证书不是用于签名的。请让发件人使用正确的证书签名。
wrong-extended-key-usage = “{ $subject }”的证书不是用于电子邮件的。请让发件人使用正确的证书签名。
revocation-unavailable = 不清楚“{ $subject }”的证书是否已被吊销：{ $url ->
    [none] 没有可用的吊销信息
   *[other] 未能从 { $url } 取得任何信息
}（{ $kind ->
    [ocsp] OCSP 响应
   *[crl] 证书吊销列表
}）。请稍后重试，或联系管理员。
revocation-expired = 关于“{ $subject }”的证书是否被吊销的信息已{ $nextUpdate ->
    [none] {""}
   *[other] 于 { $nextUpdate } {""}
}过时。请稍后重试，或联系管理员。

revocation-reason = { $reason ->
    [keyCompromise] 密钥已泄露
    [cACompromise] 证书颁发机构的密钥已泄露
    [aACompromise] 属性机构的密钥已泄露
    [affiliationChanged] 持有者的隶属关系或名称已变更
    [superseded] 已被另一张证书取代
    [cessationOfOperation] 已不再需要
    [certificateHold] 暂停使用
    [privilegeWithdrawn] 所证明的权限已被撤销
   *[unspecified] 未说明原因
}

no-name = （无名称）

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] （{ $algorithm }）
}
