//! Work cut into pieces that several threads of the current rayon pool share.
//!
//! Which thread takes which piece is left to chance: pieces write to places of their own, and sums over them are taken
//! afterwards in their order, so that results are the same for any number of threads.

use std::sync::Mutex;

/// Does `work` on all pieces, on as many threads as there are states (at least one), each with a state of its own.
///
/// What a piece comes to must not depend on what its state held before.
pub(super) fn each<S: Send, P: Send>(
    states: &mut [S],
    pieces: impl Iterator<Item = P> + Send,
    work: impl Fn(&mut S, P) + Sync,
) {
    if let [state] = states {
        return pieces.for_each(|piece| work(state, piece));
    }
    let pieces = Mutex::new(pieces);
    // No piece is handed out once another has panicked; the scope hands the panic on.
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
