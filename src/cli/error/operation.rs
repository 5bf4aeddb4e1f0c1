//! Names of EC2's operations.

use crate::operations::InstanceCall;
use crate::registry::KeyUser;

/// An operation of EC2 or SSM, for error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `create`.
    CreateKeyPair,
    /// `tag`.
    CreateTags,
    /// `delete`.
    DeleteKeyPair,
    /// `delete --stored`, after the pair was deleted.
    DeleteParameter,
    /// `untag`.
    DeleteTags,
    /// `prune --unused`.
    DescribeInstances,
    /// `describe`.
    DescribeKeyPairs,
    /// `prune --unused`.
    DescribeLaunchTemplateVersions,
    /// `prune --unused`, for templates that the other list omits.
    DescribeLaunchTemplates,
    /// `--all-regions`.
    DescribeRegions,
    /// The account of a profile.
    GetCallerIdentity,
    /// `which`.
    DescribeImages,
    /// `known-hosts`, after the instance was found.
    GetConsoleOutput,
    /// `password`, after the instance was found.
    GetPasswordData,
    /// `fetch`, after the pair was found.
    GetParameter,
    /// `get-parameters`.
    GetParameters,
    /// `import`.
    ImportKeyPair,
    /// `create --store` and `store`.
    PutParameter,
    /// `push` and `connect`.
    SendSshPublicKey,
}

impl Operation {
    pub fn of_call(call: InstanceCall) -> Self {
        match call {
            InstanceCall::DescribeImages => Self::DescribeImages,
            InstanceCall::DescribeInstances => Self::DescribeInstances,
            InstanceCall::DescribeKeyPairs => Self::DescribeKeyPairs,
            InstanceCall::GetConsoleOutput => Self::GetConsoleOutput,
            InstanceCall::GetPasswordData => Self::GetPasswordData,
            InstanceCall::SendSshPublicKey => Self::SendSshPublicKey,
        }
    }

    pub fn of_user(user: KeyUser) -> Self {
        match user {
            KeyUser::Instances => Self::DescribeInstances,
            KeyUser::LaunchTemplates => Self::DescribeLaunchTemplateVersions,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::CreateKeyPair => "CreateKeyPair",
            Self::CreateTags => "CreateTags",
            Self::DeleteKeyPair => "DeleteKeyPair",
            Self::DeleteParameter => "DeleteParameter",
            Self::DeleteTags => "DeleteTags",
            Self::DescribeInstances => "DescribeInstances",
            Self::DescribeKeyPairs => "DescribeKeyPairs",
            Self::DescribeLaunchTemplateVersions => "DescribeLaunchTemplateVersions",
            Self::DescribeLaunchTemplates => "DescribeLaunchTemplates",
            Self::DescribeRegions => "DescribeRegions",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::DescribeImages => "DescribeImages",
            Self::GetConsoleOutput => "GetConsoleOutput",
            Self::GetPasswordData => "GetPasswordData",
            Self::GetParameter => "GetParameter",
            Self::GetParameters => "GetParameters",
            Self::ImportKeyPair => "ImportKeyPair",
            Self::PutParameter => "PutParameter",
            Self::SendSshPublicKey => "SendSSHPublicKey",
        }
    }
}
