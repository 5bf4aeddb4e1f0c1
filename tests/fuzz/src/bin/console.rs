#![no_main]

keypair_fuzz::target!("console");
