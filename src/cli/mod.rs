//! One file a command: arguments in, one call into `run/`, text or JSON out.

pub mod output;
mod serve;
mod once;
mod demo;
mod init;
mod check;
mod diff;
mod schema;
mod add;
mod remove;
mod import;
mod export;
mod status;
mod explain;
mod split;
mod join;
mod hide;
mod pin;
mod word;
mod try_rule;
mod parse;
mod stories;
mod classify;
mod eval;

mod error;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use error::CliError;

/// Polls news feeds, recognises the same story across outlets, and republishes what your topics keep.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// The configuration file
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        default_value = "feeds.toml",
        env = "TIDINGS_CONFIG"
    )]
    pub config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Once(once::Args),
    Demo(demo::Args),
    Init(init::Args),
    Check(check::Args),
    Schema(schema::Args),
    Add(add::Args),
    Remove(remove::Args),
    Import(import::Args),
    Export(export::Args),
    Status(status::Args),
    Explain(explain::Args),
    Split(split::Args),
    Join(join::Args),
    Hide(hide::Args),
    Pin(pin::Args),
    Try(try_rule::Args),
    Parse(parse::Args),
    Stories(stories::Args),
    Classify(classify::Args),
    Eval(eval::Args),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// It ran, but something needs attention, which has been said on standard error: exit code 1.
    Attention,
    /// The arguments or the configuration are wrong, which has been said on standard error: exit code 2.
    Usage,
}

/// Runs the command line and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(args, &cli.global),
        Command::Once(args) => once::run(args, &cli.global),
        Command::Demo(args) => demo::run(args, &cli.global),
        Command::Init(args) => init::run(args, &cli.global),
        Command::Check(args) => check::run(args, &cli.global),
        Command::Schema(args) => schema::run(args, &cli.global),
        Command::Add(args) => add::run(args, &cli.global),
        Command::Remove(args) => remove::run(args, &cli.global),
        Command::Import(args) => import::run(args, &cli.global),
        Command::Export(args) => export::run(args, &cli.global),
        Command::Status(args) => status::run(args, &cli.global),
        Command::Explain(args) => explain::run(args, &cli.global),
        Command::Split(args) => split::run(args, &cli.global),
        Command::Join(args) => join::run(args, &cli.global),
        Command::Hide(args) => hide::run(args, &cli.global),
        Command::Pin(args) => pin::run(args, &cli.global),
        Command::Try(args) => try_rule::run(args, &cli.global),
        Command::Parse(args) => parse::run(args, &cli.global),
        Command::Stories(args) => stories::run(args, &cli.global),
        Command::Classify(args) => classify::run(args, &cli.global),
        Command::Eval(args) => eval::run(args, &cli.global),
    };
    let outcome = outcome.unwrap_or_else(|error| error.report());
    match outcome {
        Outcome::Done => ExitCode::SUCCESS,
        Outcome::Attention => ExitCode::from(1),
        Outcome::Usage => ExitCode::from(2),
    }
}

/// The runtime for commands that use the network.
fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|source| CliError::System { action: "start the runtime", source })
}
