//! Kills at many moments of a run.

use std::time::Duration;

/// Kills a program `kills` times, at moments all over its run. `run` starts it, kills it at a moment,
/// and returns whether it was still running. `whole` is the expected time of a run, which the load of
/// the machine changes.
#[track_caller]
pub(crate) fn kill_all_over(
    mut whole: Duration,
    kills: u32,
    mut run: impl FnMut(Duration) -> bool,
) {
    let mut killed = 0;
    for number in 0..kills * 10 {
        // Early and late moments in turn.
        let moment = whole * (number * 7 % kills) / kills;
        match run(moment) {
            true => killed += 1,
            false => whole = whole * 4 / 5,
        }
        if killed == kills {
            return;
        }
    }
    panic!("only {killed} of {kills} kills");
}
