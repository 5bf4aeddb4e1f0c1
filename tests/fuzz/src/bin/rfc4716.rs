#![no_main]

keypair_fuzz::target!("rfc4716");
