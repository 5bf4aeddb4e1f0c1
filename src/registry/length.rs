//! The AWS CLI's check of the length of a parameter.

/// Returns the message for a parameter that is too short.
pub fn too_short(name: &str, length: usize, minimum: usize) -> Option<String> {
    (length < minimum)
        .then(|| format!("{TOO_SHORT}{name}, value: {length}, valid min length: {minimum}"))
}

/// The start of the message.
pub const TOO_SHORT: &str = "Invalid length for parameter ";
