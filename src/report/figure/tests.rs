use super::paint::{plain, power_of_ten, shortened};

#[test]
fn axes_write_numbers_short() {
    let cases = [
        (0.1 + 0.2, "0.3"),
        (94.37, "94.37"),
        (1e-17, "0"),
        (1234.5, "1234"),
        (2.5e7, "2.5e7"),
        (3e7, "3e7"),
        (-0.05, "-0.05"),
    ];
    for (number, text) in cases {
        assert_eq!(plain(&number), text);
    }
    assert_eq!([0.0, 2.0, 0.5, 47.0, -5.0].map(|exponent| power_of_ten(&exponent)), ["1", "100", "", "1e47", "1e-5"]);
}

#[test]
fn long_names_are_cut() {
    assert_eq!((shortened("naswot", 6).as_str(), shortened("naswot2", 6).as_str()), ("naswot", "naswo…"));
}
