//! `forescale man`: the manual pages, from the same words as the help.

use clap::CommandFactory;
use clap_mangen::Man;

use super::Context;
use crate::args::{Cli, ManArgs};
use crate::failure::Failure;
use crate::output;

/// Prints the first page, or writes all of them.
pub fn run(args: &ManArgs, context: &Context) -> Result<(), Failure> {
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page)?;
        return output::write(&page);
    };
    let unwritable = |error: std::io::Error| {
        Failure::unavailable(format!("{}: {error}", folder.display()))
            .hint("check the folder, its permissions and the free space")
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(unwritable)?;
    context.terminal.say(&format!("wrote the pages of all commands to {}", folder.display()));
    Ok(())
}
