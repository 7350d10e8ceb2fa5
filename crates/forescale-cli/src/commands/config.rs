//! `forescale config show`: the settings that hold here, and where each comes from.

use std::ffi::OsString;

use clap::CommandFactory;
use serde_json::json;

use super::Context;
use crate::args::{Cli, ConfigArgs, ConfigCommand, ConfigShowArgs};
use crate::config::files_of;
use crate::failure::Failure;
use crate::origins::{Setting, settings};
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, table};

/// Lists settings.
pub fn run(args: &ConfigArgs, context: Context) -> Result<(), Failure> {
    let ConfigCommand::Show(show) = &args.command;
    let files = files_of(&std::env::args_os().collect::<Vec<OsString>>());
    let environment = |name: &str| std::env::var(name).ok();
    let settings = settings(Cli::command(), &show.of, &files, &environment)?;
    let text = |of: &dyn Fn(&Setting) -> String| Cells::Text(settings.iter().map(of).collect());
    let mut frame = Frame::default()
        .with("setting", text(&|setting| setting.name.clone()))
        .with("value", text(&|setting| setting.value.clone().unwrap_or_default()));
    if show.origin {
        frame = frame.with("origin", text(&|setting| setting.origin.to_string()));
    }
    let answer = Answer {
        name: "settings_here",
        settings: context.settings.into(),
        data: json!({ "files": files }),
        result: settings.iter().map(|setting| object(setting, show)).collect(),
        more: Vec::new(),
        frame,
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| human(&settings, show))
}

fn object(setting: &Setting, show: &ConfigShowArgs) -> serde_json::Value {
    let mut object = json!({ "setting": setting.name, "value": setting.value });
    if show.origin {
        object["origin"] = setting.origin.to_string().into();
    }
    object
}

fn human(settings: &[Setting], show: &ConfigShowArgs) -> String {
    if settings.is_empty() {
        return "no file and no variable of the environment sets anything: all is as by default\n"
            .to_owned();
    }
    let row = |setting: &Setting| {
        let value = setting.value.clone().unwrap_or_else(|| "-".to_owned());
        let origin = show.origin.then(|| setting.origin.to_string());
        [setting.name.clone(), value].into_iter().chain(origin).collect()
    };
    let headings = [("setting", false), ("value", false), ("origin", false)];
    let columns = if show.origin { 3 } else { 2 };
    table::table(&headings[..columns], settings.iter().map(row).collect())
}
