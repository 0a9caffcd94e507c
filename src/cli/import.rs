//! `tidings import`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{CliError, Global, Outcome, output};
use crate::config::opml;
use crate::run::subscriptions::{self, Imported};

/// Adds the subscriptions of an OPML file to the configuration
///
/// Nothing is fetched. What is there already, also under another spelling, and what could not be polled is left out and named.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The OPML file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// The largest list, in bytes.
const OPML_BYTES: u64 = 64 << 20;

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { file } = args;
    let name = file.display();
    let list = opml::read(&bytes(&file)?);
    if !list.is_opml {
        return Err(CliError::Usage(format!("{name} is not OPML: there is no outline in it")));
    }
    let Imported { added, refused } = subscriptions::import(&global.config, list)?;
    for refused in &refused {
        output::problem(&format!("{name}:{}: {}", refused.line, refused.why));
    }
    output::line(&format!(
        "added {} {} to {}, left out {}",
        added.len(),
        if added.len() == 1 { "source" } else { "sources" },
        global.config.display(),
        refused.len()
    ));
    Ok(if refused.is_empty() { Outcome::Done } else { Outcome::Attention })
}

fn bytes(file: &Path) -> Result<Vec<u8>, CliError> {
    let cannot = |why: String| CliError::Usage(format!("cannot read {}: {why}", file.display()));
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(OPML_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(OPML_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| cannot(error.to_string()))?;
    if bytes.len() as u64 > OPML_BYTES {
        return Err(cannot("it is larger than 64 MiB".to_owned()));
    }
    Ok(bytes)
}
