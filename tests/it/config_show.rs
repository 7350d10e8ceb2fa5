//! Where settings come from, as the built command says.

use std::path::Path;
use std::process::Command;

use crate::command::binary;

/// What `arguments` print in `folder`, for a user whose home is `home`.
fn printed(folder: &Path, home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder);
    command.env_remove("XDG_CONFIG_HOME").env("HOME", home).env("FORESCALE_SEED", "3");
    let ran = command.output().expect("the built command runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("standard output is UTF-8")
}

#[test]
fn a_value_is_that_of_the_environment_the_folder_the_user_or_the_default() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let user = home.path().join(".config/forescale/config.toml");
    std::fs::create_dir_all(user.parent().unwrap()).unwrap();
    std::fs::write(&user, "max = 9\nmin = 2\nseed = 5\n").unwrap();
    std::fs::write(folder.path().join(".forescale.toml"), "[plan]\nmax = 20\n").unwrap();
    let show = |more: &[&str]| {
        let words = [&["config", "show", "plan", "--origin", "-o", "csv"], more].concat();
        printed(folder.path(), home.path(), &words)
    };
    let text = show(&[]);
    let user = user.display();
    for row in [
        "seed,3,FORESCALE_SEED in the environment".to_owned(),
        "max,20,.forescale.toml [plan]".to_owned(),
        format!("min,2,{user}"),
        "startup,5m,default".to_owned(),
        "holidays,,not set".to_owned(),
    ] {
        assert!(text.lines().any(|line| line == row), "{row} is not in\n{text}");
    }
    // A file that is named stands alone.
    std::fs::write(folder.path().join("other.toml"), "min = 4\n").unwrap();
    let text = show(&["--config", "other.toml"]);
    assert!(text.contains("min,4,other.toml\n") && text.contains("max,,not set\n"), "{text}");
}

#[test]
fn what_is_shown_is_what_a_command_goes_by() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join(".forescale.toml"), "output = \"json\"\n").unwrap();
    let json = printed(folder.path(), home.path(), &["data", "list"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
}
