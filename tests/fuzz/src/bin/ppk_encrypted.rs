#![no_main]

keypair_fuzz::target!("ppk_encrypted");
