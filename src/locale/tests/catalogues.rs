//! The catalogues side by side, as they are written: messages, variants, parameters, words.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use fluent_syntax::parser::parse;

use super::super::catalogue::NO_NAME;
use super::super::parameter::{Kind, PARAMETERS};
use super::*;

/// Messages that others refer to, beside one for each code.
const HELPERS: [&str; 3] = ["revocation-reason", NO_NAME, "algorithm-aside"];

/// What of a message has to be alike in all languages, and its words.
#[derive(Debug, Default)]
struct Shape {
    /// By the parameter that chooses: the keys of its variants.
    variants: BTreeMap<String, BTreeSet<String>>,
    parameters: BTreeSet<String>,
    references: BTreeSet<String>,
    words: Vec<String>,
}

fn shapes(language: Language) -> BTreeMap<String, Shape> {
    let resource = parse(source(language)).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
    let mut shapes = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let mut shape = Shape::default();
        assert!(message.attributes.is_empty());
        walk(&message.value.expect("a message has a text"), &mut shape);
        let twice = shapes.insert(message.id.name.to_owned(), shape);
        assert!(twice.is_none(), "{language:?} says {} twice", message.id.name);
    }
    shapes
}

fn walk(pattern: &Pattern<&str>, shape: &mut Shape) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => shape.words.push((*value).to_owned()),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                InlineExpression::VariableReference { id } => {
                    shape.parameters.insert(id.name.to_owned());
                }
                InlineExpression::MessageReference { id, attribute: None } => {
                    shape.references.insert(id.name.to_owned());
                }
                InlineExpression::StringLiteral { value: "" } => {}
                other => panic!("nothing of this kind stands in a catalogue: {other:?}"),
            },
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                let InlineExpression::VariableReference { id } = selector else {
                    panic!("only parameters choose: {selector:?}")
                };
                for variant in variants {
                    let VariantKey::Identifier { name } = variant.key else { panic!("{:?}", variant.key) };
                    // The keys of a default may be written in many ways; its place is the same.
                    let key = if variant.default { "*" } else { name };
                    shape.variants.entry(id.name.to_owned()).or_default().insert(key.to_owned());
                    walk(&variant.value, shape);
                }
            }
        }
    }
}

fn is_number(name: &str) -> bool {
    PARAMETERS.contains(&(name, Kind::Number))
}

#[test]
fn english_has_a_message_for_each_code_and_no_more() {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let expected: BTreeSet<&str> = codes.chain(HELPERS).collect();
    let shapes = shapes(Language::English);
    assert_eq!(shapes.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_catalogue_has_the_messages_variants_and_parameters_of_english() {
    let english = shapes(Language::English);
    for &language in Language::ALL {
        let others = shapes(language);
        assert_eq!(others.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
        for (name, shape) in &english {
            let other = &others[name];
            // How many plural forms there are is the language's own affair.
            let choices = |shape: &Shape| -> BTreeMap<String, BTreeSet<String>> {
                shape.variants.clone().into_iter().filter(|(name, _)| !is_number(name)).collect()
            };
            assert_eq!(choices(other), choices(shape), "{name} in {language:?}");
            assert_eq!(other.parameters, shape.parameters, "{name} in {language:?}");
            assert_eq!(other.references, shape.references, "{name} in {language:?}");
        }
    }
}

#[test]
fn every_parameter_of_a_catalogue_is_given() {
    let known: BTreeSet<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
    let mut used = BTreeSet::new();
    for shape in shapes(Language::English).into_values() {
        used.extend(shape.parameters.into_iter().chain(shape.variants.into_keys()));
    }
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

/// In each combination of variants that English has, the others show the same parameters, and nothing goes wrong.
#[test]
fn no_variant_loses_a_parameter() {
    let english = shapes(Language::English);
    for &language in Language::ALL {
        let catalogue = catalogue_of(language, source(language));
        let in_english = catalogue_of(Language::English, source(Language::English));
        for (name, shape) in &english {
            for choice in combinations(shape, &english) {
                let told = |catalogue: &super::super::catalogue::Catalogue| {
                    let mut errors = Vec::new();
                    let pattern = catalogue.get_message(name).and_then(|message| message.value()).unwrap();
                    let told = catalogue.format_pattern(pattern, Some(&choice), &mut errors).into_owned();
                    assert!(errors.is_empty(), "{name} in {language:?}: {errors:?}");
                    told
                };
                let (other, english) = (told(&catalogue), told(&in_english));
                assert_eq!(shown(&other), shown(&english), "{other}\n{english}");
                let is_prose = shape.words.iter().any(|text| text.contains(char::is_alphabetic));
                assert!(language == Language::English || !is_prose || other != english, "{other}");
            }
        }
    }
}

/// The parameters that a text shows, as `combinations` gives them.
fn shown(text: &str) -> BTreeSet<&str> {
    let mut shown: BTreeSet<&str> =
        text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name).collect();
    if text.contains("4711") {
        shown.insert("bits");
    }
    shown
}

fn combinations(shape: &Shape, all: &BTreeMap<String, Shape>) -> Vec<FluentArgs<'static>> {
    let mut variants = shape.variants.clone();
    for reference in &shape.references {
        variants.extend(all[reference].variants.clone());
    }
    let mut combinations: Vec<BTreeMap<&str, FluentValue<'static>>> = vec![BTreeMap::new()];
    for &(name, kind) in PARAMETERS {
        let values: Vec<FluentValue<'static>> = match (kind, variants.get(name)) {
            (Kind::Number, _) => vec![4711.into()],
            (_, None) => vec![format!("<{name}>").into()],
            (_, Some(keys)) => keys
                .iter()
                .map(|key| if key == "*" { format!("<{name}>").into() } else { key.clone().into() })
                .collect(),
        };
        combinations = values
            .into_iter()
            .flat_map(|value| {
                combinations.iter().map(move |combination| {
                    let mut combination = combination.clone();
                    combination.insert(name, value.clone());
                    combination
                })
            })
            .collect();
    }
    combinations.into_iter().map(|combination| combination.into_iter().collect()).collect()
}

/// Two words of English in a row are a sentence that nobody translated.
#[test]
fn nothing_is_left_in_english() {
    let pairs = |language| -> BTreeSet<String> {
        shapes(language)
            .into_values()
            .flat_map(|shape| shape.words)
            .flat_map(|text| pairs_of_words(&text))
            .collect()
    };
    let english = pairs(Language::English);
    for &language in Language::ALL.iter().filter(|language| **language != Language::English) {
        let both: Vec<String> = pairs(language).intersection(&english).cloned().collect();
        assert!(both.is_empty(), "{language:?}: {both:?}");
    }
}

fn pairs_of_words(text: &str) -> Vec<String> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphabetic() && c != '-').filter(|word| word.len() > 1).collect();
    words.windows(2).map(|pair| pair.join(" ").to_lowercase()).collect()
}
