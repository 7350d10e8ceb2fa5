//! `docs/worked-example.md` shows what the command prints, byte for byte.

use tempfile::TempDir;

use crate::command::forescale;
use crate::workspace::root;

#[test]
fn the_document_equals_the_output() {
    let document = std::fs::read_to_string(root().join("docs/worked-example.md"))
        .expect("the worked example is part of the documents");
    let folder = TempDir::new().expect("a temporary folder can be made");
    let history = blocks(&document, "csv");
    std::fs::write(folder.path().join("shop.csv"), history[0]).expect("the folder is writable");
    let runs = blocks(&document, "console");
    assert_eq!(runs.len(), 3, "a forecast, a plan, and the plan as JSON");
    for run in runs {
        let (command, shown) = run.split_once('\n').expect("a command and what it prints");
        let words: Vec<&str> = command.split(' ').skip(2).collect();
        let ran = forescale(folder.path(), &words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stdout, shown, "{command}");
    }
}

/// What stands between the fences of `language`.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let parts = document.split(opening.as_str()).skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default()).collect()
}
