//! The bytes are a network in JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zeronas_proxies::network::Form;

fuzz_target!(|bytes: &[u8]| {
    let Ok(form) = serde_json::from_slice::<Form>(bytes) else { return };
    let Ok(net) = form.network() else { return };
    let again = Form::of(&net, form.name.as_deref()).and_then(|form| form.network());
    assert!(again.expect("the form of a network is one") == net);
    net.live_part().expect("part of a network is one");
});
