//! Suggestions for misspelt names.

/// Returns the name in `known` that is most similar to `asked`, or `None` if none is similar enough. Case, spaces and punctuation
/// are ignored.
pub fn nearest(asked: &str, known: &[impl AsRef<str>]) -> Option<String> {
    let wanted = plain(asked);
    if wanted.is_empty() {
        return None;
    }
    let likeness = |name: &str| match plain(name) {
        name if name == wanted => 1.0,
        name => strsim::jaro_winkler(&name, &wanted),
    };
    let best = known.iter().map(|name| (likeness(name.as_ref()), name.as_ref())).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.85).map(|(_, name)| name.to_owned())
}

/// Reduces a name to its lower-case letters and its digits.
fn plain(name: &str) -> String {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_near_is_found_and_a_far_one_is_not() {
        let known = ["naswot", "synflow", "grad_norm", "nats-tss"];
        for (asked, meant) in [
            ("NASWOT", Some("naswot")),
            ("grad-norm", Some("grad_norm")),
            ("synfow", Some("synflow")),
            ("zen", None),
            ("", None),
        ] {
            assert_eq!(nearest(asked, &known).as_deref(), meant, "{asked}");
        }
    }
}
