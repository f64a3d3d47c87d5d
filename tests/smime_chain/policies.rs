//! Certificate policies by the inputs that an operator chooses (RFC 5280 §6.1.1 (c) to (g)).

use super::*;

const ANY: &str = "2.5.29.32.0";
const GOLD: &str = "1.3.6.1.4.1.99999.1";
const SILVER: &str = "1.3.6.1.4.1.99999.2";

fn policies(oids: &[&str]) -> (&'static str, bool, Vec<u8>) {
    let policies: Vec<u8> = oids.iter().flat_map(|oid| der::sequence(&[&der::oid(oid)])).collect();
    ("2.5.29.32", false, der::tlv(0x30, &policies))
}

/// policyMappings: the issuer's policy is the subject's.
fn mapping(issuer: &str, subject: &str) -> (&'static str, bool, Vec<u8>) {
    ("2.5.29.33", true, der::sequence(&[&der::sequence(&[&der::oid(issuer), &der::oid(subject)])]))
}

type Extensions = Vec<(&'static str, bool, Vec<u8>)>;

/// Whether the chain is good where the authority and the leaf have these extensions.
fn is_good(authority: Extensions, leaf: Extensions, policy: Policy) -> bool {
    let mut world = World::with_authority(|spec| spec.extensions = authority);
    world.policy = policy;
    let words = world.words(&world.anna(|spec| spec.extensions = leaf));
    assert!(words.is_empty() || words == ["policies"], "{words:?}");
    words.is_empty()
}

fn wanting(policies: &[&str]) -> Policy {
    Policy {
        policies: policies.iter().map(|&oid| oid.to_owned()).collect(),
        explicit_policy: true,
        ..Policy::default()
    }
}

#[test]
fn a_wanted_policy_must_hold_along_the_whole_chain() {
    for (authority, leaf, wanted, expected) in [
        (vec![GOLD], vec![GOLD], vec![], true),
        (vec![GOLD], vec![GOLD], vec![GOLD], true),
        (vec![GOLD, SILVER], vec![SILVER], vec![GOLD, SILVER], true),
        (vec![GOLD, SILVER], vec![SILVER], vec![GOLD], false),
        (vec![GOLD], vec![SILVER], vec![], false),
        (vec![GOLD], vec![], vec![], false),
        (vec![], vec![GOLD], vec![], false),
        (vec![ANY], vec![GOLD], vec![GOLD], true),
        (vec![GOLD], vec![ANY], vec![GOLD], true),
        (vec![GOLD], vec![ANY], vec![SILVER], false),
        (vec![ANY], vec![ANY], vec![SILVER], true),
    ] {
        let extensions = |oids: &[&str]| if oids.is_empty() { vec![] } else { vec![policies(oids)] };
        let good = is_good(extensions(&authority), extensions(&leaf), wanting(&wanted));
        assert_eq!(good, expected, "{authority:?} {leaf:?} {wanted:?}");
    }
}

#[test]
fn without_an_explicit_policy_none_need_hold() {
    assert!(is_good(vec![], vec![], Policy::default()));
    assert!(is_good(vec![policies(&[GOLD])], vec![policies(&[SILVER])], Policy::default()));
}

#[test]
fn any_policy_may_be_inhibited_by_the_operator_and_by_an_authority() {
    let inhibiting = Policy { inhibit_any_policy: true, ..wanting(&[]) };
    let (any, gold) = (vec![policies(&[ANY])], vec![policies(&[GOLD])]);
    assert!(is_good(any.clone(), gold.clone(), wanting(&[])));
    assert!(!is_good(any.clone(), gold.clone(), inhibiting.clone()));
    assert!(is_good(gold.clone(), gold.clone(), inhibiting));

    // inhibitAnyPolicy with skipCerts 0 (RFC 5280 §4.2.1.14)
    let inhibited = vec![policies(&[GOLD]), ("2.5.29.54", true, der::integer(0))];
    assert!(is_good(inhibited.clone(), gold, wanting(&[])));
    assert!(!is_good(inhibited, any, wanting(&[])));
}

#[test]
fn a_mapped_policy_counts_unless_mapping_is_inhibited() {
    let mapped = vec![policies(&[GOLD]), mapping(GOLD, SILVER)];
    let silver = vec![policies(&[SILVER])];
    assert!(is_good(mapped.clone(), silver.clone(), wanting(&[GOLD])));
    assert!(!is_good(mapped.clone(), silver.clone(), wanting(&[SILVER])));
    assert!(!is_good(mapped.clone(), vec![policies(&[GOLD])], wanting(&[GOLD])));
    let inhibiting = Policy { inhibit_policy_mapping: true, ..wanting(&[GOLD]) };
    assert!(!is_good(mapped.clone(), silver.clone(), inhibiting));

    // policyConstraints with inhibitPolicyMapping 0 in the certificate above (RFC 5280 §4.2.1.11)
    let root = pki::authority("Root").self_signed();
    let mut upper = pki::authority("Upper");
    let constraints = der::sequence(&[&der::tlv(0x81, &[0])]);
    upper.extensions = vec![policies(&[GOLD]), ("2.5.29.36", true, constraints)];
    let upper = upper.issued_by(&root);
    let mut authority = pki::authority("Authority");
    authority.extensions = mapped;
    let authority = authority.issued_by(&upper);
    let mut world = World::of(root, authority);
    world.material.intermediates.push(upper.certificate);
    world.policy = wanting(&[GOLD]);
    assert_eq!(world.words(&world.anna(|spec| spec.extensions = silver)), ["policies"]);
}

/// RFC 5280 §4.2.1.5.
#[test]
fn any_policy_is_mapped_neither_from_nor_to() {
    for wrong in [mapping(ANY, GOLD), mapping(GOLD, ANY)] {
        assert!(!is_good(vec![policies(&[GOLD]), wrong], vec![policies(&[GOLD])], Policy::default()));
    }
}

#[test]
fn policies_that_cannot_be_read_fail_where_they_matter() {
    let broken = ("2.5.29.32", false, vec![0x30, 0x05, 0x01]);
    let mut world = World::with_authority(|spec| spec.extensions.push(policies(&[GOLD])));
    world.policy = wanting(&[]);
    let words = world.words(&world.anna(|spec| spec.extensions.push(broken)));
    assert!(!words.is_empty());
}
