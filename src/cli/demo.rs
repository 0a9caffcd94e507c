//! `tidings demo`.

use std::io::IsTerminal;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{CliError, Global, Outcome, output, runtime};
use crate::run::demo::{Demo, Told};
use crate::run::shutdown::Shutdown;

/// Shows a sample newsroom without a network
///
/// Eight invented outlets in English, Korean and Japanese are served on this machine and polled every few seconds. Ctrl-C ends it; nothing is left
/// behind.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The port of the page; 8484 or any free one if not given
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Do not open a browser
    #[arg(long)]
    no_browser: bool,
}

/// How long what still runs after a second signal may take to let go of the demo's folder.
const LET_GO: Duration = Duration::from_secs(2);
/// After so long the first edition is there to be looked at.
const FIRST_EDITION: Duration = Duration::from_millis(1500);

/// Runs the command.
pub fn run(args: Args, _global: &Global) -> Result<Outcome, CliError> {
    output::log_to_stderr("error");
    let runtime = runtime()?;
    let demo = Demo::new()?;
    let browser = !args.no_browser && std::io::stdout().is_terminal();
    let ran = runtime.block_on(async {
        let shutdown = Shutdown::on_signals()
            .map_err(|source| CliError::System { action: "listen for signals", source })?;
        let told = |told: Told<'_>| {
            if let (Told::Running { base, .. }, true) = (&told, browser) {
                let base = (*base).to_owned();
                tokio::spawn(async move {
                    tokio::time::sleep(FIRST_EDITION).await;
                    open(&base);
                });
            }
            say(&told);
        };
        demo.run(args.port, shutdown, told).await.map_err(CliError::from)
    });
    runtime.shutdown_timeout(LET_GO);
    let removed = demo.remove();
    ran?;
    removed?;
    output::line("\nThe demo is over; everything it wrote is removed.");
    Ok(Outcome::Done)
}

fn say(told: &Told<'_>) {
    match told {
        Told::Running { base, config, sources } => output::line(&format!(
            "\
tidings demo: a newsroom on this machine, without a network

  front page  {base}
  sources     {base}sources
  feeds       {base}feeds/desk.rss          all that the topics keep
              {base}feeds/korea-japan.rss   also as .atom, .json and .html
              {base}feeds/diplomacy.rss

It is 30 October 2025, 19:10 in Seoul: the leaders of South Korea and Japan have just met in Gyeongju. {sources} invented outlets in English,
Korean and Japanese are polled every 4 seconds, and over the next minute they publish more.

What to look at
  merged   Lee and Takaichi's summit is one story, covered by outlets in English, Korean and Japanese. One headline begins with [BREAKING],
           another with 【速報】, one ends in (종합): they are compared without. The link \"7 outlets\" says why they are one. Lee's meetings with
           Xi and with Carney, at the same place on the same day, are stories of their own.
  dropped  volleyball between the two countries, a K-pop tour in Tokyo, a Japanese film in Seoul, ramen, leaves and shares: no topic keeps them.
  broken   The Straits Bulletin answers with a web page where its feed was. That is one line among the sources; the feeds do not notice.

From another terminal, why something is there or not
  tidings --config {config} explain URL

Ctrl-C ends the demo and removes all it wrote.
",
            config = config.display(),
        )),
        Told::Published { at, note } => {
            let seoul = at.to_utc().with_timezone(&chrono_tz::Asia::Seoul);
            output::line(&format!("{}  {note}", seoul.format("%H:%M:%S")));
        }
        Told::AllPublished => output::line(
            "          That was all. From now on the sources answer \"not modified\", and nothing is read or written.",
        ),
    }
}

/// Opens a page in the browser of the desktop, where there is one. That nothing opens is no failure: the address stands above.
fn open(address: &str) {
    let desktop = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if desktop("DISPLAY") || desktop("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return;
    };
    let _ = Command::new(opener)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
