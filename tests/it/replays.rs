//! `replay`, `advise`, `identify`, `train-policy` and `scenario` end to end, through the built command.

use std::path::Path;

use serde_json::Value;

use crate::command::{Ran, forescale, on_threads};
use crate::histories::waves;
use crate::workspace::root;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a test");
    std::fs::write(folder.path().join("load.csv"), waves(3, 200.0, 150.0, 20.0))
        .expect("the folder is writable");
    folder
}

const REPLAY: &[&str] = &["replay", "load.csv", "--capacity", "20", "--step", "5m"];

fn replayed(folder: &Path, more: &[&str]) -> Ran {
    forescale(folder, &[REPLAY, more].concat())
}

fn policies(ran: &Ran) -> Vec<Value> {
    ran.json()["policies"].as_array().expect("a list of policies").clone()
}

#[test]
fn every_number_of_a_replay_and_what_repeats_it_are_in_its_json() {
    let folder = folder();
    let named =
        ["--policy", "forescale:budget=2%", "--policy", "hpa", "--policy", "hpa:target=0.4"];
    let ran = replayed(folder.path(), &[&named, &["-o", "json"][..]].concat());
    let policies = policies(&ran);
    assert_eq!(policies.len(), 3);
    assert_eq!(policies[0]["settings"]["budget"], "0.02");
    assert_eq!(policies[2]["settings"]["target"], "0.4");
    for policy in &policies {
        for number in [
            "instance_hours",
            "cost",
            "cost_over_clairvoyant",
            "under_provisioned_time",
            "unserved_share",
            "theta_u",
            "theta_o",
            "tau_u",
            "tau_o",
            "instability",
            "actions_per_day",
            "flaps",
        ] {
            assert!(policy[number].is_number(), "{number} of {policy}");
        }
        for model in ["utilization", "waiting", "backlog"] {
            assert!(policy["slo_violation_share"][model].is_number(), "{model}");
        }
        assert!(policy["incidents"].is_array() && policy["strategy"].is_string());
        let share = policy["under_provisioned_time"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&share));
    }
    // More room costs more and misses less.
    let number = |at: usize, name: &str| policies[at][name].as_f64().unwrap();
    assert!(number(2, "cost") > number(1, "cost"));
    assert!(number(2, "under_provisioned_time") <= number(1, "under_provisioned_time"));
    assert!(number(0, "cost") < number(2, "cost"), "the forecast saves something");
}

#[test]
fn threads_do_not_change_a_replay() {
    let folder = folder();
    let arguments = [REPLAY, &["--policy", "hpa", "--policy", "forescale", "-o", "json"]].concat();
    let one = on_threads(folder.path(), 1, &arguments);
    let two = on_threads(folder.path(), 2, &arguments);
    let without = |ran: &Ran| {
        let mut object = ran.json();
        object["settings"]["threads"] = Value::Null;
        object
    };
    assert_eq!(without(&one), without(&two));
}

#[test]
fn a_plan_that_was_written_replays_to_the_same_numbers() {
    let folder = folder();
    let ran =
        replayed(folder.path(), &["--policy", "hpa", "--plan-out", "hpa=hpa.csv", "-o", "json"]);
    let own = &policies(&ran)[0];
    let again = replayed(folder.path(), &["--plan", "hpa.csv", "-o", "json"]);
    let planned = &policies(&again)[0];
    for number in ["cost", "under_provisioned_time", "tau_o", "actions_per_day"] {
        assert_eq!(planned[number], own[number], "{number}");
    }
}

#[test]
fn the_page_of_a_replay_loads_nothing_and_names_every_policy() {
    let folder = folder();
    let named = ["--policy", "hpa", "--policy", "keda", "--report", "replay.html"];
    let ran = replayed(folder.path(), &named);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("of optimum"), "{}", ran.stdout);
    let page = std::fs::read_to_string(folder.path().join("replay.html")).unwrap();
    assert!(page.contains("\"name\":\"hpa\"") && page.contains("\"name\":\"keda\""));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
}

#[test]
fn what_is_wrong_with_a_replay_is_said() {
    let folder = folder();
    let cases: [(&[&str], &str); 9] = [
        (&["--policy", "hpb"], "hpb"),
        (&["--policy", "hpa:goal=1"], "goal"),
        (&["--policy", "hpa:target=2"], "target of hpa"),
        (&["--score-from", "2030-01-01T00:00:00Z"], "2030-01-01T00:00:00Z"),
        (&["--score-from", "2020-01-01T00:00:00Z"], "2020-01-01T00:00:00Z"),
        (&["--price", "1e308"], "1e308"),
        (&["--warm-pool-billed", "101%"], "100%"),
        (&["--plan-out", "keda=x.csv", "--policy", "hpa"], "keda"),
        (&["--metric", "heat=x", "--policy", "hpa"], "memory"),
    ];
    for (flags, word) in cases {
        let ran = replayed(folder.path(), flags);
        assert_eq!(ran.code, 2, "{flags:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{word:?} should be in {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    assert!(!folder.path().join("x.csv").exists());
}

#[test]
fn advice_has_a_verdict_its_evidence_and_what_applies_it() {
    let folder = folder();
    let fleet = ["advise", "load.csv", "--capacity", "20", "--step", "5m", "--budget", "2%"];
    let ran =
        forescale(folder.path(), &[&fleet[..], &["--today", "static:n=60", "-o", "json"]].concat());
    let object = ran.json();
    let advice = &object["advice"];
    assert_eq!(advice["verdict"], "use", "sixty instances are far too many: {advice}");
    let hours = |at: &Value| at["judged"]["instance_hours"].as_f64().unwrap();
    assert!(hours(&advice["chosen"]) < 0.7 * hours(&advice["today"]));
    assert!(object["apply"].as_array().is_some_and(|steps| !steps.is_empty()));

    let chosen = advice["chosen"]["policy"].as_str().unwrap();
    let stay = forescale(folder.path(), &[&fleet[..], &["--today", chosen]].concat());
    assert!(stay.stdout.contains(&format!("stay with {chosen}")), "{}", stay.stdout);
    let unknown = forescale(folder.path(), &[&fleet[..], &["--today", "magic"]].concat());
    assert!(unknown.code == 2 && unknown.stderr.contains("magic"), "{}", unknown.stderr);
}

/// Response times of an M/M/n queue by hand: instances of 40, 50 ms alone.
fn measured() -> String {
    let row = |k: u32| {
        let load = 100.0 + 80.0 * (f64::from(k) / 50.0).sin();
        let instances = 4 + k % 5;
        let busy = (load / (f64::from(instances) * 40.0)).min(0.95);
        let seconds = 0.05 * (1.0 + busy.powi(6) / (1.0 - busy));
        let time = format!("2026-01-{:02}T{:02}:{:02}:00Z", 5 + k / 288, k % 288 / 12, k % 12 * 5);
        format!("{time},{load:.3},{instances},{seconds:.5}\n")
    };
    format!("timestamp,load,instances,response_time\n{}", (0..576).map(row).collect::<String>())
}

#[test]
fn response_times_are_identified_and_planned_with() {
    let folder = folder();
    std::fs::write(folder.path().join("measured.csv"), measured()).unwrap();
    let arguments = ["identify", "measured.csv", "--load", "load", "--slo", "100ms", "-o", "json"];
    let object = forescale(folder.path(), &arguments).json();
    assert!(object["identified"]["r_squared"].as_f64().unwrap() > 0.8, "{object}");
    let policy = object["policy"].as_str().unwrap();
    let fleet = ["replay", "measured.csv", "--load", "load", "--capacity", "40", "--step", "5m"];
    let ran = forescale(folder.path(), &[&fleet[..], &["--policy", policy, "-o", "json"]].concat());
    let planned = &policies(&ran)[0];
    assert!(planned["settings"]["model"].as_str().is_some_and(|model| policy.contains(model)));
    assert!(planned["unserved_share"].as_f64().unwrap() < 0.01, "{planned}");

    let table = forescale(folder.path(), &arguments[..6]);
    let line = table.stdout.lines().find(|line| line.starts_with("use it")).expect("a command");
    let command: Vec<String> =
        line["use it".len()..].replace('\'', "").split_whitespace().map(str::to_owned).collect();
    let words: Vec<&str> = command.iter().skip(1).map(String::as_str).collect();
    let ran = forescale(folder.path(), &words);
    assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
    assert_eq!(table.stderr.matches("read measured.csv").count(), 1, "{}", table.stderr);

    let absent = forescale(folder.path(), &["identify", "load.csv"]);
    assert!(absent.code != 0 && absent.stderr.contains("instances"), "{}", absent.stderr);
}

#[test]
fn a_policy_that_is_trained_twice_is_the_same_and_a_broken_net_is_refused() {
    let folder = folder();
    let train = |out: &str| {
        let arguments = ["train-policy", "--episodes", "2", "--seed", "7", "--out", out];
        let ran = forescale(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::read(folder.path().join(out)).unwrap()
    };
    let net = train("a.json");
    assert_eq!(net, train("b.json"));
    let ran = replayed(folder.path(), &["--policy", "dqn:net=a.json", "-o", "json"]);
    assert_eq!(policies(&ran)[0]["policy"], "dqn");

    std::fs::write(folder.path().join("cut.json"), &net[..net.len() / 2]).unwrap();
    let ran = replayed(folder.path(), &["--policy", "dqn:net=cut.json"]);
    assert!(ran.code == 2 && ran.stderr.contains("cut.json"), "{}", ran.stderr);
    let ran = replayed(folder.path(), &["--policy", "dqn:net=none.json"]);
    assert!(ran.code == 3 && ran.stderr.contains("none.json"), "{}", ran.stderr);
}

#[test]
fn a_scenario_that_fails_says_so_and_ends_with_1() {
    let scenario = root().join("tests/scenarios/scale-up.toml");
    let ran = forescale(root(), &["scenario", scenario.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("passed"));

    let folder = folder();
    let text = std::fs::read_to_string(&scenario).unwrap();
    let harder = format!("{text}\n[[expect]]\ncost-over-clairvoyant = 0.1\n");
    std::fs::write(folder.path().join("hard.toml"), harder).unwrap();
    let ran = forescale(folder.path(), &["scenario", "hard.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("failed") && ran.stderr.contains("1 of 1"), "{}", ran.stderr);

    std::fs::write(folder.path().join("broken.toml"), "name = 3\n").unwrap();
    let ran = forescale(folder.path(), &["scenario", "broken.toml"]);
    assert!(ran.code == 2 && ran.stderr.contains("line 1"), "{}", ran.stderr);
}

/// A plan of the sample shop with more options, as JSON.
fn shop(more: &[&str]) -> Ran {
    let plan = ["plan", "data/web-shop.csv", "--capacity", "40", "-o", "json", "-q"];
    forescale(root(), &[&plan, more].concat())
}

/// Instances of every recommendation, and the figures of what was weighed.
fn weighed(ran: &Ran) -> (Vec<u64>, Value) {
    let json = ran.json();
    let rows = json["recommendations"].as_array().expect("a plan").clone();
    let counts = rows.iter().filter_map(|row| row["instances"].as_u64()).collect();
    (counts, json["weighed"].clone())
}

#[test]
fn a_plan_weighs_spot_prices_carbon_regions_and_paths() {
    let (plain, nothing) = weighed(&shop(&[]));
    assert!(nothing.is_null());
    let (_, spot) = weighed(&shop(&["--spot", "data/spot.csv", "--price", "0.1"]));
    assert_eq!(spot["objective"], "spot");
    let total = |of: &Value, name: &str| of["totals"][name].as_f64().expect("a figure");
    assert!(total(&spot, "cost") < 0.6 * total(&spot, "cost_on_demand"), "{}", spot["totals"]);
    let carbon = ["--carbon", "data/carbon.csv", "--flexible", "30%", "--deadline", "6h"];
    let (_, carbon) = weighed(&shop(&carbon));
    assert!(total(&carbon, "kg_co2") < total(&carbon, "kg_co2_unmoved"), "{}", carbon["totals"]);
    let (_, split) = weighed(&shop(&["--regions", "data/regions.csv", "--latency-limit", "60"]));
    let names: Vec<&str> = split["steps"][0]["parts"]
        .as_array()
        .expect("regions")
        .iter()
        .filter_map(|part| part["name"].as_str())
        .collect();
    assert!(
        names.len() > 1 && names.contains(&"us-east"),
        "each coast is near one of them: {names:?}"
    );
    let (counts, paths) = weighed(&shop(&["--scenarios", "200", "--budget", "1%"]));
    let avoidable = total(&paths, "short") - total(&paths, "unavoidable");
    assert!(avoidable <= 0.01 + 1e-6, "{}", paths["totals"]);
    let peaks = (plain.iter().max(), counts.iter().max());
    let (Some(plain), Some(peak)) = peaks else { panic!("{peaks:?}") };
    assert!(plain.abs_diff(*peak) <= plain / 5, "{plain} {peak}");
    // The same seed draws the same paths.
    assert_eq!(shop(&["--scenarios", "200"]).stdout, shop(&["--scenarios", "200"]).stdout);
}

#[test]
fn what_cannot_be_weighed_is_refused_with_a_way_out() {
    for (more, words) in [
        (&["--spot", "data/spot.csv"][..], "--price"),
        (&["--carbon", "data/carbon.csv"], "--flexible"),
        (&["--spot", "data/carbon.csv", "--price", "1"], "no column \"price\""),
        (&["--regions", "data/regions.csv", "--origins", "mars=1"], "mars"),
        (&["--regions", "data/regions.csv", "--origins", "europe=0.5"], "sum up to"),
        (&["--scenarios", "0"], "0 is not in 1..=100000"),
        (&["--scenarios", "9", "--violation-price", "3"], "cannot be used with"),
        (&["--carbon", "data/carbon.csv", "--flexible", "0.2", "--carbon-price", "1"], "--price"),
    ] {
        let ran = shop(more);
        assert!([1, 2].contains(&ran.code) && ran.stdout.is_empty(), "{more:?}: {}", ran.code);
        assert!(ran.stderr.contains(words), "{more:?}: {}", ran.stderr);
    }
}

#[test]
fn policies_with_files_say_what_they_reached_and_repeat_themselves() {
    let folder = folder();
    let spot = "time,price,interruption_rate\n2026-01-01,0.3,0.1\n";
    std::fs::write(folder.path().join("spot.csv"), spot).expect("the folder is writable");
    let named = ["--policy", "spot:prices=spot.csv", "--policy", "carbon", "--score-from", "1d"];
    let ran = replayed(folder.path(), &[&named[..], &["-o", "json"]].concat());
    let found = policies(&ran);
    let figure = |at: usize, name: &str| found[at]["objective"][name].as_f64().expect("a figure");
    assert!(figure(0, "mix_cost") < 0.5 * figure(0, "on_demand_cost"), "{}", found[0]["objective"]);
    assert!(figure(1, "kg_co2") < figure(1, "unmoved_kg_co2"), "{}", found[1]["objective"]);
    assert_eq!(found[0]["settings"]["prices"], "spot.csv");
    let ran = replayed(folder.path(), &["--policy", "spot:prices=none.csv"]);
    assert!(ran.code == 3 && ran.stderr.contains("none.csv"), "{} {}", ran.code, ran.stderr);
}

#[test]
fn what_happens_to_single_instances_changes_what_is_replayed() {
    let folder = folder();
    let score = |more: &[&str]| {
        let named = ["--policy", "hpa:target=0.75", "-o", "json", "-q"];
        let ran = replayed(folder.path(), &[&named[..], more].concat());
        let number = |name: &str| policies(&ran)[0][name].as_f64().expect("a number");
        (number("under_provisioned_time"), number("cost"))
    };
    let (usual, price) = score(&[]);
    assert!(score(&["--hook", "15m"]).0 > usual, "instances serve later");
    assert!(score(&["--failures-per-hour", "0.2", "--failure-found-after", "10m"]).0 > usual);
    let (warm, dear) =
        score(&["--warm-pool", "10", "--warm-pool-startup", "0s", "--warm-pool-billed", "100%"]);
    assert!(
        warm < usual && dear > price,
        "a pool that runs serves sooner and costs: {warm} {dear}"
    );
}

#[test]
fn a_plan_for_another_time_is_refused_or_said() {
    let folder = folder();
    let plan = |at: &str| {
        std::fs::write(folder.path().join("p.csv"), format!("timestamp,instances\n{at},9\n"))
    };
    plan("2026-01-07T06:00:00Z").unwrap();
    let late = replayed(folder.path(), &["--plan", "p.csv", "-o", "json"]);
    let warnings = late.json()["warnings"].to_string();
    assert!(
        warnings.contains("2026-01-07T06:00:00Z") && warnings.contains("2026-01-06T12:00:00Z"),
        "{warnings}"
    );
    plan("2026-03-01T00:00:00Z").unwrap();
    let over = replayed(folder.path(), &["--plan", "p.csv"]);
    assert!(over.code == 2 && over.stderr.contains("2026-03-01T00:00:00Z"), "{}", over.stderr);
    plan("2026-01-05T00:00:00Z").unwrap();
    assert!(
        replayed(folder.path(), &["--plan", "p.csv"])
            .stderr
            .lines()
            .all(|line| !line.contains("warning"))
    );
}

#[test]
fn the_frontier_and_what_a_plan_leaves_out_are_told() {
    let folder = folder();
    let ran = replayed(
        folder.path(),
        &["--policy", "carbon", "--policy", "hpa", "--plan-out", "carbon=c.csv", "-o", "json"],
    );
    let json = ran.json();
    let frontier = json["clairvoyant"]["frontier"].as_array().expect("points").clone();
    let share = |point: &Value, of: &str| point[of].as_f64().expect("a number");
    assert!(frontier.len() > 5);
    for pair in frontier.windows(2) {
        assert!(share(&pair[0], "violation_price") < share(&pair[1], "violation_price"));
        assert!(
            share(&pair[0], "under_provisioned_time") >= share(&pair[1], "under_provisioned_time")
        );
        assert!(
            share(&pair[0], "cost_over_clairvoyant")
                <= share(&pair[1], "cost_over_clairvoyant") + 1e-9
        );
    }
    assert!(json["warnings"].to_string().contains("carbon"), "{}", json["warnings"]);
}

#[test]
fn a_plan_stands_at_the_moments_of_its_history() {
    let folder = folder();
    let load = waves(3, 200.0, 150.0, 20.0).replace(":00Z", ":41Z");
    std::fs::write(folder.path().join("late.csv"), &load).unwrap();
    let fleet = ["--capacity", "20", "--step", "5m", "--policy", "hpa", "--plan-out", "hpa=p.csv"];
    let ran = forescale(folder.path(), &[&["replay", "late.csv", "-q"], &fleet[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plan = std::fs::read_to_string(folder.path().join("p.csv")).unwrap();
    let moments = |text: &str| -> Vec<String> {
        text.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.0.to_owned())).collect()
    };
    assert_eq!(moments(&plan), moments(&load));
}
