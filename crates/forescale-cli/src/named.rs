//! Policies by the names that users give them, with what stands in files.

use chrono_tz::Tz;
use forescale::dqn::Net;
use forescale::{Attached, FileKind, Policy, ReplayError, create_policy};
use forescale_sources::{Source, read_carbon, read_regions, read_spot};

use crate::failure::Failure;
use crate::input::source_failure;

/// The policy called `name`, with what stands in the files that its settings name.
///
/// # Errors
/// Whatever is wrong with the name, a setting or a file.
pub fn policy(name: &str, budget: f64, zone: Tz) -> Result<Box<dyn Policy>, Failure> {
    let mut policy = create_policy(name, budget).map_err(ReplayError::Policy)?;
    for (kind, file) in policy.files() {
        policy.attach(&file, &content(kind, &file, zone)?);
    }
    Ok(policy)
}

fn content(kind: FileKind, file: &str, zone: Tz) -> Result<Attached, Failure> {
    let source = Source::new(file);
    let read = match kind {
        FileKind::Net => return net(file),
        FileKind::SpotPrices => read_spot(&source, Some(zone)).map(Attached::SpotPrices),
        FileKind::GridIntensity => read_carbon(&source, Some(zone)).map(Attached::GridIntensity),
        FileKind::Regions => read_regions(&source).map(Attached::Regions),
    };
    read.map_err(source_failure)
}

fn net(file: &str) -> Result<Attached, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::unavailable(format!("{file}: {error}"))
            .hint("name the file that `forescale train-policy` wrote")
    })?;
    let net = Net::from_json(&text).map_err(|error| {
        Failure::usage(format!("{file}: {error}"))
            .hint("train it again with `forescale train-policy`")
    })?;
    Ok(Attached::Net(net))
}
