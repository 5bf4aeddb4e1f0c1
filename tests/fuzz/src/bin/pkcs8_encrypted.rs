#![no_main]

keypair_fuzz::target!("pkcs8_encrypted");
