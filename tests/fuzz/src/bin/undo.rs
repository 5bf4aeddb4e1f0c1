#![no_main]

keypair_fuzz::target!("undo");
