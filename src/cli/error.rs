//! Why a command did not do what was asked, and with which exit code it says so.

use super::{Outcome, output};

/// Why a command failed. Each variant holds the error of the layer that failed; its text, causes and help are for a person.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments or the input are wrong.
    #[error("{0}")]
    Usage(String),
    /// Something outside failed: a file, a server, a database.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// Says the error and its causes on standard error; gives the exit code that goes with it.
    pub fn report(&self) -> Outcome {
        let mut text = format!("error: {self}");
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        output::problem(&text);
        match self {
            CliError::Usage(_) => Outcome::Usage,
            CliError::Failed(_) => Outcome::Attention,
        }
    }
}
