use super::PAGE;
use crate::local::LocalRegistry;
use crate::local::tests::{Home, name, registration};
use crate::registry::{Filter, KeyName, Reference, Registry, RegistryError, Selection};

const COUNT: usize = PAGE * 5 / 2;

fn number(number: usize) -> String {
    format!("pair-{number:05}")
}

/// Registers numbered pairs, each with a tag `even` or `odd`.
fn filled() -> Home {
    let home = Home::new();
    let all: Vec<_> = (0..COUNT)
        .map(|count| {
            let parity = if count % 2 == 0 { "even" } else { "odd" };
            registration(&number(count), &[("z", "last"), ("a", parity)])
        })
        .collect();
    assert!(home.registry().register_all(&all).failure.is_none());
    home
}

/// Reads a selection and calls `then` after each page.
fn read(
    registry: &mut LocalRegistry,
    selection: &Selection,
    mut then: impl FnMut(usize),
) -> Vec<String> {
    let (mut names, mut pages) = (Vec::new(), 0);
    let mut deliver = |pairs: Vec<crate::registry::KeyPair>| {
        assert!(pairs.len() <= PAGE);
        names.extend(pairs.iter().map(|pair| pair.name.to_string()));
        then(pages);
        pages += 1;
        Ok(())
    };
    registry.describe_pages(selection, &mut deliver).unwrap();
    names
}

fn filtered(filters: &[(&str, &[&str])]) -> Selection {
    let filter =
        |(name, values): &(&str, &[&str])| Filter::new(name, values.iter().copied()).unwrap();
    Selection { filters: filters.iter().map(filter).collect(), ..Selection::default() }
}

fn named(names: impl Iterator<Item = usize>) -> Selection {
    Selection { names: names.map(|count| name(&number(count))).collect(), ..Selection::default() }
}

#[test]
fn every_pair_is_returned_once_in_order() {
    let home = filled();
    let all: Vec<_> = (0..COUNT).map(number).collect();
    assert_eq!(read(&mut home.registry(), &Selection::default(), |_| ()), all);
    for selection in [
        filtered(&[("key-name", &["pair-*", "*"])]),
        filtered(&[("tag:z", &["last"])]),
        filtered(&[("tag-key", &["?"]), ("key-pair-id", &["key-*"])]),
        filtered(&[("tag:a", &["even", "o*"])]),
        named((0..COUNT).rev()),
    ] {
        assert_eq!(read(&mut home.registry(), &selection, |_| ()), all, "{:?}", selection.filters);
    }
    let tags = home.registry().describe(&Selection::default()).unwrap();
    assert!(tags.iter().all(|pair| pair.tags.as_slice()[0].key() == "z"));
}

#[test]
fn names_and_filters_are_combined_with_and() {
    let home = filled();
    let odd: Vec<_> = (0..COUNT).filter(|count| count % 2 == 1).map(number).collect();
    let mut names = named(0..COUNT);
    names.filters = filtered(&[("tag:a", &["o?d"])]).filters;
    assert_eq!(read(&mut home.registry(), &names, |_| ()), odd);
    let mut names = named([7, 8].into_iter());
    names.filters = filtered(&[("tag-key", &["*"]), ("tag:a", &["odd"])]).filters;
    assert_eq!(read(&mut home.registry(), &names, |_| ()), ["pair-00007"]);
    let both = filtered(&[("tag:a", &["even"]), ("key-name", &["pair-00007", "pair-00008"])]);
    assert_eq!(read(&mut home.registry(), &both, |_| ()), ["pair-00008"]);
    let none = filtered(&[("tag:a", &["even"]), ("key-name", &["pair-00007"])]);
    assert_eq!(read(&mut home.registry(), &none, |_| ()), [""; 0]);
}

#[test]
fn deletions_between_pages_are_skipped() {
    let home = filled();
    let writer = |page: usize| {
        if page == 0 {
            let gone = [number(0), number(PAGE + 1), number(COUNT - 1)];
            let gone = gone.map(|gone| Reference::Name(name(&gone)));
            home.registry().delete_all(&gone).unwrap();
            // One new pair takes the row of the last one, and another one its name.
            home.register("new", &[("a", "even")]);
            home.register(&number(COUNT - 1), &[("a", "even")]);
        }
    };
    let seen = read(&mut home.registry(), &filtered(&[("key-name", &["pair-*"])]), writer);
    let expected = |count: &usize| ![PAGE + 1, COUNT - 1].contains(count);
    assert_eq!(seen, (0..COUNT).filter(expected).map(number).collect::<Vec<_>>());
}

#[test]
fn registrations_between_pages_are_not_included() {
    let home = filled();
    let seen = read(&mut home.registry(), &Selection::default(), |page| {
        home.register(&format!("new-{page}"), &[]);
    });
    assert_eq!(seen.len(), COUNT);
}

#[test]
fn missing_name_fails_before_first_page() {
    let home = filled();
    let mut selection = named(0..COUNT);
    selection.names.push(KeyName::new("x").unwrap());
    let mut deliver = |_| panic!("delivered");
    let missing = home.registry().describe_pages(&selection, &mut deliver);
    assert!(matches!(missing, Err(RegistryError::NamesNotFound { names }) if names == [name("x")]));
}

#[test]
fn failing_callback_stops_after_first_page() {
    let home = filled();
    let mut pages = 0;
    let left = home.registry().describe_pages(&Selection::default(), &mut |_| {
        pages += 1;
        Err(std::io::ErrorKind::BrokenPipe.into())
    });
    assert!(matches!(left, Err(RegistryError::CallbackFailed(_))));
    assert_eq!(pages, 1);
}
