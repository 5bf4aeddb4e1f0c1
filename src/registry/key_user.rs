//! What uses pairs.

/// What refers to pairs by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUser {
    /// Instances that are not terminated.
    Instances,
    /// Launch templates, in their newest and in their default version.
    LaunchTemplates,
}

impl KeyUser {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Instances, Self::LaunchTemplates];
}
