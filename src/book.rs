//! The book's examples in Rust, which are compiled and run with those of the documentation.

macro_rules! pages {
    ($($page:ident: $path:literal),+ $(,)?) => { $(#[doc = include_str!($path)] pub struct $page;)+ };
}

pages! {
    AddingAProxy: "../docs/adding-a-proxy.md",
    RandomNumbers: "../docs/random.md",
}
