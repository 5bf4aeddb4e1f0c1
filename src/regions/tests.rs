use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::*;
use crate::key::{KeySpecification, PrimeSearch, PrivateKey};
use crate::local::LocalRegistry;
use crate::registry::{CreateTime, Tag, Tags};

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "us-west-2"];

fn location(region: &str) -> Location {
    Location { region: region.to_owned(), profile: None, account: None }
}

fn registry(directory: &TempDir, region: &str) -> LocalRegistry {
    let now = CreateTime::from_milliseconds(1_653_688_276_007);
    let seed = region.bytes().map(u64::from).sum();
    let random = Box::new(StdRng::seed_from_u64(seed));
    LocalRegistry::new(&directory.path().join(region), now, random)
}

/// Returns files as the registries of regions.
fn regions(directory: &TempDir, policy: Policy) -> Regions {
    let member =
        |region: &str| -> Region { (location(region), Box::new(registry(directory, region))) };
    Regions::new(REGIONS.map(member).into(), policy)
}

fn registration(name: &str) -> Registration {
    let key = PrivateKey::generate(KeySpecification::Ed25519, PrimeSearch::default()).unwrap();
    Registration::created(KeyName::new(name).unwrap(), &key, Tags::default()).unwrap()
}

fn register(
    regions: &mut Regions,
    registration: &Registration,
) -> Result<Registered, RegistryError> {
    regions.register(registration, &mut |_| Ok(()))
}

/// Returns the regions of the pairs.
fn places(pairs: &[KeyPair]) -> Vec<&str> {
    pairs.iter().map(|pair| pair.location.as_ref().unwrap().region.as_str()).collect()
}

fn described(regions: &mut Regions) -> Vec<KeyPair> {
    regions.describe(&Selection::default()).unwrap()
}

#[test]
fn key_is_registered_in_all_regions() {
    let directory = TempDir::new().unwrap();
    let mut regions = regions(&directory, Policy::default());
    let registered = register(&mut regions, &registration("web")).unwrap();
    let all: Vec<_> = registered.all().map(|one| one.pair.clone()).collect();
    assert_eq!(places(&all), REGIONS);
    let found = described(&mut regions);
    assert_eq!(places(&found), REGIONS);
    assert!(found.iter().all(|pair| pair.fingerprint == all[0].fingerprint));
    let deleted = regions.delete_all(&[Reference::Name(KeyName::new("web").unwrap())]).unwrap();
    assert_eq!(places(&deleted), REGIONS);
    assert!(described(&mut regions).is_empty());
}

#[test]
fn taken_name_leaves_all_regions_unchanged() {
    let directory = TempDir::new().unwrap();
    let taken = registration("web");
    registry(&directory, REGIONS[1]).register(&taken, &mut |_| Ok(())).unwrap();
    let mut all = regions(&directory, Policy::default());
    for policy in [Policy::default(), Policy { accept_existing: true, ..Policy::default() }] {
        let mut regions = regions(&directory, policy);
        let error = register(&mut regions, &registration("web")).unwrap_err();
        assert!(error.is_duplicate() && !error.may_be_registered(), "{error}");
        assert!(error.to_string().starts_with("us-east-1: "), "{error}");
    }
    assert_eq!(places(&described(&mut all)), [REGIONS[1]]);
    // The same key is no conflict if it is accepted.
    let mut accepting = regions(&directory, Policy { accept_existing: true, ..Policy::default() });
    let registered = register(&mut accepting, &taken).unwrap();
    let new: Vec<_> = registered.all().map(|one| one.is_new).collect();
    assert_eq!(new, [true, false, true]);
}

#[test]
fn others_are_kept_if_one_fails() {
    let directory = TempDir::new().unwrap();
    registry(&directory, REGIONS[0]).register(&registration("web"), &mut |_| Ok(())).unwrap();
    let mut regions = regions(&directory, Policy { keep_going: true, ..Policy::default() });
    let registered = register(&mut regions, &registration("web")).unwrap();
    let kept: Vec<_> = registered.all().map(|one| one.pair.clone()).collect();
    assert_eq!(places(&kept), REGIONS[1..]);
    let failures = regions.take_failures();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].error.is_duplicate() && failures[0].location == location(REGIONS[0]));
    assert!(regions.take_failures().is_empty());
}

#[test]
fn failed_response_deletes_new_pairs_only() {
    let directory = TempDir::new().unwrap();
    let registration = registration("web");
    registry(&directory, REGIONS[2]).register(&registration, &mut |_| Ok(())).unwrap();
    let mut regions = regions(&directory, Policy { accept_existing: true, ..Policy::default() });
    let error = regions.register(&registration, &mut |_| Err(std::io::Error::other("closed")));
    assert!(matches!(error, Err(RegistryError::CallbackFailed(_))));
    assert_eq!(places(&described(&mut regions)), [REGIONS[2]]);
}

#[test]
fn unreadable_region_is_a_failure() {
    let directory = TempDir::new().unwrap();
    registry(&directory, REGIONS[0]).register(&registration("web"), &mut |_| Ok(())).unwrap();
    std::fs::create_dir(directory.path().join(REGIONS[2])).unwrap();
    let mut regions = regions(&directory, Policy::default());
    assert_eq!(places(&described(&mut regions)), [REGIONS[0]]);
    let failures = regions.take_failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].location, location(REGIONS[2]));
    // A region that cannot be read may have the pair.
    let names = vec![KeyName::new("other").unwrap()];
    let selection = Selection { names, ..Selection::default() };
    assert!(regions.describe(&selection).unwrap().is_empty());
    assert_eq!(regions.take_failures().len(), 1);
    let error = register(&mut regions, &registration("new")).unwrap_err();
    assert!(!error.may_be_registered() && !error.is_duplicate(), "{error}");
    let mut first = registry(&directory, REGIONS[0]);
    assert_eq!(first.describe(&Selection::default()).unwrap().len(), 1);
}

#[test]
fn name_is_missing_if_no_region_has_it() {
    let directory = TempDir::new().unwrap();
    registry(&directory, REGIONS[0]).register(&registration("a"), &mut |_| Ok(())).unwrap();
    registry(&directory, REGIONS[1]).register(&registration("b"), &mut |_| Ok(())).unwrap();
    let mut regions = regions(&directory, Policy::default());
    let mut describe = |names: &[&str]| {
        let names = names.iter().map(|&name| KeyName::new(name).unwrap()).collect();
        regions.describe(&Selection { names, ..Selection::default() })
    };
    assert_eq!(places(&describe(&["a"]).unwrap()), [REGIONS[0]]);
    assert_eq!(places(&describe(&["b", "a"]).unwrap()), [REGIONS[0], REGIONS[1]]);
    for names in [&["c"][..], &["a", "c"]] {
        assert!(describe(names).unwrap_err().is_not_found(), "{names:?}");
    }
}

#[test]
fn tags_change_in_each_region_of_the_ids() {
    let directory = TempDir::new().unwrap();
    let mut all = regions(&directory, Policy::default());
    register(&mut all, &registration("web")).unwrap();
    let ids: Vec<_> = described(&mut all).into_iter().map(|pair| pair.id).collect();
    let change = TagChange::Set(Tags::registered(vec![Tag::registered("team", "ops")]));
    // A new process has not listed the pairs.
    regions(&directory, Policy::default()).change_tags(&ids[..2], &change).unwrap();
    let tagged: Vec<_> =
        described(&mut all).iter().map(|pair| pair.tags.as_slice().len()).collect();
    assert_eq!(tagged, [1, 1, 0]);
}

#[test]
fn due_pairs_are_deleted_with_their_region() {
    let directory = TempDir::new().unwrap();
    let mut regions = regions(&directory, Policy::default());
    register(&mut regions, &registration("web")).unwrap();
    let ids: Vec<_> = described(&mut regions).into_iter().map(|pair| pair.id).collect();
    let is_due = |pair: &KeyPair| pair.location == Some(location(REGIONS[1]));
    let outcomes = regions.delete_if(&ids, &is_due).unwrap();
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [DeleteOutcome::Kept, DeleteOutcome::Deleted, DeleteOutcome::Kept]);
    assert_eq!(places(&described(&mut regions)), [REGIONS[0], REGIONS[2]]);
}
