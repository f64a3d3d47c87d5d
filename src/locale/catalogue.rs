//! The texts of problems, one Fluent catalogue for each language.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Language;
use super::parameter::arguments;
use crate::smime::Problem;

/// The texts of one language.
pub(super) type Catalogue = FluentBundle<FluentResource>;

macro_rules! catalogues {
    ($($language:ident = $file:literal,)+) => {
        /// The catalogue of a language, read when it is asked for first.
        fn catalogue(language: Language) -> &'static Catalogue {
            match language {
                $(Language::$language => {
                    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| read(Language::$language));
                    &CATALOGUE
                })+
            }
        }

        /// What stands in the file of a language.
        pub(super) fn source(language: Language) -> &'static str {
            match language {
                $(Language::$language => include_str!($file),)+
            }
        }
    };
}

catalogues! {
    English = "en.ftl",
    German = "de.ftl",
    French = "fr.ftl",
    Spanish = "es.ftl",
    Italian = "it.ftl",
    Portuguese = "pt.ftl",
    Dutch = "nl.ftl",
    Polish = "pl.ftl",
    Japanese = "ja.ftl",
    SimplifiedChinese = "zh-Hans.ftl",
    Arabic = "ar.ftl",
}

/// What is wrong and what the reader can do, as one text without line breaks.
pub fn text(language: Language, problem: &Problem) -> String {
    // An error here is a parameter that a catalogue asks for and that is never given; a test excludes it, and the text
    // is still better than none.
    formatted(catalogue(language), language, problem, &mut Vec::new())
}

/// The text of a problem in this catalogue; its code, if even English has none.
pub(super) fn formatted(
    catalogue: &Catalogue,
    language: Language,
    problem: &Problem,
    errors: &mut Vec<FluentError>,
) -> String {
    let message = |name| catalogue.get_message(name).and_then(|message| message.value());
    let Some(pattern) = message(problem.code.as_str()) else { return problem.code.as_str().to_owned() };
    let no_name =
        message(NO_NAME).map(|pattern| catalogue.format_pattern(pattern, None, errors).into_owned());
    let arguments: FluentArgs<'_> = arguments(language, problem, no_name.as_deref().unwrap_or_default());
    catalogue.format_pattern(pattern, Some(&arguments), errors).into_owned()
}

/// The message with what stands for the name of a subject that has none.
pub(super) const NO_NAME: &str = "no-name";

fn read(language: Language) -> Catalogue {
    catalogue_of(language, source(language))
}

/// A catalogue of what a file says, and of English where it says nothing.
pub(super) fn catalogue_of(language: Language, source: &str) -> Catalogue {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut catalogue = FluentBundle::new_concurrent(vec![identifier]);
    // Fluent would isolate whole sentences as well as parameters. Where it matters, parameters come isolated; elsewhere
    // the marks would only show as boxes in old clients.
    catalogue.set_use_isolating(false);
    for source in [self::source(Language::English), source] {
        // A message that cannot be read is left out; a test demands all of them.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, _)| readable);
        catalogue.add_resource_overriding(resource);
    }
    catalogue
}
