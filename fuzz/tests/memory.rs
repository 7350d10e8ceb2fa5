//! What a model may cost whose lengths are lies.

use std::process::Command;

use forescale_fuzz::target;

/// The most memory that a model may take, beyond three times its bytes.
const MOST: usize = 64 << 20;

/// Set in the process that measures.
const ALONE: &str = "FORESCALE_MEASURES_ALONE";

/// Numbers as models hold them, each far larger than what follows.
const LIES: [&[u8]; 4] = [
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xff\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x01",
    b"\x80\x80\x40",
];

/// The test runs itself in a process of its own, whose peak of memory no other test raises.
#[test]
fn a_model_that_says_it_is_huge_costs_little() {
    if std::env::var_os(ALONE).is_some() {
        return lie();
    }
    let this = std::env::current_exe().unwrap();
    let name = "a_model_that_says_it_is_huge_costs_little";
    let ran = Command::new(this).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
    let ran = ran.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("1 passed"), "the name above is that of this test: {said}");
    print!("{}", said.lines().filter(|line| line.contains("lies")).collect::<String>());
}

fn lie() {
    let model = target("model").unwrap();
    let seeds = (model.seeds)();
    seeds.iter().for_each(|seed| (model.run)(seed));
    let (before, mut told) = (peak(), 0);
    for seed in &seeds {
        for at in 0..seed.len() {
            for lie in LIES {
                let bytes = [&seed[..at], lie, &seed[(at + 1)..]].concat();
                (model.run)(&bytes);
                told += 1;
            }
        }
    }
    let (cost, largest) = (peak() - before, seeds.iter().map(Vec::len).max().unwrap());
    println!("{told} lies cost {} KB, the largest model has {largest} bytes", cost >> 10);
    assert!(cost <= 3 * largest + MOST, "{cost} bytes");
}

/// The most memory this process had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
}
