//! How much memory the process uses.

/// Bytes in use now, and most at a time so far; `None` where the system does not say in the way of Linux.
pub(super) fn in_use() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let entry = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(1024 * kibibytes)
    };
    Some((entry("VmRSS")?, entry("VmHWM")?))
}

/// Bytes in words.
pub(super) fn text(bytes: u64) -> String {
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
    #[cfg(target_os = "linux")]
    fn a_process_is_told_what_it_takes() {
        let (now, most) = in_use().unwrap();
        assert!(now > 1 << 20 && most >= now, "{now} {most}");
    }
}
