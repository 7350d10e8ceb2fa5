use super::*;

fn dates(country: &str, year: i32) -> Vec<String> {
    let days = holidays(country, year..=year).unwrap();
    days.iter().map(|day| day.date.format("%m-%d").to_string()).collect()
}

#[test]
fn every_rule_of_every_country_gives_a_date() {
    for country in COUNTRIES {
        for rule in country.rules.split_whitespace() {
            let rule = rule.split('@').next().unwrap().trim_end_matches('~');
            assert!(date_of(rule, 2026).is_some(), "{} {rule}", country.code);
        }
    }
}

#[test]
fn codes_are_ascending_and_unique() {
    assert!(COUNTRIES.windows(2).all(|pair| pair[0].code < pair[1].code));
}

#[test]
fn easter_is_where_the_churches_have_it() {
    let western =
        [(2000, "2000-04-23"), (2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05")];
    for (year, date) in western {
        assert_eq!(easter(year).unwrap().to_string(), date);
    }
    let eastern = [(2024, "2024-05-05"), (2025, "2025-04-20"), (2026, "2026-04-12")];
    for (year, date) in eastern {
        assert_eq!(orthodox_easter(year).unwrap().to_string(), date);
    }
}

#[test]
fn american_holidays_are_observed_on_the_nearest_working_day() {
    let expected = [
        "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11",
        "11-26", "12-25",
    ];
    assert_eq!(dates("US", 2026), expected);
    assert!(dates("us", 2021).contains(&"12-31".to_owned()), "new year of 2022 was a Saturday");
    assert!(!dates("US", 2020).contains(&"06-19".to_owned()));
}

#[test]
fn british_substitutes_are_the_next_working_days() {
    let expected =
        ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-26", "12-28"];
    assert_eq!(dates("GB", 2026), expected);
    let both = dates("GB", 2021);
    assert!(both.ends_with(&["12-25", "12-26", "12-27", "12-28"].map(str::to_owned)));
}

#[test]
fn german_french_and_greek_holidays_move_with_easter() {
    let german = ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"];
    assert_eq!(dates("DE", 2026), german);
    assert_eq!(dates("FR", 2025).len(), 11);
    assert!(dates("GR", 2026).contains(&"04-13".to_owned()));
}

#[test]
fn japanese_equinoxes_and_golden_week() {
    let days = dates("JP", 2026);
    for day in ["03-20", "05-03", "05-04", "05-05", "05-06", "09-23"] {
        assert!(days.contains(&day.to_owned()), "{day}");
    }
}

#[test]
fn special_rules_of_single_countries() {
    assert!(dates("NL", 2025).contains(&"04-26".to_owned()));
    assert!(dates("IE", 2026).contains(&"02-02".to_owned()));
    assert!(dates("SE", 2026).contains(&"06-20".to_owned()));
    assert!(dates("ZA", 2026).contains(&"08-10".to_owned()));
}

#[test]
fn several_years_are_given_in_order() {
    let days = holidays("CH", 2024..=2026).unwrap();
    assert_eq!(days.len(), 12);
    assert!(days.windows(2).all(|pair| pair[0].date < pair[1].date));
}

#[test]
fn an_unknown_country_is_named_with_what_is_known() {
    let error = holidays("UK", 2026..=2026).unwrap_err().to_string();
    assert!(error.starts_with("a country should be one of AR, AT"), "{error}");
    assert!(error.ends_with("but is \"UK\"; did you mean GB?"), "{error}");
    assert!(
        holidays("germany", 2026..=2026).unwrap_err().to_string().ends_with("did you mean DE?")
    );
}
