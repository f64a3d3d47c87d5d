# 日本語。各メッセージの意味は en.ftl にある。文体は「です・ます」。名前は「」で囲む。

malformed-signature = { $reason ->
    [parts] 署名付きメッセージが、内容とその署名のちょうど 2 つの部分で構成されていません。配送中に破損しました。送信者に再送を依頼してください。
    [second-part] 署名付きメッセージの 2 番目の部分が署名ではありません。配送中に破損しました。送信者に再送を依頼してください。
    [no-content] 署名された内容がなく、署名だけが届きました。送信者にメッセージの再送を依頼してください。
    [two-contents] 署名の中に独自の内容があり、メッセージに表示される内容と異なります。どちらも信用せず、送信者にメッセージの再送を依頼してください。
    [no-signer] 署名に署名者の情報がありません。送信者にメッセージの再送を依頼してください。
    [attributes] 署名の署名済み属性が欠けているか、矛盾しています。送信者にメッセージの再送を依頼してください。
    [content-type] Content-Type フィールドが複数あるか、メールソフトによって解釈の異なるものがあります。署名された内容とは別のものが表示されるおそれがあります。送信者に再送を依頼してください。
    [too-large] 署名が大きすぎるため、このサーバーでは検証できません。送信者により小さいメッセージを依頼してください。
    [too-many-signers] 署名の数が多すぎるため、このサーバーでは検証できません。署名を減らして再送するよう送信者に依頼してください。
   *[structure] 署名が破損していて読み取れません。送信者にメッセージの再送を依頼してください。
}
partial-signature = このメッセージは一部だけが署名されています。メーリングリストのフッターなど、署名された部分の周囲にあるものは、誰が書いたものか分かりません。
content-altered = このメッセージは、{ $signer ->
    [none] 署名された後に
   *[other] 「{ $signer }」が署名した後に
}改変されています。内容を信用せず、送信者に再送を依頼してください。
signature-invalid = { $reason ->
    [signing-certificate] { $signer ->
        [none] このメッセージ
       *[other] 「{ $signer }」
    }の署名は、添付された証明書とは別の証明書のものです。このメッセージを、表示されている送信者からのものと見なさないでください。
    [content-type] { $signer ->
        [none] このメッセージ
       *[other] 「{ $signer }」
    }の署名は、別の種類の内容に対して作成されたものです。このメッセージを、表示されている送信者からのものと見なさないでください。
   *[value] { $signer ->
        [none] このメッセージ
       *[other] 「{ $signer }」
    }の署名は、証明書の鍵で作成されたものではありません。偽造されたか、破損しています。このメッセージを、表示されている送信者からのものと見なさないでください。
}
signer-certificate-missing = 署名者の証明書（{ $serial ->
    [none] 鍵識別子 { $keyIdentifier }
   *[other] シリアル番号 { $serial }
}）がメッセージに添付されておらず、このサーバーにもないため、署名を検証できません。証明書を添付するよう送信者に依頼してください。
unsupported-algorithm = { $signer ->
    [none] この署名
   *[other] 「{ $signer }」の署名
}で使われているアルゴリズム { $algorithm } は、このサーバーでは検証できません。別のアルゴリズムで署名するよう送信者に依頼してください。
weak-digest = { $signer ->
    [none] この署名
   *[other] 「{ $signer }」の署名
}で使われているハッシュアルゴリズム { $algorithm } は、偽造が可能です。SHA-256 以上で署名するよう送信者に依頼してください。
weak-key = { $signer ->
    [none] 署名者
   *[other] 「{ $signer }」
}の証明書の鍵（{ $algorithm }）は { $bits ->
   *[other] { $bits } ビット
}しかなく、破られるおそれがあります。より長い鍵の証明書を取得するよう送信者に依頼してください。
from-mismatch = { $signedFrom ->
    [none] このメッセージの送信者は { $from } とされていますが、証明書は { $addresses } のものです。{ $from } からのメッセージと見なさないでください。
   *[other] このメッセージの送信者は { $from } とされていますが、署名されたヘッダーでは { $signedFrom } となっています。{ $from } からのメッセージと見なさないでください。
}
ambiguous-from = { $reason ->
    [missing] メッセージに From フィールドがなく、送信者が示されていません。
    [several-fields] メッセージに From フィールドが複数あります。署名者が見ていないものをメールソフトが表示するおそれがあります。
    [several-mailboxes] メッセージに複数の送信者が示されており、そのすべてを保証できる証明書はありません。
    [group] メッセージの送信者としてグループが示されていますが、グループに属する証明書はありません。
   *[no-address] メッセージの From フィールドに、証明書と比較できるアドレスがありません。
}1 つのアドレスから再送するよう送信者に依頼してください。
no-address-in-certificate = 署名者の証明書にメールアドレスがないため、{ $from } との結び付きを確認できません。このアドレスを含む証明書を取得するよう送信者に依頼してください。
certificate-expired = 「{ $subject }」の証明書は { $notAfter } に有効期限が切れました。証明書を更新するよう送信者に依頼してください。
certificate-not-yet-valid = 「{ $subject }」の証明書は { $notBefore } より前には有効ではありません。ご自身の時計を確認し、送信者にも時計の確認を依頼してください。
certificate-revoked = 「{ $subject }」の証明書（シリアル番号 { $serial }）は { $revokedAt } に失効しました（{ revocation-reason }）。{ $invalidityDate ->
    [none] {""}
   *[other] { $invalidityDate } 以降は信頼できません。
}この証明書で署名されたメッセージを信用しないでください。
issuer-expired = { $notAfter ->
    [none] 発行者「{ $subject }」の証明書は { $notBefore } より前には有効ではありません。
   *[other] 発行者「{ $subject }」の証明書は { $notAfter } に有効期限が切れました。
}有効な発行者から証明書を取得するよう送信者に依頼してください。
issuer-revoked = 発行者「{ $subject }」の証明書（シリアル番号 { $serial }）は { $revokedAt } に失効しました（{ revocation-reason }）。{ $invalidityDate ->
    [none] {""}
   *[other] { $invalidityDate } 以降は信頼できません。
}この発行者が発行したものは一切信用せず、別の証明書で署名したメッセージを依頼してください。
issuer-not-found = 「{ $subject }」の証明書の発行者「{ $issuer }」が見つかりません。発行者の証明書の添付を送信者に依頼するか、追加を管理者に依頼してください。
untrusted-root = この証明書をたどると「{ $subject }」に至りますが、{ $trustedUntil ->
    [none] { $trustedFrom ->
        [none] このサーバーはこれを信頼していません。発行者をご存じの場合は、追加を管理者に依頼してください。
       *[other] このサーバーがこれを信頼するのは { $trustedFrom } 以降です。意図した設定かどうかを管理者に確認してください。
    }
   *[other] このサーバーは { $trustedUntil } 以降これを信頼していません。別の発行者から証明書を取得するよう送信者に依頼してください。
}
invalid-chain = { $rule ->
    [signature] 「{ $subject }」の証明書は、その発行者の鍵で署名されていません。
    [too-long] 証明書チェーンが長すぎるため、このサーバーではたどれません（「{ $subject }」で打ち切りました）。
    [path-length] 証明書チェーンが、発行者「{ $subject }」の許す長さを超えています。
    [basic-constraints] 「{ $subject }」は認証局ではないのに、証明書を発行しています。
    [key-usage] 「{ $subject }」は、証明書の発行用ではない鍵で証明書を発行しています。
    [extended-key-usage] 発行者「{ $subject }」には、電子メール用の証明書を発行することが認められていません。
    [authority-key-identifier] 証明書が示す発行者の鍵が、「{ $subject }」の鍵と異なります。
    [weak-key] 発行者「{ $subject }」の鍵は短すぎ、破られるおそれがあります{ algorithm-aside }。
    [weak-signature] 「{ $subject }」の証明書は、偽造が可能なハッシュアルゴリズムで署名されています{ algorithm-aside }。
    [algorithm] 「{ $subject }」の証明書はアルゴリズム { $algorithm } で署名されていますが、このサーバーはこのルートの認証局にそれを認めていません。
    [critical-extension] 「{ $subject }」の証明書に、このサーバーの知らないクリティカルな拡張があります。
    [extension] 「{ $subject }」の証明書の拡張が破損しています。
    [policies] チェーンの証明書ポリシーが、この証明書（「{ $subject }」）を認めていません。
    [name-constraints] 発行者は「{ $subject }」に証明書を発行できません。発行者の名前制約で禁じられています。
    [encoding] 「{ $subject }」の証明書が破損していて読み取れません。
    [path-building] 「{ $subject }」から始まる証明書チェーンは、複数の読み方ができます。
    [evaluation] このサーバーの障害のため、証明書チェーンを検証できませんでした。
   *[other] 証明書チェーンは「{ $subject }」のところで無効です{ $detail ->
        [none] {""}
       *[other] （{ $detail }）
    }。
}{ $rule ->
    [evaluation] 後でもう一度試すか、管理者に問い合わせてください。
   *[other] 送信者の認証局に問い合わせてください。
}
wrong-key-usage = 「{ $subject }」の証明書は署名用ではありません。正しい証明書で署名するよう送信者に依頼してください。
wrong-extended-key-usage = 「{ $subject }」の証明書は電子メール用ではありません。正しい証明書で署名するよう送信者に依頼してください。
revocation-unavailable = 「{ $subject }」の証明書が失効しているかどうか分かりません。{ $url ->
    [none] 失効情報がありません
   *[other] { $url } から何も取得できませんでした
}（{ $kind ->
    [ocsp] OCSP 応答
   *[crl] 証明書失効リスト
}）。後でもう一度試すか、管理者に問い合わせてください。
revocation-expired = 「{ $subject }」の証明書の失効に関する情報は、{ $nextUpdate ->
    [none] {""}
   *[other] { $nextUpdate } に期限が切れており、
}最新ではありません。後でもう一度試すか、管理者に問い合わせてください。

revocation-reason = { $reason ->
    [keyCompromise] 鍵の漏えい
    [cACompromise] 認証局の鍵の漏えい
    [aACompromise] 属性認証局の鍵の漏えい
    [affiliationChanged] 所有者の所属または名称の変更
    [superseded] 別の証明書への切り替え
    [cessationOfOperation] 利用の終了
    [certificateHold] 一時停止中
    [privilegeWithdrawn] 証明する権限の取り消し
   *[unspecified] 理由の記載なし
}

no-name = （名前なし）

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] （{ $algorithm }）
}
