//! The reader of networks in JSON on damaged and absurd ones: it refuses with a reason or yields a network, and never panics.
//!
//! `NETWORKS=1000000 cargo test --release -p zeronas-proxies --test damaged_networks` reads more of them; `fuzz/` looks deeper.

use serde_json::Value;
use zeronas_proxies::network::Form;
use zeronas_random::Stream;

/// Damaged texts that are read.
const TEXTS: u64 = 20_000;

struct Dice {
    stream: Stream,
    drawn: u64,
}

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.drawn += 1;
        (self.stream.bits(self.drawn) >> 20) as usize % n.max(1)
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// The networks of the small golden cases.
fn texts() -> Vec<String> {
    let cases = include_str!("../../tests/golden/networks.jsonl").lines();
    let networks = cases.filter(|line| line.contains(r#""name":"op_"#)).map(|line| {
        let case: Value = serde_json::from_str(line).unwrap();
        case["network"].to_string()
    });
    networks.collect()
}

/// Numbers and words that settings may hold instead of what they should.
const ABSURD: [&str; 22] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "63",
    "1024",
    "1025",
    "65536",
    "65537",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1.5",
    "1e308",
    "-0.0",
    "null",
    "true",
    "\"relu\"",
    "[]",
    "[3,0]",
];

/// Some number in the text becomes another, some word another word of it, or some bytes go, come or change.
fn damage(text: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0..=2 => {
                let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|i| at + i) else { continue };
                let len = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                bytes.splice(start..start + len, dice.of(&ABSURD).bytes());
            }
            3 => {
                let words: Vec<&str> = text.split('"').collect();
                let (from, to) = (*dice.of(&words), *dice.of(&words));
                let whole = String::from_utf8_lossy(&bytes).into_owned();
                bytes = whole.replacen(&format!("\"{from}\""), &format!("\"{to}\""), 1).into_bytes();
            }
            4 => {
                let end = (at + 1 + dice.below(12)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => bytes[at] = dice.below(256) as u8,
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn whatever_is_read_is_refused_with_a_reason_or_is_a_network() {
    let count = std::env::var("NETWORKS").map_or(TEXTS, |count| count.parse().unwrap());
    let texts = texts();
    let mut dice = Dice { stream: Stream::new("damaged networks", 0), drawn: 0 };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..count {
        let bytes = damage(dice.of(&texts).clone().as_str(), &mut dice);
        let Ok(form) = serde_json::from_slice::<Form>(&bytes) else { continue };
        match form.network() {
            Ok(net) => {
                read += 1;
                let again = Form::of(&net, form.name.as_deref()).unwrap().network().unwrap();
                assert!(again == net, "{}", String::from_utf8_lossy(&bytes));
                net.live_part().unwrap();
            }
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                assert!(text.contains('`') || text.starts_with("network: "), "{text}");
            }
        }
    }
    println!("{count} texts: {read} networks, {refused} refused");
    assert!(read > count / 20 && refused > count / 20, "{read} networks, {refused} refused of {count}");
}
