//! The members of requests, and errors in the words of the AWS CLI.

use serde_json::{Map, Value as Json};

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Blob,
    Flag,
    Structures(&'static [Member]),
    Text,
    Texts,
}

pub type Member = (&'static str, Shape);

/// Returns the members of a command's request in the order of EC2's documentation.
pub fn input_of(command: &str) -> &'static [Member] {
    match command {
        "create-key-pair" => &[
            ("KeyName", Shape::Text),
            ("KeyType", Shape::Text),
            ("TagSpecifications", Shape::Structures(TAG_SPECIFICATIONS.1)),
            ("KeyFormat", Shape::Text),
            ("DryRun", Shape::Flag),
        ],
        "create-tags" | "delete-tags" => &[
            ("DryRun", Shape::Flag),
            ("Resources", Shape::Texts),
            ("Tags", Shape::Structures(TAGS.1)),
        ],
        "delete-key-pair" => {
            &[("KeyName", Shape::Text), ("KeyPairId", Shape::Text), ("DryRun", Shape::Flag)]
        }
        "get-parameter" => &[("Name", Shape::Text), ("WithDecryption", Shape::Flag)],
        "get-parameters" => &[("Names", Shape::Texts), ("WithDecryption", Shape::Flag)],
        "get-password-data" => &[("InstanceId", Shape::Text), ("DryRun", Shape::Flag)],
        "import-key-pair" => &[
            ("TagSpecifications", Shape::Structures(TAG_SPECIFICATIONS.1)),
            ("DryRun", Shape::Flag),
            ("KeyName", Shape::Text),
            ("PublicKeyMaterial", Shape::Blob),
        ],
        "send-ssh-public-key" => &[
            ("InstanceId", Shape::Text),
            ("InstanceOSUser", Shape::Text),
            ("SSHPublicKey", Shape::Text),
            ("AvailabilityZone", Shape::Text),
        ],
        _ => &[
            ("KeyNames", Shape::Texts),
            ("KeyPairIds", Shape::Texts),
            ("IncludePublicKey", Shape::Flag),
            ("DryRun", Shape::Flag),
            ("Filters", Shape::Structures(FILTERS.1)),
        ],
    }
}

/// A list of structures: its name, and the members of each.
pub type Structures = (&'static str, &'static [Member]);

pub const FILTERS: Structures = ("Filters", &[("Name", Shape::Text), ("Values", Shape::Texts)]);
pub const TAGS: Structures = ("Tags", &[("Key", Shape::Text), ("Value", Shape::Text)]);
pub const TAG_SPECIFICATIONS: Structures =
    ("TagSpecifications", &[("ResourceType", Shape::Text), ("Tags", Shape::Structures(TAGS.1))]);

/// Makes a list of each member that shorthand gives a single value for.
pub fn complete(structure: &mut Json, members: &[Member]) {
    for (name, shape) in members {
        if let (Shape::Texts | Shape::Structures(_), Some(value)) =
            (shape, structure.get_mut(*name))
            && !value.is_array()
        {
            *value = vec![value.take()].into();
        }
    }
}

/// Checks the names and types of all members. Some required ones may be missing.
pub fn check<'a>(
    members: &Map<String, Json>,
    known: &[Member],
    missing: impl Iterator<Item = &'a str>,
) -> Result<(), String> {
    let missing = missing.map(|name| format!("Missing required parameter in input: \"{name}\""));
    let mut errors: Vec<_> = missing.collect();
    check_structure(members, known, "", &mut errors);
    result_of(&errors)
}

/// Checks the names and types of the members of structures.
pub fn check_list((name, members): Structures, list: &[Json]) -> Result<(), String> {
    let mut errors = Vec::new();
    check_structures(list, members, name, &mut errors);
    result_of(&errors)
}

fn result_of(errors: &[String]) -> Result<(), String> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(format!("Parameter validation failed: {}", errors.join("; ")))
}

fn check_structure(
    members: &Map<String, Json>,
    known: &[Member],
    path: &str,
    errors: &mut Vec<String>,
) {
    for name in members.keys().filter(|name| !known.iter().any(|(known, _)| known == name)) {
        let place = if path.is_empty() { "input" } else { path };
        let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let known = known.join(", ");
        errors.push(format!("Unknown parameter in {place}: \"{name}\", must be one of: {known}"));
    }
    for (name, shape) in known {
        if let Some(value) = members.get(*name) {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            check_value(value, *shape, &path, errors);
        }
    }
}

fn check_value(value: &Json, shape: Shape, path: &str, errors: &mut Vec<String>) {
    match (shape, value) {
        (Shape::Text | Shape::Blob, Json::String(_)) | (Shape::Flag, Json::Bool(_)) => {}
        (Shape::Texts, Json::Array(list)) => {
            for (index, value) in list.iter().enumerate() {
                check_value(value, Shape::Text, &format!("{path}[{index}]"), errors);
            }
        }
        (Shape::Structures(members), Json::Array(list)) => {
            check_structures(list, members, path, errors);
        }
        (Shape::Text, value) => errors.push(wrong_type(value, "<class 'str'>", path)),
        (Shape::Flag, value) => errors.push(wrong_type(value, "<class 'bool'>", path)),
        (Shape::Texts | Shape::Structures(_), value) => {
            errors.push(wrong_type(value, "<class 'list'>, <class 'tuple'>", path));
        }
        // A message must not repeat a key.
        (Shape::Blob, value) => errors.push(format!(
            "Invalid type for parameter {path}, type: {}, valid types: <class 'bytes'>, <class \
             'bytearray'>, file-like object",
            type_name(value)
        )),
    }
}

fn check_structures(list: &[Json], members: &[Member], path: &str, errors: &mut Vec<String>) {
    for (index, value) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match value {
            Json::Object(found) => check_structure(found, members, &path, errors),
            value => errors.push(wrong_type(value, "<class 'dict'>", &path)),
        }
    }
}

fn wrong_type(value: &Json, valid: &str, path: &str) -> String {
    let found = type_name(value);
    let text = match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::String(text) => text.clone(),
        value => value.to_string(),
    };
    let text: String = text.chars().take(MAX_CHARACTERS).collect();
    format!("Invalid type for parameter {path}, value: {text}, type: {found}, valid types: {valid}")
}

/// The longest part of a value in a message.
const MAX_CHARACTERS: usize = 80;

/// Returns the name that Python has for the type of a value.
pub fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "<class 'NoneType'>",
        Json::Bool(_) => "<class 'bool'>",
        Json::Number(number) if number.is_f64() && !number.is_i64() => "<class 'float'>",
        Json::Number(_) => "<class 'int'>",
        Json::String(_) => "<class 'str'>",
        Json::Array(_) => "<class 'list'>",
        Json::Object(_) => "<class 'dict'>",
    }
}
