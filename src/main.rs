//! Parses arguments, runs the command, turns the outcome into exit code 0, 1 or 2. No rule of the program is here.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidings::cli::main()
}
