//! What Slurm says to the tasks of a job array.

use zeronas::job::Shard;
use zeronas::{Error, Result};

const TASK: &str = "SLURM_ARRAY_TASK_ID";
const COUNT: &str = "SLURM_ARRAY_TASK_COUNT";
const MIN: &str = "SLURM_ARRAY_TASK_MIN";
const MAX: &str = "SLURM_ARRAY_TASK_MAX";
const STEP: &str = "SLURM_ARRAY_TASK_STEP";

/// The part of the whole that falls to this process as a task of a job array; `None` where it is none.
///
/// # Errors
/// Where the array's variables make no range of tasks.
pub fn shard() -> Result<Option<Shard>> {
    let found = shard_of(&|name| std::env::var(name).ok())?;
    if let Some(Shard { index, count }) = found {
        super::terminal::say(&format!("part {index}/{count}, by {TASK}; --shard 1/1 scores all"));
    }
    Ok(found)
}

/// The same by what `variable` says.
fn shard_of(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Shard>> {
    let Some(task) = variable(TASK) else { return Ok(None) };
    let refused = |reason: String| Error::setting("shard", format!("is not given, and {reason}"));
    let number =
        |name: &str, text: &str| text.parse::<usize>().map_err(|_| refused(format!("{name} is `{text}`, no number")));
    let or = |name: &str, default: usize| variable(name).map_or(Ok(default), |text| number(name, &text));
    let Some(count) = variable(COUNT) else {
        return Err(refused(format!("{TASK} is `{task}` without {COUNT}")));
    };
    let (task, count, first, step) = (number(TASK, &task)?, number(COUNT, &count)?, or(MIN, 1)?, or(STEP, 1)?);
    let last = or(MAX, first.saturating_add(step.saturating_mul(count.saturating_sub(1))))?;
    if count == 1 {
        return Err(refused(format!(
            "{TASK} is {task} in an array of one task, which may be one that is submitted again: --shard I/N says which part of how \
             many it is, --shard 1/1 that it is all"
        )));
    }
    if first > 1 {
        return Err(refused(format!(
            "the array's tasks are numbered from {first}, as if they were submitted again without those before: --shard I/N says which \
             part of how many this is"
        )));
    }
    if step > 0 && count > 0 && last.saturating_sub(first) / step + 1 != count {
        return Err(refused(format!(
            "the array's {count} tasks are not all from {first} to {last}, as if some were submitted again: --shard I/N says which \
             part of how many this is"
        )));
    }
    let index = match task.checked_sub(first) {
        Some(after) if step > 0 && after % step == 0 => after / step + 1,
        _ => 0,
    };
    if !(1..=count).contains(&index) {
        let reason = format!("{TASK} {task} is none of {count} tasks from {first} in steps of {step}");
        return Err(refused(reason));
    }
    Ok(Some(Shard { index, count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the values of [`TASK`], [`COUNT`], [`MIN`] and [`STEP`], empty for none.
    fn shard(values: [&str; 4]) -> Result<Option<Shard>> {
        let [task, count, first, step] = values;
        shard_up_to([task, count, first, step, ""])
    }

    /// The same with [`MAX`].
    fn shard_up_to(values: [&str; 5]) -> Result<Option<Shard>> {
        let all = [TASK, COUNT, MIN, STEP, MAX].into_iter().zip(values);
        let set: Vec<(&str, String)> = all.filter(|(_, value)| !value.is_empty()).map(|(n, v)| (n, v.into())).collect();
        shard_of(&|name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn tasks_are_numbered_from_the_first() {
        for (values, expected) in [
            (["", "", "", ""], None),
            (["", "4", "1", ""], None),
            (["1", "4", "1", "1"], Some((1, 4))),
            (["4", "4", "", ""], Some((4, 4))),
            (["0", "4", "0", "1"], Some((1, 4))),
            (["7", "4", "1", "2"], Some((4, 4))),
        ] {
            let found = shard(values).unwrap().map(|shard| (shard.index, shard.count));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    /// A task that is submitted again comes in an array of its own, which does not say of how many parts it is one.
    #[test]
    fn a_task_that_may_be_submitted_again_is_asked_which_part_it_is() {
        for (values, word) in [
            (["3", "1", "3", "1", "3"], "in an array of one task"),
            (["1", "1", "1", "1", "1"], "--shard 1/1"),
            (["3", "2", "3", "1", "4"], "the array's tasks are numbered from 3"),
            (["1", "2", "1", "1", "3"], "the array's 2 tasks are not all from 1 to 3"),
            (["1", "2", "1", "1", "3"], "--shard I/N"),
        ] {
            let error = shard_up_to(values).unwrap_err().to_string();
            assert!(error.starts_with("`shard=`: ") && error.contains(word), "{values:?}: {error}");
        }
        assert_eq!(shard_up_to(["3", "3", "1", "2", "5"]).unwrap(), Some(Shard { index: 2, count: 3 }));
    }

    #[test]
    fn nonsense_is_refused_by_the_variables_name() {
        for (values, word) in [
            (["x", "4", "1", ""], "SLURM_ARRAY_TASK_ID is `x`"),
            (["2", "", "1", ""], "without SLURM_ARRAY_TASK_COUNT"),
            (["2", "-4", "1", ""], "SLURM_ARRAY_TASK_COUNT is `-4`"),
            (["2", "4", "m", ""], "SLURM_ARRAY_TASK_MIN is `m`"),
            (["5", "4", "1", ""], "5 is none of 4 tasks from 1"),
            (["0", "4", "", ""], "0 is none of 4"),
            (["2", "4", "1", "2"], "in steps of 2"),
            (["2", "4", "1", "0"], "in steps of 0"),
            (["1", "0", "1", "1"], "of 0 tasks"),
        ] {
            let error = shard(values).unwrap_err().to_string();
            assert!(error.starts_with("`shard=`: ") && error.contains(word), "{values:?}: {error}");
        }
    }
}
