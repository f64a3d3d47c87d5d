//! What is planted in generated mail, so that whoever searches knows how much there is to find.

/// A word that every message's text holds. Of what is opaque signed or encrypted, which is some 4 % of the mail, nobody
/// finds the text.
pub const IN_EVERY: &str = "haystack";
/// Words of the messages whose place among those of their account, counted from 0, can be divided by the number: so
/// that a tool knows how many an account holds, and the first message holds them all.
pub const IN_ONE_OF: [(usize, &str); 4] =
    [(10, "needletenth"), (100, "needlehundredth"), (1_000, "needlethousandth"), (100_000, "needlerarest")];
/// Three words which stand in this order in one of a thousand messages.
pub const PHRASE: &str = "lamps above rivers";
/// The same words in another order, in one of a hundred.
pub const NO_PHRASE: &str = "rivers lamps above";
/// A recipient of one of a thousand messages.
pub const ADDRESS: &str = "needle@lighthouse.example";

/// How often [`PHRASE`], [`NO_PHRASE`] and [`ADDRESS`] come: one of so many messages.
pub const PHRASE_IN: usize = 1_000;
/// See [`PHRASE_IN`].
pub const NO_PHRASE_IN: usize = 100;
/// See [`PHRASE_IN`].
pub const ADDRESS_IN: usize = 1_000;

/// Appends the words that belong into the text of the account's message at this place.
pub(super) fn plant(place: usize, text: &mut String) {
    text.push_str(IN_EVERY);
    let comes = |one_of: usize| place.is_multiple_of(one_of);
    let words = IN_ONE_OF.iter().filter(|(one_of, _)| comes(*one_of)).map(|(_, word)| *word);
    let phrases = [(PHRASE_IN, PHRASE), (NO_PHRASE_IN, NO_PHRASE)];
    let phrases = phrases.into_iter().filter(|(one_of, _)| comes(*one_of)).map(|(_, phrase)| phrase);
    for planted in words.chain(phrases) {
        // A full stop keeps no words apart, but another word does.
        text.push_str(" x ");
        text.push_str(planted);
    }
}

/// Whether the message at this place holds something whose number is known, so that its text must be found.
pub(super) fn are_at(place: usize) -> bool {
    let counted = IN_ONE_OF.iter().map(|(one_of, _)| *one_of).chain([PHRASE_IN, NO_PHRASE_IN]);
    counted.into_iter().any(|one_of| place.is_multiple_of(one_of))
}

/// Whether the message at this place goes to [`ADDRESS`] too.
pub(super) fn goes_to_address(place: usize) -> bool {
    place.is_multiple_of(ADDRESS_IN)
}
