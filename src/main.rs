//! The command line; what the commands do stands in `signet::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    signet::cli::main()
}
