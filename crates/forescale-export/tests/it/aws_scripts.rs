//! The scripts that replace the actions of an earlier export, run against a command that notes how it is called.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use forescale_export::{Document, Group, Mode, ScalableTarget, aws_group, aws_target};

use crate::{now, schedule};

/// A command in place of `aws`: it lists `listed`, and refuses what it puts if `refusing`.
fn run(files: &[Document], listed: &str, refusing: bool) -> (Output, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for file in files {
        std::fs::write(at(&file.name), &file.text).unwrap();
    }
    let refused = if refusing { "one was refused" } else { "" };
    let aws = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >>{0}/calls\ncase \"$2\" in describe-*) printf '{listed}\\n' ;; batch-put-*) printf '{refused}\\n' ;; esac\n",
        folder.path().display()
    );
    std::fs::write(at("aws"), aws).unwrap();
    std::fs::set_permissions(at("aws"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = files.iter().find(|file| file.name.ends_with(".sh")).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .arg(at(&script.name))
        .env("PATH", path)
        .current_dir(Path::new("/"))
        .output()
        .unwrap();
    let calls = std::fs::read_to_string(at("calls")).unwrap_or_default();
    (ran, calls.lines().map(str::to_owned).collect())
}

fn group(name: &str) -> Vec<Document> {
    let group = Group { name: name.into(), max: 20, other_actions: 0 };
    aws_group(&schedule(&[(0, 4), (60, 9)]), &group, Mode::Floor, now()).unwrap()
}

#[test]
fn what_an_earlier_plan_left_goes_before_the_new_one_comes() {
    let listed =
        "forescale-web-20260105T1001Z\tforescale-web-20260105T1400Z\tforescale-web-20260105T1100Z";
    let (ran, calls) = run(&group("web"), listed, false);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(
        calls[0]
            .starts_with("autoscaling describe-scheduled-actions --auto-scaling-group-name web")
    );
    assert_eq!(
        calls[1],
        "autoscaling delete-scheduled-action --auto-scaling-group-name web --scheduled-action-name forescale-web-20260105T1400Z"
    );
    assert!(calls[2].contains("file://web-scheduled-actions-1.json"), "{}", calls[2]);
}

#[test]
fn nothing_left_and_names_that_a_shell_would_read() {
    for listed in ["", "None"] {
        let (ran, calls) = run(&group("it's-$(id)*"), listed, false);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls[0].contains("--auto-scaling-group-name it's-$(id)* "), "{}", calls[0]);
    }
}

#[test]
fn an_action_that_is_refused_is_an_error() {
    // The call ends well and lists what was refused.
    let (ran, _) = run(&group("web"), "", true);
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("one was refused"));
}

#[test]
fn a_scalable_target_has_a_call_for_each_action() {
    let target = ScalableTarget {
        service_namespace: "ecs".into(),
        resource_id: "service/shop/web".into(),
        dimension: "ecs:service:DesiredCount".into(),
        max: 20,
        other_actions: 0,
    };
    let files = aws_target(&schedule(&[(0, 4), (60, 9)]), &target, now()).unwrap();
    let old = "forescale-service-shop-web-20260105T1400Z";
    let (ran, calls) = run(&files, old, false);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(
        calls[1].starts_with("application-autoscaling delete-scheduled-action")
            && calls[1].ends_with(old)
    );
    let puts = calls.iter().filter(|call| call.contains("put-scheduled-action")).count();
    assert_eq!((puts, calls.len()), (2, 4));
}
