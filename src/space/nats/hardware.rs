//! HELP's latencies of the topology space (Lee et al., NeurIPS 2021): one file per device, a list in the benchmark's order that
//! `torch.save` wrote.

use crate::Result;
use crate::space::import::{Published, Sheet};
use crate::space::{Enumerable, NatsTss, SearchSpace};

/// Fills the columns `index` and `FILE_latency_ms`, where `FILE` is the file's name without its extension.
pub(super) fn read(published: &Published<'_>, space: &dyn SearchSpace, sheet: &mut Sheet) -> Result<bool> {
    let Some(numbers) = &published.numbers else { return Ok(false) };
    if numbers.len() as u128 != NatsTss::default().size() {
        return Ok(false);
    }
    let device = published.path.file_stem().unwrap_or_default().to_string_lossy();
    for (index, number) in numbers.iter().enumerate() {
        let row = sheet.row(space, &index.to_string())?;
        sheet.put(row, "index", index as f64);
        sheet.put(row, &format!("{device}_latency_ms"), *number);
    }
    Ok(true)
}
