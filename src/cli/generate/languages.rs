//! Words of several languages: some that everybody writes, and as many rare ones as a text takes.

use super::random::Random;

/// Ranks of words, from the most frequent to the rarest: what is beyond a language's list is made of its syllables, so
/// that the vocabulary grows with the mail as a real one does.
const RANKS: usize = 400_000;

/// A language that people write in.
#[derive(Debug)]
pub(super) struct Language {
    /// Frequent words, the most frequent first.
    frequent: &'static [&'static str],
    /// Of what rare words are made.
    syllables: &'static [&'static str],
    /// What stands between words: nothing in Chinese and Japanese.
    space: &'static str,
    /// What ends a sentence.
    stop: &'static str,
    /// How often it is written, in hundredths.
    share: usize,
}

/// All of them; their shares add up to a hundred.
const LANGUAGES: [Language; 10] = [
    Language {
        frequent: &[
            "the",
            "to",
            "and",
            "of",
            "a",
            "in",
            "is",
            "you",
            "for",
            "that",
            "we",
            "it",
            "on",
            "this",
            "with",
            "be",
            "please",
            "are",
            "have",
            "will",
            "at",
            "as",
            "from",
            "not",
            "by",
            "your",
            "meeting",
            "can",
            "report",
            "if",
            "week",
            "team",
            "project",
            "regards",
            "thanks",
            "time",
            "invoice",
            "contract",
            "draft",
            "review",
            "monday",
            "customer",
            "order",
            "budget",
            "office",
            "question",
            "attached",
            "number",
            "price",
            "garden",
            "travel",
            "ticket",
            "lunch",
            "server",
            "quarter",
            "signature",
            "window",
            "bridge",
            "paper",
            "winter",
        ],
        syllables: &[
            "ba", "con", "der", "fer", "ga", "hol", "in", "jo", "ka", "lem", "mi", "nor", "pra", "qui", "ra",
            "ser", "ta", "ver", "wo", "yan",
        ],
        space: " ",
        stop: ". ",
        share: 45,
    },
    Language {
        frequent: &[
            "der",
            "die",
            "und",
            "in",
            "den",
            "von",
            "zu",
            "das",
            "mit",
            "sich",
            "des",
            "auf",
            "für",
            "ist",
            "im",
            "dem",
            "nicht",
            "ein",
            "eine",
            "als",
            "auch",
            "es",
            "an",
            "werden",
            "aus",
            "er",
            "hat",
            "dass",
            "sie",
            "nach",
            "wird",
            "bei",
            "Grüße",
            "bitte",
            "Rechnung",
            "Vertrag",
            "Termin",
            "Angebot",
            "Woche",
            "Straße",
            "Prüfung",
            "Bericht",
            "Frage",
            "Büro",
            "Schlüssel",
            "Entwurf",
            "Gespräch",
            "Fenster",
            "Zug",
            "über",
        ],
        syllables: &[
            "ab", "ber", "chen", "dau", "ein", "fü", "gen", "hö", "ig", "kei", "lich", "mä", "nung", "prü",
            "schaft", "tei", "un", "ver", "wär", "zahl",
        ],
        space: " ",
        stop: ". ",
        share: 12,
    },
    Language {
        frequent: &[
            "de",
            "la",
            "le",
            "et",
            "les",
            "des",
            "en",
            "un",
            "du",
            "une",
            "que",
            "est",
            "pour",
            "qui",
            "dans",
            "par",
            "plus",
            "pas",
            "au",
            "sur",
            "ne",
            "se",
            "ce",
            "il",
            "sont",
            "avec",
            "nous",
            "vous",
            "bonjour",
            "réunion",
            "facture",
            "contrat",
            "semaine",
            "projet",
            "équipe",
            "merci",
            "bientôt",
            "question",
            "élève",
            "été",
            "fenêtre",
            "français",
            "réponse",
            "où",
            "garçon",
            "dîner",
            "hôtel",
            "forêt",
            "dossier",
            "prix",
        ],
        syllables: &[
            "ac", "bé", "cer", "dé", "eau", "fê", "geon", "ier", "ju", "lan", "mé", "noi", "ou", "pré", "ré",
            "sion", "té", "ur", "voi", "zan",
        ],
        space: " ",
        stop: ". ",
        share: 10,
    },
    Language {
        frequent: &[
            "de", "la", "que", "el", "en", "y", "a", "los", "se", "del", "las", "un", "por", "con", "no",
            "una", "su", "para", "es", "al", "lo", "como", "más", "pero", "sus", "le", "ya", "este", "sí",
            "porque", "reunión", "factura", "contrato", "semana", "señor", "gracias", "mañana", "oficina",
            "pregunta", "año", "saludos",
        ],
        syllables: &[
            "al", "ba", "ción", "dad", "es", "fue", "go", "ha", "ia", "jar", "lle", "mo", "ña", "or", "pe",
            "que", "ro", "sa", "tu", "via",
        ],
        space: " ",
        stop: ". ",
        share: 7,
    },
    Language {
        frequent: &[
            "i",
            "w",
            "na",
            "z",
            "do",
            "się",
            "nie",
            "to",
            "jest",
            "że",
            "o",
            "a",
            "jak",
            "po",
            "co",
            "tak",
            "za",
            "od",
            "przez",
            "dla",
            "który",
            "już",
            "być",
            "umowa",
            "faktura",
            "spotkanie",
            "tydzień",
            "proszę",
            "dziękuję",
            "pytanie",
            "źródło",
            "łódź",
            "książka",
            "środa",
            "część",
            "główny",
            "pieniądze",
            "wiadomość",
        ],
        syllables: &[
            "ba", "cza", "dzi", "eł", "fo", "gó", "ha", "ie", "ka", "ło", "mą", "nię", "ość", "prze", "rzy",
            "szcz", "ta", "uj", "wa", "źno",
        ],
        space: " ",
        stop: ". ",
        share: 6,
    },
    Language {
        frequent: &[
            "и",
            "в",
            "не",
            "на",
            "я",
            "быть",
            "он",
            "с",
            "что",
            "а",
            "по",
            "это",
            "она",
            "этот",
            "к",
            "но",
            "они",
            "мы",
            "весь",
            "который",
            "из",
            "у",
            "за",
            "то",
            "так",
            "от",
            "договор",
            "счёт",
            "встреча",
            "неделя",
            "спасибо",
            "вопрос",
            "проект",
            "письмо",
            "деньги",
            "подпись",
            "окно",
            "поезд",
            "книга",
            "завтра",
            "ёлка",
        ],
        syllables: &[
            "ба", "ве", "го", "до", "же", "за", "ин", "ко", "ли", "мо", "на", "ость", "про", "ру", "ство",
            "ти", "ун", "фо", "чи", "ша",
        ],
        space: " ",
        stop: ". ",
        share: 6,
    },
    Language {
        frequent: &[
            "και",
            "το",
            "να",
            "του",
            "η",
            "της",
            "με",
            "που",
            "την",
            "από",
            "για",
            "είναι",
            "των",
            "σε",
            "ο",
            "οι",
            "στο",
            "θα",
            "τη",
            "στην",
            "τα",
            "δεν",
            "συνάντηση",
            "τιμολόγιο",
            "σύμβαση",
            "εβδομάδα",
            "ευχαριστώ",
            "ερώτηση",
            "γραφείο",
            "οδός",
            "υπογραφή",
            "παράθυρο",
            "βιβλίο",
            "αύριο",
        ],
        syllables: &[
            "α", "βο", "γι", "δρα", "ελ", "ζω", "θη", "ικ", "κο", "λο", "μα", "νι", "ξε", "πο", "ρι", "στη",
            "τε", "φω", "χρο", "ων",
        ],
        space: " ",
        stop: ". ",
        share: 3,
    },
    Language {
        frequent: &[
            "في",
            "من",
            "على",
            "أن",
            "إلى",
            "التي",
            "عن",
            "لا",
            "ما",
            "هذا",
            "هذه",
            "الذي",
            "كان",
            "مع",
            "ذلك",
            "بعد",
            "عقد",
            "فاتورة",
            "اجتماع",
            "أسبوع",
            "شكرا",
            "سؤال",
            "مشروع",
            "رسالة",
            "مكتب",
            "توقيع",
            "نافذة",
            "كتاب",
            "غدا",
            "قطار",
            "سعر",
            "تقرير",
        ],
        syllables: &[
            "ال", "با", "تر", "جم", "حس", "خط", "در", "رس", "زم", "سل", "شر", "صف", "طل", "عم", "غر", "فن",
            "قد", "كت", "لم", "نو",
        ],
        space: " ",
        stop: ". ",
        share: 3,
    },
    Language {
        frequent: &[
            "的",
            "是",
            "我们",
            "在",
            "有",
            "这",
            "了",
            "不",
            "和",
            "会议",
            "项目",
            "合同",
            "发票",
            "下周",
            "请",
            "谢谢",
            "问题",
            "报告",
            "客户",
            "订单",
            "价格",
            "办公室",
            "签名",
            "窗户",
            "明天",
            "火车",
            "预算",
            "北京",
            "上海",
            "附件",
        ],
        syllables: &[
            "安", "白", "成", "大", "东", "方", "光", "海", "江", "开", "林", "明", "南", "平", "青", "人",
            "山", "天", "文", "新", "学", "阳", "一", "月", "中",
        ],
        space: "",
        stop: "。",
        share: 4,
    },
    Language {
        frequent: &[
            "の",
            "に",
            "は",
            "を",
            "が",
            "です",
            "ます",
            "と",
            "で",
            "会議",
            "請求書",
            "契約",
            "来週",
            "お願いします",
            "ありがとう",
            "質問",
            "報告",
            "お客様",
            "注文",
            "価格",
            "事務所",
            "署名",
            "窓",
            "明日",
            "電車",
            "予算",
            "東京",
            "京都",
            "プロジェクト",
            "メール",
        ],
        syllables: &[
            "ア", "イ", "カ", "キ", "サ", "シ", "タ", "ト", "ナ", "ハ", "マ", "ミ", "ラ", "リ", "ン", "田",
            "川", "本", "木", "村", "石", "井", "原", "野",
        ],
        space: "",
        stop: "。",
        share: 4,
    },
];

impl Language {
    /// One of them, each as often as it is written.
    pub(super) fn pick(random: &mut Random) -> &'static Self {
        let mut hundredth = random.below(100);
        LANGUAGES
            .iter()
            .find(|language| match hundredth.checked_sub(language.share) {
                Some(rest) => {
                    hundredth = rest;
                    false
                }
                None => true,
            })
            .unwrap_or(&LANGUAGES[0])
    }

    /// Appends so many words, in sentences.
    pub(super) fn write(&self, count: usize, random: &mut Random, text: &mut String) {
        let mut left_of_sentence = 0;
        for place in 0..count {
            if left_of_sentence == 0 {
                left_of_sentence = 4 + random.below(14);
                text.push_str(if place == 0 { "" } else { self.stop });
            } else {
                text.push_str(self.space);
            }
            left_of_sentence -= 1;
            self.write_word(random.zipf(RANKS), text);
        }
    }

    /// A name or a place: a rare word with a capital letter.
    pub(super) fn name(&self, number: usize) -> String {
        let mut name = String::new();
        self.write_word(self.frequent.len() + number, &mut name);
        let mut characters = name.chars();
        characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
    }

    fn write_word(&self, rank: usize, text: &mut String) {
        if let Some(word) = self.frequent.get(rank) {
            text.push_str(word);
            return;
        }
        // At least two syllables, so that no rare word is one that another language has often.
        let base = self.syllables.len();
        let mut rest = rank - self.frequent.len() + base;
        while rest > 0 {
            text.push_str(self.syllables[rest % base]);
            rest /= base;
        }
    }
}

/// A word of Latin letters for addresses and domains, a different one for each number.
pub(super) fn latin(number: usize) -> String {
    let mut word = String::new();
    LANGUAGES[0].write_word(LANGUAGES[0].frequent.len() + number, &mut word);
    word
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_language_is_written_as_often_as_its_share() {
        assert_eq!(LANGUAGES.iter().map(|language| language.share).sum::<usize>(), 100);
        let mut random = Random::new(1);
        let picked =
            (0..10_000).map(|_| Language::pick(&mut random).stop).filter(|stop| *stop == "。").count();
        assert!((700..900).contains(&picked), "{picked}");
    }

    #[test]
    fn the_vocabulary_grows_more_slowly_than_the_text() {
        let distinct = |count| {
            let mut text = String::new();
            LANGUAGES[0].write(count, &mut Random::new(1), &mut text);
            let words: HashSet<&str> = text.split([' ', '.']).filter(|word| !word.is_empty()).collect();
            words.len()
        };
        let (few, many) = (distinct(1_000), distinct(100_000));
        assert!(few > 300 && many > 10 * few && many < 60 * few, "{few} {many}");
    }

    #[test]
    fn words_of_latin_letters_are_distinct_and_plain() {
        let words: HashSet<String> = (0..10_000).map(latin).collect();
        assert_eq!(words.len(), 10_000);
        assert!(words.iter().all(|word| word.bytes().all(|octet| octet.is_ascii_lowercase())));
    }
}
