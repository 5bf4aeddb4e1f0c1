//! The settings of version 2 of the AWS CLI, from `configprovider.py`, `session.py` and
//! `clidriver.py` in its source.

use Kind::{AnyCase, Boolean, Choice, Number, Text};

/// The values that a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` in any case; every other value counts as `false`.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, in any case.
    AnyCase(&'static [&'static str]),
    /// A whole number within these bounds.
    Number(i64, i64),
    Text,
}

/// The use of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Used, or without effect on the requests of this program. The description says which.
    Known,
    /// An invalid value is refused. Another value has no effect on the requests of this program.
    Checked,
    /// Not supported: warned of, if it is set.
    Warned,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Variables, in the order of their precedence. The first one that is set wins over the key.
    pub variables: &'static [&'static str],
    /// Keys of a profile.
    pub keys: &'static [&'static str],
    pub kind: Kind,
    pub effect: Effect,
    /// Description for the documentation.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the documentation"))]
    pub does: &'static str,
}

impl Known {
    /// Returns whether the values are secret. The sources of credentials read them.
    pub fn is_secret(&self) -> bool {
        let secret = ["AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "HTTP_PROXY"];
        self.variables.iter().any(|name| secret.contains(name))
    }
}

const fn known(
    variables: &'static [&'static str],
    keys: &'static [&'static str],
    kind: Kind,
    does: &'static str,
) -> Known {
    Known { variables, keys, kind, effect: Effect::Known, does }
}

const fn checked(
    variables: &'static [&'static str],
    keys: &'static [&'static str],
    kind: Kind,
    does: &'static str,
) -> Known {
    Known { variables, keys, kind, effect: Effect::Checked, does }
}

const fn warned(
    variables: &'static [&'static str],
    keys: &'static [&'static str],
    does: &'static str,
) -> Known {
    Known { variables, keys, kind: Text, effect: Effect::Warned, does }
}

const CHECKSUMS: Kind = AnyCase(&["when_supported", "when_required"]);

/// All settings, in the order of the documentation.
pub const TABLE: &[Known] = &[
    // Files and profiles.
    known(&["AWS_CONFIG_FILE"], &[], Text, "used; a missing or unreadable file is warned of"),
    known(&["AWS_SHARED_CREDENTIALS_FILE"], &[], Text, "used, as AWS_CONFIG_FILE"),
    known(
        &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
        &[],
        Text,
        "used; a missing profile is refused; `--profile` wins",
    ),
    // Region and endpoints.
    known(
        &["AWS_REGION", "AWS_DEFAULT_REGION"],
        &["region"],
        Text,
        "used; `--region` wins; without any, the instance metadata service is asked",
    ),
    known(
        &["AWS_ENDPOINT_URL"],
        &["endpoint_url"],
        Text,
        "used for all services; `--endpoint-url` wins for EC2, EC2 Instance Connect and Systems \
         Manager",
    ),
    known(
        &[
            "AWS_ENDPOINT_URL_EC2",
            "AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT",
            "AWS_ENDPOINT_URL_SSM",
            "AWS_ENDPOINT_URL_STS",
            "AWS_ENDPOINT_URL_SSO",
            "AWS_ENDPOINT_URL_SSO_OIDC",
            "AWS_ENDPOINT_URL_SIGNIN",
        ],
        &["services"],
        Text,
        "used for their service; the key names a section `[services NAME]`",
    ),
    known(
        &["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"],
        &["ignore_configured_endpoint_urls"],
        Boolean,
        "used; only `--endpoint-url` counts then",
    ),
    known(&["AWS_USE_FIPS_ENDPOINT"], &["use_fips_endpoint"], Boolean, "used"),
    known(&["AWS_USE_DUALSTACK_ENDPOINT"], &["use_dualstack_endpoint"], Boolean, "used"),
    checked(
        &["AWS_ACCOUNT_ID_ENDPOINT_MODE"],
        &["account_id_endpoint_mode"],
        AnyCase(&["preferred", "disabled", "required"]),
        "no effect: these services have no such endpoints",
    ),
    known(
        &["AWS_STS_REGIONAL_ENDPOINTS"],
        &["sts_regional_endpoints"],
        Text,
        "no effect: always regional, as in the AWS CLI",
    ),
    known(
        &["AWS_ENDPOINT_DISCOVERY_ENABLED"],
        &["endpoint_discovery_enabled"],
        Text,
        "no effect: these services have no endpoint discovery",
    ),
    known(
        &["AWS_DISABLE_HOST_PREFIX_INJECTION"],
        &["disable_host_prefix_injection"],
        Boolean,
        "no effect: these requests have no host prefix",
    ),
    // The connection.
    known(
        &["AWS_CA_BUNDLE"],
        &["ca_bundle"],
        Text,
        "used; an empty one is refused; `--ca-bundle` wins",
    ),
    known(
        &["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"],
        &[],
        Text,
        "used in this order if no bundle is set; the AWS CLI reads only the first one",
    ),
    known(&["CURL_CA_BUNDLE"], &[], Text, "no effect, as in the AWS CLI"),
    known(
        &["HTTP_PROXY", "HTTPS_PROXY"],
        &[],
        Text,
        "used, except for credential endpoints of this machine; the lower-case variables win",
    ),
    known(
        &["NO_PROXY"],
        &[],
        Text,
        "used: `*`, or names, domains, `HOST:PORT`, and, unlike in the AWS CLI, networks",
    ),
    known(&["ALL_PROXY"], &[], Text, "no effect, as in the AWS CLI"),
    warned(
        &[],
        &["proxy_ca_bundle", "proxy_client_cert", "proxy_use_forwarding_for_https"],
        "not supported; warned of",
    ),
    known(&[], &["tcp_keepalive"], Boolean, "no effect on short connections"),
    known(&[], &["verify_ssl"], Text, "no effect, as in the AWS CLI"),
    known(
        &["AWS_RETRY_MODE"],
        &["retry_mode"],
        Choice(&["standard", "adaptive"]),
        "used; the default is `standard`",
    ),
    known(&["AWS_MAX_ATTEMPTS"], &["max_attempts"], Number(1, i64::MAX), "used; the default is 3"),
    known(&["AWS_NEW_RETRIES_2026"], &[], Text, "no effect: it only changes pauses"),
    known(&["AWS_DEFAULTS_MODE"], &["defaults_mode"], Text, "no effect, as in the AWS CLI"),
    // Requests.
    known(
        &["AWS_SDK_UA_APP_ID"],
        &["sdk_ua_app_id"],
        Text,
        "used in the user agent; an invalid name is warned of",
    ),
    known(
        &["AWS_EXECUTION_ENV"],
        &[],
        Text,
        "used in the user agent; a control character is warned of",
    ),
    checked(
        &["AWS_REQUEST_CHECKSUM_CALCULATION"],
        &["request_checksum_calculation"],
        CHECKSUMS,
        "no effect: these requests have no checksums",
    ),
    checked(
        &["AWS_RESPONSE_CHECKSUM_VALIDATION"],
        &["response_checksum_validation"],
        CHECKSUMS,
        "no effect: these responses have no checksums",
    ),
    checked(
        &["AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"],
        &["request_min_compression_size_bytes"],
        Number(0, 1 << 20),
        "no effect: these requests are never compressed",
    ),
    known(
        &["AWS_DISABLE_REQUEST_COMPRESSION"],
        &["disable_request_compression"],
        Boolean,
        "no effect: these requests are never compressed",
    ),
    known(
        &["AWS_AUTH_SCHEME_PREFERENCE", "AWS_SIGV4A_SIGNING_REGION_SET"],
        &["auth_scheme_preference", "sigv4a_signing_region_set", "signature_version"],
        Text,
        "no effect: these services have one scheme, Signature Version 4",
    ),
    known(&[], &["parameter_validation"], Boolean, "no effect: always on"),
    warned(&["AWS_DATA_PATH"], &["data_path", "api_versions"], "not supported; warned of"),
    warned(&["AWS_CSM_ENABLED"], &["csm_enabled"], "not supported; warned of"),
    known(
        &["AWS_CSM_HOST", "AWS_CSM_PORT", "AWS_CSM_CLIENT_ID"],
        &["csm_host", "csm_port", "csm_client_id"],
        Text,
        "no effect without AWS_CSM_ENABLED",
    ),
    known(
        &[
            "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH",
            "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
            "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
            "AWS_S3_USE_ARN_REGION",
        ],
        &["s3", "s3_disable_express_session_auth", "s3_use_arn_region", "s3api"],
        Text,
        "no effect: for S3 only",
    ),
    // Output.
    known(&["AWS_DEFAULT_OUTPUT"], &["output"], Text, "used with both registries; `--output` wins"),
    known(
        &[],
        &["cli_timestamp_format"],
        Text,
        "used with both registries; the default is `iso8601`",
    ),
    known(
        &["AWS_CLI_ERROR_FORMAT"],
        &["cli_error_format"],
        Text,
        "used; an unknown one is warned of; `--cli-error-format` wins",
    ),
    checked(
        &[],
        &["cli_binary_format"],
        Choice(&["base64", "raw-in-base64-out"]),
        "no effect: the format of a public key is detected",
    ),
    known(&["AWS_PAGER", "PAGER"], &["cli_pager"], Text, "no effect: this program starts no pager"),
    warned(
        &["AWS_CLI_AUTO_PROMPT"],
        &["cli_auto_prompt"],
        "not supported; warned of, except `off`",
    ),
    known(&[], &["cli_history"], Text, "no effect: this program keeps no history"),
    known(&[], &["cli_help_output", "cli_follow_urlparam"], Text, "no effect"),
    warned(
        &["AWS_CLI_FILE_ENCODING", "AWS_CLI_OUTPUT_ENCODING"],
        &[],
        "not supported; warned of, except UTF-8",
    ),
    known(&["SSLKEYLOGFILE"], &[], Text, "no effect: session keys are never written"),
    // Credentials.
    known(
        &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
        &["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"],
        Text,
        "used; half a key is refused; `--profile` wins over the variables",
    ),
    known(&["AWS_CREDENTIAL_EXPIRATION"], &[], Text, "used; expired keys are refused"),
    known(
        &["AWS_CREDENTIAL_FILE", "BOTO_CONFIG"],
        &[],
        Text,
        "used; the files of older tools with keys",
    ),
    known(&[], &["aws_account_id"], Text, "no effect: see account_id_endpoint_mode"),
    known(
        &["AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"],
        &["role_arn", "role_session_name", "web_identity_token_file"],
        Text,
        "used",
    ),
    known(
        &[],
        &["source_profile", "credential_source", "external_id", "duration_seconds"],
        Text,
        "used for a role; a duration that is not a number counts as unset, and is warned of",
    ),
    known(
        &[],
        &["mfa_serial"],
        Text,
        "used: asks for the code on a terminal, and is refused without one",
    ),
    known(&[], &["credential_process"], Text, "used"),
    known(
        &[],
        &["sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"],
        Text,
        "used with the token of `aws sso login`",
    ),
    known(&[], &["sso_registration_scopes"], Text, "no effect: only `aws sso login` needs it"),
    known(
        &["AWS_LOGIN_CACHE_DIRECTORY"],
        &["login_session"],
        Text,
        "used until the session expires: only `aws login` renews it",
    ),
    known(
        &[
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        ],
        &[],
        Text,
        "used",
    ),
    known(&["AWS_EC2_METADATA_DISABLED"], &[], Boolean, "used"),
    known(&["AWS_EC2_METADATA_SERVICE_ENDPOINT"], &["ec2_metadata_service_endpoint"], Text, "used"),
    checked(
        &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"],
        &["ec2_metadata_service_endpoint_mode"],
        AnyCase(&["ipv4", "ipv6"]),
        "used",
    ),
    known(&["AWS_IMDS_USE_IPV6"], &["imds_use_ipv6"], Boolean, "used"),
    known(
        &["AWS_EC2_METADATA_V1_DISABLED"],
        &["ec2_metadata_v1_disabled"],
        Boolean,
        "used; refuses requests without a token",
    ),
    checked(
        &["AWS_METADATA_SERVICE_TIMEOUT"],
        &["metadata_service_timeout"],
        Number(i64::MIN, i64::MAX),
        "used; in seconds, the default is 1",
    ),
    checked(
        &["AWS_METADATA_SERVICE_NUM_ATTEMPTS"],
        &["metadata_service_num_attempts"],
        Number(i64::MIN, i64::MAX),
        "used; the default is 1",
    ),
];
