//! How much memory the process uses, and sizes in words.

use crate::number;

/// Bytes in use now, and most at a time so far; `None` where the system does not say in the way of Linux.
pub fn in_use() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let entry = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(1024 * kibibytes)
    };
    Some((entry("VmRSS")?, entry("VmHWM")?))
}

/// The bytes of a size such as `16GiB` or `800MB`.
///
/// # Errors
/// If it is no size, or less than one byte.
pub fn size(text: &str) -> Result<u64, String> {
    match number::read(text.trim()) {
        Ok(bytes) if bytes >= 1.0 && !text.trim_end().ends_with("ms") => Ok(bytes as u64),
        _ => Err(format!("`{text}` is not a memory size; write 16GiB or 800MB, for example")),
    }
}

/// Bytes in words.
pub fn text(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if mebibytes < 1024.0 { format!("{mebibytes:.0} MiB") } else { format!("{:.1} GiB", mebibytes / 1024.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_to_what_one_can_read() {
        assert_eq!([text(5 << 20), text(1536 << 20)], ["5 MiB", "1.5 GiB"]);
    }

    #[test]
    fn sizes_have_units() {
        let read = ["16GiB", "800 MB", "1.5gib", "4096"].map(|text| size(text).unwrap());
        assert_eq!(read, [16 << 30, 800_000_000, 3 << 29, 4096]);
        assert!(["", "lots", "-1GiB", "0", "0.2", "16ms"].iter().all(|text| size(text).is_err()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_is_told_what_it_takes() {
        let (now, most) = in_use().unwrap();
        assert!(now > 1 << 20 && most >= now, "{now} {most}");
    }
}
