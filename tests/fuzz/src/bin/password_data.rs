#![no_main]

keypair_fuzz::target!("password_data");
