//! Division of work into pieces that several threads of the current rayon pool share.
//!
//! Which thread takes which piece is left to chance: pieces write to separate places, and sums over them are computed afterwards
//! in order, so results are the same for any number of threads.

use std::sync::Mutex;

/// Does `work` on all pieces with as many threads as there are states (at least one), each with its own state.
///
/// The result of a piece must not depend on what its state contained before.
pub(super) fn each<S: Send, P: Send>(
    states: &mut [S],
    pieces: impl Iterator<Item = P> + Send,
    work: impl Fn(&mut S, P) + Sync,
) {
    if let [state] = states {
        return pieces.for_each(|piece| work(state, piece));
    }
    let pieces = Mutex::new(pieces);
    // No piece is handed out once another has panicked; the scope propagates the panic.
    let next = || pieces.lock().ok()?.next();
    let (next, work) = (&next, &work);
    rayon::scope(|scope| {
        for state in states {
            scope.spawn(move |_| {
                while let Some(piece) = next() {
                    work(state, piece);
                }
            });
        }
    });
}
