//! Why a command did not do what was asked, and with which exit code it says so.

use super::{Outcome, output};
use crate::config::ConfigError;
use crate::config::edit::EditError;
use crate::run::RunError;
use crate::run::discover::DiscoverError;
use crate::run::error::with_causes;
use crate::run::subscriptions::SubscriptionError;

/// Why a command failed. Each variant holds the error of the layer that failed; its text, causes and help are for a person.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments or the input are wrong.
    #[error("{0}")]
    Usage(String),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration could not be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The newsroom could not do it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No feed was found.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The system refused what every command needs.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something outside failed: a file, a server, a database.
    #[error("{0}")]
    Failed(String),
}

impl From<SubscriptionError> for CliError {
    fn from(error: SubscriptionError) -> CliError {
        match error {
            SubscriptionError::Config(error) => CliError::Config(error),
            SubscriptionError::Edit(error) => CliError::Edit(error),
            taken @ SubscriptionError::KeyTaken { .. } => CliError::Usage(taken.to_string()),
        }
    }
}

impl CliError {
    /// Says the error and its causes on standard error; gives the exit code that goes with it.
    pub fn report(&self) -> Outcome {
        if let CliError::Config(error) | CliError::Run(RunError::Config(error)) = self {
            output::report(error);
        } else {
            output::problem(&format!("error: {}", with_causes(self)));
        }
        match self {
            CliError::Usage(_)
            | CliError::Config(_)
            | CliError::Edit(
                EditError::Syntax { .. }
                | EditError::InlineSources
                | EditError::Already { .. }
                | EditError::Unknown { .. }
                | EditError::Broken { .. },
            )
            | CliError::Run(
                RunError::Config(_)
                | RunError::Topics(_)
                | RunError::NoSuchSource { .. }
                | RunError::NoSuchTopic { .. },
            ) => Outcome::Usage,
            CliError::Edit(EditError::File { .. })
            | CliError::Run(_)
            | CliError::Discover(_)
            | CliError::System { .. }
            | CliError::Failed(_) => Outcome::Attention,
        }
    }
}
