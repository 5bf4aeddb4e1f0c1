//! What a command is called in EC2.

use crate::registry::KeyUser;

/// EC2's name for what was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `create`.
    CreateKeyPair,
    /// `delete`.
    DeleteKeyPair,
    /// `prune --unused`.
    DescribeInstances,
    /// `describe`.
    DescribeKeyPairs,
    /// `prune --unused`.
    DescribeLaunchTemplateVersions,
    /// `fetch`, after the pair was found.
    GetParameter,
    /// `import`.
    ImportKeyPair,
}

impl Operation {
    /// Returns what asks for those who use pairs.
    pub fn of_user(user: KeyUser) -> Self {
        match user {
            KeyUser::Instances => Self::DescribeInstances,
            KeyUser::LaunchTemplates => Self::DescribeLaunchTemplateVersions,
        }
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateKeyPair => "CreateKeyPair",
            Self::DeleteKeyPair => "DeleteKeyPair",
            Self::DescribeInstances => "DescribeInstances",
            Self::DescribeKeyPairs => "DescribeKeyPairs",
            Self::DescribeLaunchTemplateVersions => "DescribeLaunchTemplateVersions",
            Self::GetParameter => "GetParameter",
            Self::ImportKeyPair => "ImportKeyPair",
        }
    }
}
