//! Runs the programs in `examples`.

#[path = "../examples/observer.rs"]
mod observer;
#[path = "../examples/own_layer.rs"]
mod own_layer;
#[path = "../examples/own_proxy.rs"]
mod own_proxy;
#[path = "../examples/own_space.rs"]
mod own_space;
#[path = "../examples/score.rs"]
mod score;
#[path = "../examples/search.rs"]
mod search;

#[test]
fn every_example_runs() {
    observer::main().unwrap();
    own_layer::main().unwrap();
    own_proxy::main().unwrap();
    own_space::main().unwrap();
    score::main().unwrap();
    search::main().unwrap();
}
