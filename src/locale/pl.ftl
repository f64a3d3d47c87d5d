# Polski. en.ftl mówi, co znaczy każdy komunikat. Forma bezosobowa („należy poprosić”), więc bez rodzaju.

malformed-signature = { $reason ->
    [parts] Podpisana wiadomość nie składa się z dokładnie dwóch części: treści i podpisu. Została uszkodzona po drodze; należy poprosić nadawcę o ponowne wysłanie.
    [second-part] Druga część podpisanej wiadomości nie jest podpisem. Wiadomość została uszkodzona po drodze; należy poprosić nadawcę o ponowne wysłanie.
    [no-content] Podpis nadszedł bez treści, która została podpisana. Należy poprosić nadawcę o ponowne wysłanie wiadomości.
    [two-contents] Podpis zawiera własną treść, inną niż ta, którą pokazuje wiadomość. Nie należy polegać na żadnej z nich; należy poprosić nadawcę o ponowne wysłanie wiadomości.
    [no-signer] Podpis nie wskazuje, kto podpisał wiadomość. Należy poprosić nadawcę o jej ponowne wysłanie.
    [attributes] Brakuje podpisanych atrybutów podpisu albo są one sprzeczne. Należy poprosić nadawcę o ponowne wysłanie wiadomości.
    [content-type] Wiadomość ma kilka pól Content-Type albo takie, które programy pocztowe odczytują różnie; mogą pokazać coś innego, niż zostało podpisane. Należy poprosić nadawcę o ponowne wysłanie.
    [too-large] Podpis jest większy, niż ten serwer sprawdza. Należy poprosić nadawcę o mniejszą wiadomość.
    [too-many-signers] Wiadomość ma więcej podpisów, niż ten serwer sprawdza. Należy poprosić nadawcę o wysłanie jej z mniejszą liczbą podpisów.
   *[structure] Podpis jest uszkodzony i nie da się go odczytać. Należy poprosić nadawcę o ponowne wysłanie wiadomości.
}
partial-signature = Podpisana jest tylko część tej wiadomości. To, co otacza podpisaną część, na przykład stopka listy dyskusyjnej, może pochodzić od kogokolwiek.
content-altered = Wiadomość została zmieniona po podpisaniu{ $signer ->
    [none] {""}
   *[other] {""} przez { $signer }
}. Nie należy polegać na jej treści; należy poprosić nadawcę o ponowne wysłanie.
signature-invalid = { $reason ->
    [signing-certificate] Podpis { $signer ->
        [none] tej wiadomości
       *[other] złożony przez { $signer }
    } należy do innego certyfikatu niż ten, który mu towarzyszy. Nie należy uznawać, że wiadomość pochodzi od podanego nadawcy.
    [content-type] Podpis { $signer ->
        [none] tej wiadomości
       *[other] złożony przez { $signer }
    } utworzono dla treści innego typu. Nie należy uznawać, że wiadomość pochodzi od podanego nadawcy.
   *[value] Podpis { $signer ->
        [none] tej wiadomości
       *[other] złożony przez { $signer }
    } nie został utworzony kluczem z certyfikatu: jest sfałszowany albo uszkodzony. Nie należy uznawać, że wiadomość pochodzi od podanego nadawcy.
}
signer-certificate-missing = Certyfikat, którym złożono podpis ({ $serial ->
    [none] identyfikator klucza { $keyIdentifier }
   *[other] numer seryjny { $serial }
}), nie nadszedł z wiadomością i nie jest znany, więc podpisu nie można sprawdzić. Należy poprosić nadawcę o dołączenie go.
unsupported-algorithm = Podpis { $signer ->
    [none] {""}
   *[other] złożony przez { $signer } {""}
}używa algorytmu { $algorithm }, którego ten serwer nie potrafi sprawdzić. Należy poprosić nadawcę o podpisanie innym.
weak-digest = Podpis { $signer ->
    [none] {""}
   *[other] złożony przez { $signer } {""}
}używa algorytmu skrótu { $algorithm }, który pozwala na fałszerstwo. Należy poprosić nadawcę o podpisanie z użyciem SHA-256 lub lepszego.
weak-key = Klucz certyfikatu{ $signer ->
    [none] , którym złożono podpis
   *[other] {""} należącego do { $signer }
} ({ $algorithm }) ma tylko { $bits ->
    [one] { $bits } bit
    [few] { $bits } bity
    [many] { $bits } bitów
   *[other] { $bits } bitu
} i może zostać złamany. Należy poprosić nadawcę o uzyskanie certyfikatu z dłuższym kluczem.
from-mismatch = { $signedFrom ->
    [none] Wiadomość podaje, że pochodzi od { $from }, ale certyfikat należy do { $addresses }. Nie należy uznawać jej za wiadomość od { $from }.
   *[other] Wiadomość podaje, że pochodzi od { $from }, ale w podpisanym nagłówku jest { $signedFrom }. Nie należy uznawać jej za wiadomość od { $from }.
}
ambiguous-from = { $reason ->
    [missing] Wiadomość nie ma pola From, więc nie wskazuje żadnego nadawcy.
    [several-fields] Wiadomość ma kilka pól From; programy pocztowe mogą pokazać takie, którego przy podpisywaniu nie było.
    [several-mailboxes] Wiadomość wskazuje kilku nadawców, więc żaden certyfikat nie może poświadczyć wszystkich.
    [group] Wiadomość wskazuje jako nadawcę grupę, a żaden certyfikat nie należy do grupy.
   *[no-address] Pole From wiadomości nie zawiera adresu, który można porównać z certyfikatem.
} Należy poprosić nadawcę o ponowne wysłanie z jednego adresu.
no-address-in-certificate = Certyfikat, którym złożono podpis, nie podaje adresu e-mail, więc nic nie wiąże go z { $from }. Należy poprosić nadawcę o uzyskanie certyfikatu z tym adresem.
certificate-expired = Certyfikat wystawiony dla { $subject } wygasł (data wygaśnięcia: { $notAfter }). Należy poprosić nadawcę o odnowienie go.
certificate-not-yet-valid = Certyfikat wystawiony dla { $subject } nie jest ważny przed { $notBefore }. Należy sprawdzić swój zegar i poprosić nadawcę o sprawdzenie jego zegara.
certificate-revoked = Certyfikat wystawiony dla { $subject } (numer seryjny { $serial }) został unieważniony { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} i nie jest godny zaufania od { $invalidityDate }
}. Nie należy polegać na wiadomościach nim podpisanych.
issuer-expired = { $notAfter ->
    [none] Certyfikat wystawcy { $subject } nie jest ważny przed { $notBefore }.
   *[other] Certyfikat wystawcy { $subject } wygasł (data wygaśnięcia: { $notAfter }).
} Należy poprosić nadawcę o uzyskanie certyfikatu od wystawcy, którego certyfikat jest ważny.
issuer-revoked = Certyfikat wystawcy { $subject } (numer seryjny { $serial }) został unieważniony { $revokedAt } ({ revocation-reason }){ $invalidityDate ->
    [none] {""}
   *[other] {""} i nie jest godny zaufania od { $invalidityDate }
}. Nie należy polegać na niczym, co ten wystawca wystawił; należy poprosić o wiadomość podpisaną innym certyfikatem.
issuer-not-found = Nie znaleziono wystawcy { $issuer } certyfikatu wystawionego dla { $subject }. Należy poprosić nadawcę o dołączenie certyfikatu wystawcy albo administrację systemu o dodanie go.
untrusted-root = Certyfikat prowadzi do wystawcy { $subject }, { $trustedUntil ->
    [none] { $trustedFrom ->
        [none] któremu ten serwer nie ufa. Jeśli ten wystawca jest znany, należy poprosić administrację systemu o dodanie go.
       *[other] któremu ten serwer ufa dopiero od { $trustedFrom }. Należy zapytać administrację systemu, czy tak ma być.
    }
   *[other] któremu ten serwer nie ufa już od { $trustedUntil }. Należy poprosić nadawcę o uzyskanie certyfikatu od innego wystawcy.
}
invalid-chain = { $rule ->
    [signature] Certyfikat wystawiony dla { $subject } nie został podpisany kluczem swojego wystawcy.
    [too-long] Łańcuch certyfikatów jest dłuższy, niż ten serwer śledzi (przerwano przy { $subject }).
    [path-length] Łańcuch certyfikatów jest dłuższy, niż pozwala wystawca { $subject }.
    [basic-constraints] { $subject } jest wystawcą certyfikatu, a nie jest urzędem certyfikacji.
    [key-usage] { $subject } jest wystawcą certyfikatu podpisanego kluczem, który nie jest do tego przeznaczony.
    [extended-key-usage] Wystawca { $subject } nie może wystawiać certyfikatów do poczty elektronicznej.
    [authority-key-identifier] Certyfikat wskazuje inny klucz swojego wystawcy niż klucz { $subject }.
    [weak-key] Klucz wystawcy { $subject } jest za krótki i może zostać złamany{ algorithm-aside }.
    [weak-signature] Certyfikat wystawiony dla { $subject } podpisano z użyciem algorytmu skrótu, który pozwala na fałszerstwo{ algorithm-aside }.
    [algorithm] Certyfikat wystawiony dla { $subject } podpisano algorytmem { $algorithm }, którego ten serwer nie przyjmuje od urzędów certyfikacji tego korzenia.
    [critical-extension] Certyfikat wystawiony dla { $subject } ma krytyczne rozszerzenie, którego ten serwer nie zna.
    [extension] Rozszerzenie certyfikatu wystawionego dla { $subject } jest uszkodzone.
    [policies] Zasady certyfikacji łańcucha nie dopuszczają tego certyfikatu ({ $subject }).
    [name-constraints] Wystawca nie może wystawić certyfikatu dla { $subject }: zabraniają tego jego ograniczenia nazw.
    [encoding] Certyfikat wystawiony dla { $subject } jest uszkodzony i nie da się go odczytać.
    [path-building] Łańcuch certyfikatów, który zaczyna się od { $subject }, można odczytać na więcej niż jeden sposób.
    [evaluation] Łańcucha certyfikatów nie udało się sprawdzić z powodu błędu tego serwera.
   *[other] Łańcuch certyfikatów jest nieważny przy { $subject }{ $detail ->
        [none] {""}
       *[other] : { $detail }
    }.
} { $rule ->
    [evaluation] Należy spróbować ponownie później albo zwrócić się do administracji systemu.
   *[other] Należy zwrócić się do urzędu certyfikacji nadawcy.
}
wrong-key-usage = Certyfikat wystawiony dla { $subject } nie jest przeznaczony do podpisów. Należy poprosić nadawcę o podpisanie właściwym certyfikatem.
wrong-extended-key-usage = Certyfikat wystawiony dla { $subject } nie jest przeznaczony do poczty elektronicznej. Należy poprosić nadawcę o podpisanie właściwym certyfikatem.
revocation-unavailable = Nie wiadomo, czy certyfikat wystawiony dla { $subject } został unieważniony: { $url ->
    [none] brak informacji o unieważnieniu
   *[other] nie uzyskano niczego z { $url }
} ({ $kind ->
    [ocsp] odpowiedź OCSP
   *[crl] lista unieważnionych certyfikatów
}). Należy spróbować ponownie później albo zwrócić się do administracji systemu.
revocation-expired = To, co wiadomo o unieważnieniu certyfikatu wystawionego dla { $subject }, jest nieaktualne{ $nextUpdate ->
    [none] {""}
   *[other] {""} od { $nextUpdate }
}. Należy spróbować ponownie później albo zwrócić się do administracji systemu.

revocation-reason = { $reason ->
    [keyCompromise] jego klucz wpadł w niepowołane ręce
    [cACompromise] klucz urzędu certyfikacji wpadł w niepowołane ręce
    [aACompromise] klucz urzędu atrybutów wpadł w niepowołane ręce
    [affiliationChanged] zmieniła się przynależność lub nazwa posiadacza
    [superseded] zastąpiono go innym
    [cessationOfOperation] nie jest już potrzebny
    [certificateHold] jest zawieszony
    [privilegeWithdrawn] cofnięto uprawnienie, które poświadcza
   *[unspecified] bez podania przyczyny
}

no-name = (bez nazwy)

algorithm-aside = { $algorithm ->
    [none] {""}
   *[other] {""} ({ $algorithm })
}
