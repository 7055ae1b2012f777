//! What is kept on disk and how: files that are either complete or absent, locks, journals of lines, manifests, score files and results
//! folders; and the queue from which workers take what is still to be done.

mod claim;
mod files;
mod fingerprint;
mod folder;
mod lines;
mod manifest;
mod places;
mod queue;
mod score_file;

pub use folder::Folder;
pub use manifest::{MANIFEST_KEY, check_manifest, manifest_at};

pub(crate) use claim::Claim;
pub(crate) use files::{beside, remove_leftover, replace, replace_after, replace_text};
pub(crate) use fingerprint::{fingerprint, fingerprints, table_fingerprints};
pub(crate) use folder::written;
pub(crate) use lines::{Lines, Place};
pub(crate) use manifest::{differing, manifest_in, manifest_of};
pub(crate) use places::places_of;
pub(crate) use queue::{Queue, on_workers};
pub(crate) use score_file::{Entry, ScoreRows, check_out, write as write_score_file};
