//! The user names of common images.

use super::password::USER_NAME;
use super::{InstanceCall, OperationError};
use crate::registry::{Image, Instance, InstanceRegistry, OsUser};

/// The user to log in as.
#[derive(Debug)]
pub struct LoginUser {
    pub name: OsUser,
    /// Neither the caller nor the image names a user.
    pub is_guess: bool,
}

impl LoginUser {
    /// Returns the user of the caller, else the best one of the image, else the commonest.
    pub(super) fn new(given: Option<&OsUser>, of_image: &[&str]) -> Self {
        let named = of_image.first().and_then(|name| OsUser::new(name).ok());
        match given.cloned().or(named) {
            Some(name) => Self { name, is_guess: false },
            None => Self { name: OsUser::ec2_user(), is_guess: true },
        }
    }
}

/// Looks up the image of an instance. Returns its user names as [`user_names`].
pub(super) fn user_names_of(
    instance: &Instance,
    registry: &mut dyn InstanceRegistry,
) -> Result<Vec<&'static str>, OperationError> {
    let image = match (instance.is_windows, &instance.image_id) {
        (false, Some(id)) => registry.image(id).map_err(InstanceCall::DescribeImages.failed())?,
        (true, _) | (false, None) => None,
    };
    Ok(user_names(instance.is_windows, image.as_ref()))
}

/// Returns the user names to try, best first. Returns none for an unknown image.
fn user_names(is_windows: bool, image: Option<&Image>) -> Vec<&'static str> {
    if is_windows {
        return vec![USER_NAME];
    }
    let Some(Image { name, description, platform }) = image else { return Vec::new() };
    // The name is the most specific text, the platform the least: `Linux/UNIX` fits most images.
    let known = [name, description, platform].into_iter().find_map(|text| {
        let text = text.to_lowercase();
        let is_in = |part: &&str| text.contains(*part);
        SYSTEMS.iter().find(|(parts, _)| parts.iter().any(is_in))
    });
    known.map(|(_, users)| users.to_vec()).unwrap_or_default()
}

/// Parts of the names of images, and their users
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/managing-users.html>). Bitnami builds on
/// other systems, so it comes first.
const SYSTEMS: [(&[&str], &[&str]); 7] = [
    (&["bitnami"], &["bitnami"]),
    (&["ubuntu"], &["ubuntu"]),
    (&["debian"], &["admin"]),
    (&["centos"], &["centos", "ec2-user"]),
    (&["fedora"], &["fedora", "ec2-user"]),
    (
        &["amazon linux", "amzn", "al2023", "amazon-linux", "amazon-eks", "amazon-ecs"],
        &["ec2-user"],
    ),
    (&["rhel", "red hat", "suse", "oracle linux", "oraclelinux"], &["ec2-user"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_follow_from_the_image() {
        for (name, description, platform, users) in [
            ("al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64", "", "Linux/UNIX", &["ec2-user"][..]),
            (
                "amzn2-ami-kernel-5.10-hvm-2.0.20241001.0-x86_64-gp2",
                "",
                "Linux/UNIX",
                &["ec2-user"],
            ),
            (
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240927",
                "",
                "",
                &["ubuntu"],
            ),
            ("debian-12-amd64-20241004-1890", "", "Linux/UNIX", &["admin"]),
            ("CentOS Stream 9 x86_64 20241014", "", "Linux/UNIX", &["centos", "ec2-user"]),
            ("Fedora-Cloud-Base-40-1.14.x86_64", "", "", &["fedora", "ec2-user"]),
            ("RHEL-9.4.0_HVM-20240605-x86_64", "", "Red Hat Enterprise Linux", &["ec2-user"]),
            ("suse-sles-15-sp6-v20240808-hvm-ssd-x86_64", "", "SUSE Linux", &["ec2-user"]),
            ("bitnami-wordpress-6.6.2-on-debian-12", "", "Linux/UNIX", &["bitnami"]),
            ("web-2024", "Built on Ubuntu 24.04", "Linux/UNIX", &["ubuntu"]),
            ("web-2024", "", "Red Hat Enterprise Linux", &["ec2-user"]),
            ("web-2024", "", "Linux/UNIX", &[]),
        ] {
            let text = str::to_owned;
            let (name, description) = (text(name), text(description));
            let image = Image { name, description, platform: text(platform) };
            assert_eq!(user_names(false, Some(&image)), users, "{image:?}");
        }
        assert_eq!(user_names(true, None), ["Administrator"]);
        assert!(user_names(false, None).is_empty());
    }
}
