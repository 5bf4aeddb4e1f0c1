//! What a command is called in EC2.

/// EC2's name for what was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `create`.
    CreateKeyPair,
    /// `delete`.
    DeleteKeyPair,
    /// `describe`.
    DescribeKeyPairs,
    /// `fetch`, after the pair was found.
    GetParameter,
    /// `import`.
    ImportKeyPair,
}

impl Operation {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateKeyPair => "CreateKeyPair",
            Self::DeleteKeyPair => "DeleteKeyPair",
            Self::DescribeKeyPairs => "DescribeKeyPairs",
            Self::GetParameter => "GetParameter",
            Self::ImportKeyPair => "ImportKeyPair",
        }
    }
}
