//! libFuzzer on one of the targets, the one that `FUZZ_TARGET` names; what it begins with is written to the folder `FUZZ_SEEDS`. `make fuzz`
//! runs them all.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

mod targets;

static TARGET: LazyLock<&targets::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = targets::TARGETS.iter().find(|target| target.name == name);
    let names = || targets::TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    target.unwrap_or_else(|| panic!("FUZZ_TARGET must be one of {}", names()))
});

fuzz_target!(
    init: {
        if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
            for (number, seed) in TARGET.seeds.iter().enumerate() {
                let path = std::path::Path::new(&folder).join(format!("seed-{number}"));
                std::fs::write(path, seed).expect("the folder of seeds is there");
            }
        }
    },
    |data: &[u8]| (TARGET.run)(data)
);
