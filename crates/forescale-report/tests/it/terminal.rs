use chrono::TimeDelta;
use forescale_report::chart::{TerminalStyle, terminal};
use forescale_report::{HistoryPoint, ReportData};
use proptest::prelude::*;

use crate::sample::report;

fn small(unicode: bool) -> TerminalStyle {
    TerminalStyle { width: 72, height: 18, color: false, unicode }
}

#[test]
fn a_chart_in_braille() {
    insta::assert_snapshot!(terminal(&report(), &small(true)), @r#"
        ⠤⠤ requests/s   ⠤⠤ forecast median   ░░ 95 %   ▒▒ 80 %
    750┤  ⡀⣠⣤⣤⣤⣀⡀                      ┊░▒⣀⣀⣀⣀⣀⡀▒▒░                  ░░
       │⡶⠞⠉⠁  ⠉⠉⠛⠻⣦⡀                  ⢀⣤⠖⠋⠁▒▒▒▒⠉⠓⠦⣀▒░               ▒▒⣀
       │          ⠈⠻⢦⡀              ⢀⡴⠟░        ░▒⠈⠳⣄▒░           ░▒⣠⠞⠁
    500┤             ⠻⣄            ⣠⠞  ┊           ▒⠈⢣⡀▒         ▒⢀⡴⠃▒░
       │              ⠉⢧⡀        ⢀⡴⠃   ┊            ░▒⠳⣄▒░     ░▒⢠⠞▒▒
    250┤                ⠳⣄      ⣰⠏⠁    ┊              ▒⠈⢧⡀▒░░░▒⢀⡴⠋▒░
       │                 ⠈⠷⣦⣤⣤⣴⠾⠁      ┊               ░▒⠙⠦⣄⣀⣠⠴⠋▒▒
      0┤                    ⠉⠁         ┊                 ░▒▒▒▒▒▒
        instances                                times in Europe/Berlin
     10┤                                ┌─────────┐                  ┌─
       │                               ─┘         └───┐            ┌─┘
       │                                              └┐         ┌─┘
       │                                               └┐        │
       │                                                └───┐┌───┘
      3┤                                                    └┘
          12:00           00:00           12:00          00:00
          Tue 24 Mar      Wed 25 Mar                     Thu 26 Mar
    "#);
}

#[test]
fn a_chart_in_ascii() {
    let chart = terminal(&report(), &small(false));
    assert!(chart.is_ascii());
    insta::assert_snapshot!(chart, @r#"
        ** requests/s   ++ forecast median   .. 95 %   :: 80 %
    750+  *******                      |.:++++++::.                  ..
       |****  ******                  *++++::::++++:.               ::+
       |          ****              ***.        .:+++:.           .:+++
    500+             **            **  |           :+++:         :+++:.
       |              ***        ***   |            .:++:.     .:++::
    250+                **      ***    |              :+++:...:+++:.
       |                 ********      |               .:+++++++::
      0+                    **         |                 .::::::
        instances                                times in Europe/Berlin
     10+                                +_________+                  +_
       |                               _+         +___+            +_+
       |                                              ++         +_+
       |                                               ++        |
       |                                                +___++___+
      3+                                                    ++
          12:00           00:00           12:00          00:00
          Tue 24 Mar      Wed 25 Mar                     Thu 26 Mar
    "#);
}

/// A load of 10, 20, 10 and a gap, one each hour, of which the last three are shown: small enough to check by eye.
#[test]
fn a_history_alone_has_no_fleet_below() {
    let now = report().now;
    let mut data = ReportData::new("t", now, chrono_tz::UTC);
    let at = |hour: i64| (now - TimeDelta::hours(4 - hour)).timestamp_millis();
    data.history = [Some(10.0), Some(20.0), Some(10.0), None]
        .into_iter()
        .zip(0..)
        .map(|(load, hour)| HistoryPoint { time_ms: at(hour), load })
        .collect();
    let style = TerminalStyle { width: 50, height: 12, color: false, unicode: false };
    insta::assert_snapshot!(terminal(&data, &style), @r#"
       ** load                      times in UTC
    20+**************
      |             *
    15+             *
      |             *
    10+             ***************
      |
     5+
      |
     0+
       06:00        07:00         08:00
       Wed 25 Mar
    "#);
}

#[test]
fn colour_only_adds_escapes() {
    let plain = terminal(&report(), &small(true));
    let coloured = terminal(&report(), &TerminalStyle { color: true, ..small(true) });
    assert!(
        coloured.contains("\x1b[94m")
            && coloured.lines().all(|l| !l.contains('\x1b') || l.ends_with("\x1b[0m"))
    );
    let mut stripped = String::new();
    for (i, part) in coloured.split("\x1b[").enumerate() {
        stripped.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn nothing_to_draw_is_said() {
    let data = ReportData::new("t", report().now, chrono_tz::UTC);
    assert_eq!(terminal(&data, &TerminalStyle::default()), "no load to draw\n");
}

proptest! {
    /// Whatever the load and the size, the chart fits its frame.
    #[test]
    fn the_chart_fits_its_frame(
        loads in prop::collection::vec(prop::option::of(0.0..1e12_f64), 1..50),
        scale in 1e-6..1e6_f64,
        (width, height) in (0_usize..200, 0_usize..60),
        unicode: bool,
    ) {
        let mut data = report();
        let start = data.now - TimeDelta::minutes(5 * loads.len() as i64);
        let at = |i: usize| (start + TimeDelta::minutes(5 * i as i64)).timestamp_millis();
        let scaled = loads.iter().map(|load| load.map(|load| load * scale));
        data.history = scaled.enumerate().map(|(i, load)| HistoryPoint { time_ms: at(i), load }).collect();
        let chart = terminal(&data, &TerminalStyle { width, height, color: false, unicode });
        prop_assert!(chart.lines().count() <= height.max(12));
        prop_assert!(chart.lines().all(|line| line.chars().count() <= width.max(40)));
    }
}
